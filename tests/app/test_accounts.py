"""Shoppers' accounts over HTTP: a link by real SMTP, a session of its own kind, orders that were placed as a guest."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import event

from tallylight.app.mail.shopper_links import send_links
from tallylight.app.mail.smtp import send, smtp_server
from tallylight.app.processes.chores import Chores
from tallylight.app.web.shopper_session import COOKIE
from tallylight.checkout import Address, TestProvider, buyer_hash
from tallylight.checkout.fulfilment.advance import NewStep, advance
from tallylight.checkout.payments import Dispute, DisputeState
from tallylight.checkout.shoppers.addresses import ADDRESSES_MAX, NewAddress, add_address
from tallylight.checkout.shoppers.ask_link import ASKED_AN_HOUR_MAX
from tallylight.checkout.shoppers.delete_account import delete_account
from tallylight.checkout.shoppers.orders import orders_of_shopper
from tallylight.checkout.shoppers.redact_orders import KEPT_US_MAX
from tallylight.checkout.shoppers.redeem_link import redeem_link
from tallylight.checkout.shoppers.send_link import LINK_TTL_US, TRIES_MAX, issue_link
from tallylight.checkout.shoppers.sessions import (
    SESSION_TTL_US,
    SESSIONS_MAX,
    Shopper,
    open_session,
    shopper_of_session,
)
from tallylight.deals import follow_shop
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.money import Money
from tests.app.test_mail import Inbox, inbox, part_of
from tests.app.test_refunds_http import placed
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.shop import fetch_value
from tests.support.small_shop import small_shop
from tests.support.waiting import until

__all__ = ["inbox"]

HOUR = 3_600_000_000
ACCOUNT = "/api/account/aurora"
Story = Callable[["Accounts", ManualClock], Awaitable[None]]


class Accounts:
    """A shop whose shoppers get mail."""

    def __init__(self, shop: Shop, run: Runner, clock: ManualClock, handler: Inbox, url: str) -> None:
        self.shop, self.client, self.run, self.clock, self.handler = shop, shop.client, run, clock, handler
        self._send = partial(send, smtp_server(url))

    async def post(self) -> int:
        """The turn of the job that writes links."""
        return await send_links(
            self.run.database, self._send, sender="orders@aurora.test", base_url="http://shop.test", clock=self.clock
        )

    async def link(self, email: str = "ana@x.test", **more: str) -> str:
        """A fresh link's secret, out of the inbox."""
        asked = await self.client.post(f"{ACCOUNT}/links", json={"email": email} | more)
        assert (asked.status_code, asked.json()) == (202, {"minutes": 15}), asked.text
        assert await self.post() == 1
        (found,) = re.findall(r"/account/aurora/signin\S*#(\S+)", part_of(self.handler.messages[-1], "plain"))
        return str(found)

    async def sign_in(self, email: str = "ana@x.test") -> dict[str, str]:
        """The CSRF header of a fresh session."""
        answer = await self.client.post(f"{ACCOUNT}/session", json={"token": await self.link(email)})
        assert answer.status_code == 200, answer.text
        return {"X-CSRF-Token": answer.json()["account"]["csrf_token"]}


def with_accounts(run: Runner, given: tuple[Inbox, str], story: Story) -> None:
    handler, url = given

    async def whole(shop: Shop, clock: ManualClock) -> None:
        await story(Accounts(shop, run, clock, handler, url), clock)

    tell(run, whole, "finance", smtp_url=url, mail_from="orders@aurora.test")


def test_a_link_signs_in_once_and_shows_what_was_bought_as_a_guest(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        client = accounts.client
        order = await placed(accounts.shop, clock, total=4000, quantity=2, email="Ana@X.test")
        await placed(accounts.shop, clock, total=2000, email="bo@x.test")
        guest = (await client.get(ACCOUNT)).json()
        assert (guest["can_sign_in"], guest["account"], guest["shop"]["name"]) == (True, None, "Aurora")
        assert refusal(await client.get(f"{ACCOUNT}/orders")) == (401, "unauthenticated")

        secret = await accounts.link("ANA@x.test ", show="aurora-live")
        (message,) = accounts.handler.messages
        assert (message["Subject"], message["To"]) == ("Sign in to Aurora", "ana@x.test")
        for kind in ("plain", "html"):
            assert f"/account/aurora/signin?show=aurora-live#{secret}" in part_of(message, kind)
            assert "15 minutes" in part_of(message, kind)
        assert await fetch_value(run.database, "select count(*) from shopper") == 0

        entered = await client.post(f"{ACCOUNT}/session", json={"token": secret})
        assert entered.json()["account"]["email"] == "ana@x.test"
        cookie = entered.headers["set-cookie"]
        for part in (f"{COOKIE}=", "Path=/api/account/aurora;", "HttpOnly", "SameSite=Lax"):
            assert part in cookie
        again = await client.post(f"{ACCOUNT}/session", json={"token": secret})
        assert refusal(again) == (401, "link_spent")
        # Before the order is noted by the job, and after.
        for _ in range(2):
            page = (await client.get(f"{ACCOUNT}/orders")).json()
            assert ([each["number"] for each in page["orders"]], page["next"]) == ([order["number"]], None)
            await Chores(run.database, clock).note_buyers()
        kept = "select count(*) from shopper_link, shopper_session where (shopper_link, shopper_session)::text like :it"
        session = client.cookies[COOKIE]
        for each in (secret, session):
            assert await fetch_value(run.database, kept, it=f"%{each}%") == 0

    with_accounts(run, inbox, story)


def test_a_receipt_opens_for_its_own_shopper_alone(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        client = accounts.client
        mine = await placed(accounts.shop, clock, total=2000)
        other = await placed(accounts.shop, clock, total=2000, email="bo@x.test")
        csrf = await accounts.sign_in()
        url = f"{ACCOUNT}/orders/{mine['id']}/receipt"
        assert refusal(await client.post(url)) == (403, "csrf")
        first, second = [(await client.post(url, headers=csrf)).json()["url"] for _ in range(2)]
        assert first == second
        order_id, _, token = first.removeprefix("/receipt/").partition("?token=")
        seen = await client.get(f"/api/orders/{order_id}", params={"token": token})
        assert (seen.status_code, seen.json()["number"]) == (200, mine["number"])
        foreign = await client.post(f"{ACCOUNT}/orders/{other['id']}/receipt", headers=csrf)
        assert refusal(foreign) == (404, "not_found")
        assert (await client.get(f"/api/orders/{other['id']}", params={"token": token})).status_code == 404

    with_accounts(run, inbox, story)


def test_known_and_unknown_addresses_are_treated_alike(run: Runner, inbox: tuple[Inbox, str]) -> None:
    """The same answer, and the same statements in the database: there is nothing whose time could differ."""

    async def story(accounts: Accounts, clock: ManualClock) -> None:
        await placed(accounts.shop, clock, total=2000)
        await accounts.sign_in()
        accounts.client.cookies.clear()
        seen: list[tuple[int, bytes, list[str]]] = []
        said: list[str] = []
        event.listen(run.database.engine.sync_engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        for email in ("ana@x.test", "nobody@x.test"):
            said.clear()
            answer = await accounts.client.post(f"{ACCOUNT}/links", json={"email": email})
            seen.append((answer.status_code, answer.content, list(said)))
        assert seen[0] == seen[1]
        assert seen[0][2]
        assert not any("from shopper " in text.lower() or "customer_order" in text for text in seen[0][2])

    with_accounts(run, inbox, story)


def test_links_are_rare_and_short_lived(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        old = await accounts.link()
        clock.advance(LINK_TTL_US)
        assert refusal(await accounts.client.post(f"{ACCOUNT}/session", json={"token": old})) == (401, "link_spent")
        for _ in range(ASKED_AN_HOUR_MAX - 1):
            await accounts.link()
        more = await accounts.client.post(f"{ACCOUNT}/links", json={"email": "ANA@x.test"})
        assert refusal(more) == (429, "too_many_requests")
        assert 0 < int(more.headers["retry-after"]) <= 3_600
        await accounts.link("bo@x.test")
        clock.advance(HOUR)
        await accounts.link()
        for wrong in ("", "ana", "a b@x.test", "a\nb@x.test", "x" * 300 + "@x.test"):
            answer = await accounts.client.post(f"{ACCOUNT}/links", json={"email": wrong})
            assert answer.status_code == 422, wrong
        for show in ("../x", "A", "a" * 81):
            answer = await accounts.client.post(f"{ACCOUNT}/links", json={"email": "z@x.test", "show": show})
            assert answer.status_code == 422
        # And one network may not ask for everybody.
        answers = [
            await accounts.client.post(f"{ACCOUNT}/links", json={"email": f"p{number}@x.test"}) for number in range(30)
        ]
        assert {answer.status_code for answer in answers} == {202, 429}
        assert await Chores(run.database, clock).tidy() == 0
        clock.advance(25 * HOUR)
        await Chores(run.database, clock).tidy()
        assert await fetch_value(run.database, "select count(*) from shopper_link") == 0

    with_accounts(run, inbox, story)


def test_of_two_clicks_at_once_one_signs_in(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        secret = await accounts.link()
        clicks = await asyncio.gather(
            *(accounts.client.post(f"{ACCOUNT}/session", json={"token": secret}) for _ in range(4))
        )
        assert sorted(click.status_code for click in clicks) == [200, 401, 401, 401]
        assert await fetch_value(run.database, "select count(*) from shopper_session") == 1

    with_accounts(run, inbox, story)


def test_signing_out_here_and_everywhere(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        client = accounts.client

        async def signed_in(token: str) -> bool:
            client.cookies.clear()
            answer = await client.get(ACCOUNT, headers={"cookie": f"{COOKIE}={token}"})
            return answer.json()["account"] is not None

        tokens, csrfs = [], []
        for _ in range(3):
            csrfs.append(await accounts.sign_in())
            tokens.append(client.cookies[COOKIE])
            client.cookies.clear()
        assert [await signed_in(token) for token in tokens] == [True] * 3
        head = {"cookie": f"{COOKIE}={tokens[0]}"}
        assert refusal(await client.delete(f"{ACCOUNT}/session", headers=head | csrfs[1])) == (403, "csrf")
        gone = await client.delete(f"{ACCOUNT}/session", headers=head | csrfs[0])
        assert (gone.status_code, "Max-Age=0" in gone.headers["set-cookie"]) == (204, True)
        assert [await signed_in(token) for token in tokens] == [False, True, True]
        head = {"cookie": f"{COOKIE}={tokens[1]}"}
        assert (await client.delete(f"{ACCOUNT}/sessions", headers=head | csrfs[1])).status_code == 204
        assert [await signed_in(token) for token in tokens] == [False] * 3
        await accounts.sign_in("cy@x.test")
        last = client.cookies[COOKIE]
        clock.advance(SESSION_TTL_US)
        assert not await signed_in(last)

    with_accounts(run, inbox, story)


def test_a_session_is_of_one_shop_and_of_no_staff(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        await small_shop(run.database, slug="borealis")
        secret = await accounts.link()
        elsewhere = await accounts.client.post("/api/account/borealis/session", json={"token": secret})
        assert refusal(elsewhere) == (401, "link_spent")
        await accounts.sign_in("bo@x.test")
        token = accounts.client.cookies[COOKIE]
        mine = {"cookie": f"{COOKIE}={token}; tallylight_session={token}"}
        accounts.client.cookies.clear()
        assert (await accounts.client.get("/api/account/borealis", headers=mine)).json()["account"] is None
        assert refusal(await accounts.client.get("/api/me", headers=mine)) == (401, "unauthenticated")
        await accounts.shop.sign_in("finance")
        staff = accounts.client.cookies["tallylight_session"]
        headers = {"cookie": f"{COOKIE}={staff}"}
        accounts.client.cookies.clear()
        assert (await accounts.client.get(ACCOUNT, headers=headers)).json()["account"] is None

    with_accounts(run, inbox, story)


def test_a_mail_server_that_is_away_is_tried_again_with_a_fresh_link(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        accounts.handler.answers = ["451 later"]
        await accounts.client.post(f"{ACCOUNT}/links", json={"email": "ana@x.test"})
        assert [await accounts.post(), await accounts.post()] == [0, 0]
        clock.advance(HOUR)
        assert await accounts.post() == 1
        accounts.handler.answers = ["550 never"]
        await accounts.client.post(f"{ACCOUNT}/links", json={"email": "bo@x.test"})
        assert await accounts.post() == 0
        assert await fetch_value(run.database, "select email from shopper_link where state = 'failed'") == "bo@x.test"
        accounts.handler.answers = ["451 later"] * TRIES_MAX
        await accounts.client.post(f"{ACCOUNT}/links", json={"email": "cy@x.test"})
        for _ in range(TRIES_MAX + 1):
            assert await accounts.post() == 0
            clock.advance(HOUR)
        assert await fetch_value(run.database, "select count(*) from shopper_link where state = 'failed'") == 2

    with_accounts(run, inbox, story)


def test_without_a_mail_server_nobody_is_asked_to_sign_in(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        assert (await shop.client.get(ACCOUNT)).json()["can_sign_in"] is False
        assert refusal(await shop.client.post(f"{ACCOUNT}/links", json={"email": "a@x.test"})) == (503, "unavailable")
        assert (await shop.client.get("/api/account/nowhere")).status_code == 404

    tell(run, story)


HOME = {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US", "region": "NV"}
WORK = {"line1": "Hauptstr. 5", "city": "Berlin", "postal_code": "10115", "country": "DE"}


def test_addresses_are_kept_changed_and_forgotten(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        client, url = accounts.client, f"{ACCOUNT}/addresses"
        csrf = await accounts.sign_in()

        async def kept() -> list[tuple[str, str, bool]]:
            found = (await client.get(ACCOUNT)).json()["account"]["addresses"]
            return [(each["name"], each["address"]["city"], each["is_default"]) for each in found]

        home = {"name": " Ana Lopez ", "address": HOME}
        assert refusal(await client.post(url, json=home)) == (403, "csrf")
        saved = (await client.post(url, json=home, headers=csrf)).json()
        assert (saved["name"], saved["is_default"]) == ("Ana Lopez", True)
        assert (await client.post(url, json=home, headers=csrf)).json() == saved
        work = {"name": "A. Lopez", "address": WORK, "is_default": True}
        # Two tabs at once keep it once, and one address is the default.
        pair = await asyncio.gather(*(client.post(url, json=work, headers=csrf) for _ in range(3)))
        assert len({answer.json()["id"] for answer in pair}) == 1
        assert await kept() == [("A. Lopez", "Berlin", True), ("Ana Lopez", "Reno", False)]
        wrong = await client.post(url, json={"name": "A", "address": HOME | {"postal_code": "1"}}, headers=csrf)
        assert (wrong.status_code, wrong.json()["error"]["fields"]["field"]) == (422, "postal_code")
        moved = home | {"address": HOME | {"city": "Sparks"}, "is_default": True}
        assert (await client.put(f"{url}/{saved['id']}", json=moved, headers=csrf)).status_code == 200
        assert await kept() == [("Ana Lopez", "Sparks", True), ("A. Lopez", "Berlin", False)]
        assert (await client.delete(f"{url}/{saved['id']}", headers=csrf)).status_code == 204
        assert await kept() == [("A. Lopez", "Berlin", True)]
        # Somebody else's account does not reach it.
        other = (await client.get(ACCOUNT)).json()["account"]["addresses"][0]["id"]
        client.cookies.clear()
        csrf = await accounts.sign_in("bo@x.test")
        assert await kept() == []
        assert (await client.put(f"{url}/{other}", json=home, headers=csrf)).status_code == 404
        assert (await client.delete(f"{url}/{other}", headers=csrf)).status_code == 404
        for number in range(ADDRESSES_MAX):
            await client.post(url, json={"name": f"P{number}", "address": WORK}, headers=csrf)
        assert refusal(await client.post(url, json=home, headers=csrf)) == (409, "conflict")

    with_accounts(run, inbox, story)


def test_an_account_is_exported_and_deleted_and_the_books_stay(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        client, shop = accounts.client, accounts.shop
        there = await placed(shop, clock, total=2000)
        await placed(shop, clock, total=2000)  # still on its way
        await placed(shop, clock, total=2000, token="tok_unknown")
        await placed(shop, clock, total=2000, email="bo@x.test")
        async with run.database.transaction() as connection:
            for state in ("shipped", "delivered"):
                step = NewStep(state=state, tracking="T1")
                await advance(
                    connection, shop.small.shop.id, UUID(there["id"]), step, now_us=clock.now_us(),
                    person_id=shop.small.people["finance"].id,
                )  # fmt: skip
            mine = buyer_hash(shop.small.shop.id, "ana@x.test")
            await follow_shop(connection, shop.small.shop.id, mine, at_us=clock.now_us())
        csrf = await accounts.sign_in()
        await client.post(f"{ACCOUNT}/addresses", json={"name": "Ana Lopez", "address": HOME}, headers=csrf)

        export = await client.get(f"{ACCOUNT}/export")
        assert export.headers["content-disposition"] == 'attachment; filename="aurora-account.json"'
        found = export.json()
        assert [each["number"] for each in found["orders"]] == ["1003", "1002", "1001"]
        assert found["orders"][2]["address"]["line1"] == "1 Main St"
        assert found["orders"][2]["fulfilment"] == "delivered"
        assert (found["email"], found["addresses"][0]["name"]) == ("ana@x.test", "Ana Lopez")
        assert found["follows_shop_since_us"] is not None

        async def books() -> set[str]:
            """Every transfer, and every order's money."""
            async with run.database.reading() as connection:
                rows = await connection.exec_driver_sql(
                    "select transfer::text from transfer union all"
                    " select concat(id, number, total_minor, discount_minor, quote_id) from customer_order"
                )
                return {str(row[0]) for row in rows}

        before = await books()
        url = f"{ACCOUNT}/deletion"
        assert refusal(await client.post(url, json={"email": "ana@x.test"})) == (403, "csrf")
        assert (await client.post(url, json={"email": "an@x.test"}, headers=csrf)).status_code == 422
        gone = await client.post(url, json={"email": "ANA@x.test"}, headers=csrf)
        assert (gone.status_code, "Max-Age=0" in gone.headers["set-cookie"]) == (204, True)
        for table in ("shopper", "shopper_session", "shopper_address", "shopper_link", "follower"):
            assert await fetch_value(run.database, f"select count(*) from {table}") == 0, table

        chores = Chores(run.database, clock)
        assert await chores.redact_orders() == 0, "nobody has noted yet whose orders these are"
        await chores.note_buyers()
        assert await chores.redact_orders() == 1
        named = "select string_agg(number || buyer_name, ',' order by number) from customer_order"
        assert await fetch_value(run.database, named) == "1001Deleted account,1002Ana Lopez,1003Ana Lopez,1004Ana Lopez"
        seen = await client.get(f"/api/orders/{there['id']}", params={"token": there["receipt_token"]})
        assert seen.json()["buyer"] == {"email": "", "name": "Deleted account"}
        kept = str(await fetch_value(run.database, "select address::text from customer_order where number = 1001"))
        assert "Main" not in kept
        assert '"US"' in kept
        told = [each.payload for each in await shop.events(run, "control") if each.type == "order"]
        assert [each["buyer_name"] for each in told].count("Deleted account") == 1

        # Who comes back begins anew, though a label is still needed.
        await accounts.sign_in()
        assert (await client.get(f"{ACCOUNT}/orders")).json()["orders"] == []
        again = await placed(shop, clock, total=2000)
        listed = (await client.get(f"{ACCOUNT}/orders")).json()["orders"]
        assert [each["number"] for each in listed] == [again["number"]]

        await shop.services.sale_desk.settle_pending(clock.now_us())
        clock.advance(KEPT_US_MAX)
        await shop.services.sale_desk.settle_pending(clock.now_us())
        await chores.note_buyers()
        assert await chores.redact_orders() == 2
        assert await chores.redact_orders() == 0
        assert await fetch_value(run.database, "select count(*) from shopper_deletion") == 0
        assert await fetch_value(run.database, named) == (
            "1001Deleted account,1002Deleted account,1003Deleted account,1004Ana Lopez,1005Ana Lopez"
        )
        assert before <= await books()
        assert await disagreements(run.database) == []

    with_accounts(run, inbox, story)


def test_an_order_keeps_its_buyer_while_the_bank_disputes_its_payment(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        shop, client = accounts.shop, accounts.client
        order = await placed(shop, clock, total=2000)
        csrf = await accounts.sign_in()
        desk = shop.services.sale_desk
        provider = desk.providers["test"]
        assert isinstance(provider, TestProvider)

        async def bank(state: DisputeState) -> None:
            told = Dispute("dp_1", Money(2000, "USD"), "fraudulent", state)
            await desk._act_on(provider, await provider.dispute(order["id"], told))

        await bank("opened")
        gone = await client.post(f"{ACCOUNT}/deletion", json={"email": "ana@x.test"}, headers=csrf)
        assert gone.status_code == 204
        chores = Chores(run.database, clock)
        await chores.note_buyers()
        clock.advance(KEPT_US_MAX)
        assert await chores.redact_orders() == 0
        await bank("won")
        assert await chores.redact_orders() == 1

    with_accounts(run, inbox, story)


def test_deleting_meets_saving_and_signing_in(run: Runner, inbox: tuple[Inbox, str]) -> None:
    """Who comes first wins, and nothing is left of an account that is gone."""

    async def story(accounts: Accounts, clock: ManualClock) -> None:
        shop_id, now_us = accounts.shop.small.shop.id, clock.now_us()

        async def link() -> str:
            async with run.database.transaction() as connection:
                return await issue_link(connection, shop_id, "ana@x.test", now_us=now_us)

        async def enter(token: str) -> Shopper:
            async with run.database.transaction() as connection:
                shopper_id = await redeem_link(connection, shop_id, token, now_us=now_us)
                session = await open_session(connection, shopper_id, now_us=now_us)
                who = await shopper_of_session(connection, shop_id, session, now_us=now_us)
            assert who is not None
            return who

        who = await enter(await link())
        spare = await link()
        async with run.database.transaction() as deleting:
            await delete_account(deleting, who, typed_email=who.email, now_us=now_us)

            async def save() -> str:
                async with run.database.transaction() as connection:
                    new = NewAddress(name="Ana", address=msgspec.convert(WORK, Address))
                    await add_address(connection, who.id, new, now_us=now_us)
                return "saved"

            saving = asyncio.create_task(save())
            entering = asyncio.create_task(enter(spare))
            await until(lambda: _both_wait(run), what="both wait for the deletion")
        # The spare link went with the account; the saved address found none to belong to.
        outcomes = await asyncio.gather(saving, entering, return_exceptions=True)
        assert [type(each).__name__ for each in outcomes] == ["UnauthenticatedError", "LinkSpentError"]
        for table in ("shopper", "shopper_address", "shopper_session", "shopper_link"):
            assert await fetch_value(run.database, f"select count(*) from {table}") == 0, table

    with_accounts(run, inbox, story)


async def _both_wait(run: Runner) -> bool:
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return await fetch_value(run.database, waiting) == 2


def test_a_long_history_comes_in_pages(run: Runner, inbox: tuple[Inbox, str]) -> None:
    async def story(accounts: Accounts, clock: ManualClock) -> None:
        for _ in range(3):
            await placed(accounts.shop, clock, total=2000)
        await Chores(run.database, clock).note_buyers()
        for _ in range(2):
            await placed(accounts.shop, clock, total=2000)
        await accounts.sign_in()
        who = Shopper(uuid4(), accounts.shop.small.shop.id, "ana@x.test", "")
        pages, before = [], None
        async with run.database.reading() as connection:
            while True:
                page = await orders_of_shopper(connection, who, before=before, limit=2)
                pages.append([each.number for each in page.orders])
                before = page.next
                if before is None:
                    break
        assert pages == [["1005", "1004"], ["1003", "1002"], ["1001"]]
        assert (await accounts.client.get(f"{ACCOUNT}/orders", params={"before": "x"})).status_code == 422
        # Sessions are bounded too.
        shop_id = accounts.shop.small.shop.id
        async with run.database.transaction() as connection:
            token = await issue_link(connection, shop_id, "ana@x.test", now_us=clock.now_us())
            shopper_id = await redeem_link(connection, shop_id, token, now_us=clock.now_us())
            for number in range(SESSIONS_MAX + 3):
                newest = await open_session(connection, shopper_id, now_us=clock.now_us() + number)
        accounts.client.cookies.clear()
        seen = (await accounts.client.get(ACCOUNT, headers={"cookie": f"{COOKIE}={newest}"})).json()
        assert seen["account"]["devices"] == SESSIONS_MAX

    with_accounts(run, inbox, story)
