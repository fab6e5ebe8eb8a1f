"""The deal desk over HTTP: drafting with a preview, agreements that each party decides on, and who may do what."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tallylight.foundation.clock import ManualClock
from tallylight.members.types import Role
from tests.conftest import Runner
from tests.support.small_shop import PASSWORD, Shelf, SmallShop, fill_shelf, small_shop
from tests.support.web import client_of, services_on

Json = dict[str, Any]
MINUTE_US = 60_000_000


class Desk:
    """The shop on the web, one person signed in at a time."""

    def __init__(self, client: httpx.AsyncClient, small: SmallShop, shelf: Shelf) -> None:
        self.client, self.small, self.shelf = client, small, shelf
        self.csrf: dict[str, str] = {}
        self.shop = f"/api/office/shops/{small.shop.id}"

    async def sign_in(self, role: Role) -> None:
        body = {"email": f"{role}@{self.small.shop.slug}.test", "password": PASSWORD}
        self.csrf = {"X-CSRF-Token": (await self.client.post("/api/session", json=body)).json()["csrf_token"]}

    async def post(self, path: str, body: Json | None = None) -> httpx.Response:
        return await self.client.post(path, json=body or {}, headers=self.csrf)

    async def done(self, path: str, body: Json | None = None) -> Any:
        answer = await self.post(path, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def deal(self, **change: Any) -> Json:
        base: Json = {
            "form": "campaign",
            "kind": "price",
            "title": "Autumn",
            "duration_s": 3600,
            "product_ids": [str(self.shelf.product_id)],
            "price_minor": 1600,
            "funders": [{"party": "brand", "name": "Aurora", "share_bps": 10_000, "budget_minor": 50_000}],
        }
        return base | change


def tell(run: Runner, story: Callable[[Desk, ManualClock], Awaitable[None]], *roles: Role) -> None:
    async def whole() -> None:
        clock = ManualClock()
        services = services_on(run.database, clock)
        small = await small_shop(run.database, *roles)
        shelf = await fill_shelf(run.database, small, now_us=clock.now_us())
        async with client_of(services) as client:
            await story(Desk(client, small, shelf), clock)

    run(whole())


def test_a_draft_is_previewed_as_viewers_will_see_it_and_nothing_is_kept(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("producer")
        before = (await desk.client.get(f"{desk.shop}/deals")).json()
        seen = await desk.done(f"{desk.shop}/deals/preview", desk.deal())
        assert (seen["problem"], seen["variants"][0]["price"]["minor"]) == (None, 1600)
        assert (seen["variants"][0]["lowest_30d"]["minor"], seen["sample"]["discount"]["minor"]) == (2000, 400)
        assert seen["sample"]["lines"][0]["reasons"][0]["text"].startswith("Autumn −$4.00 until")
        tiers = desk.deal(
            form="tiers", kind="percentage", price_minor=None, percentage_bps=1000, counts="orders",
            conditions={"tiers": [{"quantity": 3, "figure": 1000}]},
        )  # fmt: skip
        sample = (await desk.done(f"{desk.shop}/deals/preview", tiers))["sample"]
        assert (sample["lines"][0]["quantity"], sample["discount"]["minor"]) == (3, 600)
        wrong = await desk.done(f"{desk.shop}/deals/preview", desk.deal(price_minor=5000))
        assert (wrong["field"], wrong["variants"]) == ("price_minor", [])
        assert (await desk.client.get(f"{desk.shop}/deals")).json() == before
        assert (await desk.post(f"{desk.shop}/deals", desk.deal(duration_s=1))).status_code == 422

    tell(run, story, "producer")


def test_a_reference_price_that_is_not_genuine_is_told_and_refused(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("producer")
        first = desk.deal(market="eu-en", duration_s=60)
        made = await desk.done(f"{desk.shop}/deals", first)
        again = await desk.done(f"{desk.shop}/deals", first | {"title": "Again"})
        await desk.sign_in("finance")
        for each in (made, again):
            await desk.done(f"/api/office/deals/{each['id']}/accept", {"party": "brand"})
        await desk.sign_in("producer")
        await desk.done(f"/api/office/deals/{made['id']}/open")
        clock.advance(2 * MINUTE_US)
        await desk.done(f"/api/office/deals/{made['id']}/end")
        clock.advance(MINUTE_US)
        refused = await desk.post(f"/api/office/deals/{again['id']}/open")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "reference_price_not_genuine")
        told = await desk.done(f"{desk.shop}/deals/preview", first)
        assert "sold for $16.00 in the 30 days before" in told["problem"]
        prices = (await desk.client.get(f"{desk.shop}/products/{desk.shelf.product_id}/prices")).json()
        assert (prices[0]["lowest_30d"]["minor"], len(prices[0]["periods"])) == (1600, 3)
        page = (await desk.client.get(f"{desk.shop}/products/{desk.shelf.product_id}")).json()
        assert page["prices"] == prices
        # Forty days at 20.00, two minutes at 16.00: the EU and China ask for the lowest, the US and the UK how long.
        assert {each["region"]: each["problem"] is None for each in page["struck"]} == {
            "eu": False, "cn": False, "us": True, "uk": True,
        }  # fmt: skip
        problems = {each["title"]: each["problem"] for each in page["deals"]}
        assert "sold for $16.00 in the 30 days before" in problems["Again"]
        assert problems["Five off"] is None
        changes = (await desk.client.get(f"/api/office/deals/{made['id']}/changes")).json()
        assert [each["state"] for each in changes] == ["draft", "agreed", "open", "ended"]
        assert changes[-1]["by"] == "Producer"

    tell(run, story, "producer", "finance")


def test_each_party_decides_in_its_own_view_and_nobody_for_another(run: Runner) -> None:
    proposal = {
        "title": "Autumn co-funding",
        "funders": [
            {"party": "platform", "name": "Market", "share_bps": 5000, "budget_minor": 10_000},
            {"party": "brand", "name": "Aurora", "share_bps": 5000, "budget_minor": 10_000},
        ],
    }

    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("producer")
        assert (await desk.post(f"{desk.shop}/agreements", proposal)).status_code == 403
        await desk.sign_in("finance")
        made = await desk.done(f"{desk.shop}/agreements", proposal)
        deal = await desk.done(f"{desk.shop}/deals", desk.deal(funders=[], agreement_id=made["id"]))
        accepted = await desk.done(f"/api/office/agreements/{made['id']}/accept")
        assert [each["accepted_us"] is not None for each in accepted["funders"]] == [False, True]
        # Finance speaks for the brand alone.
        mine = f"/api/funding/agreements/{made['id']}"
        assert (await desk.post(f"/api/office/deals/{deal['id']}/accept", {"party": "platform"})).status_code == 403
        assert (await desk.post(f"{mine}/accept")).status_code == 404
        market = made["funders"][0]["party_id"]
        invited = await desk.done(f"{desk.shop}/parties/{market}/invite", {"email": "max@market.test", "name": "Max"})
        token = invited["path"].removeprefix("/signin/").partition("?")[0]
        # The guest signs in by the link and sees the agreement, its own money, and nothing of the shop.
        entered = await desk.client.post("/api/session/link", json={"token": token})
        desk.csrf = {"X-CSRF-Token": entered.json()["csrf_token"]}
        assert entered.json()["memberships"] == []
        (seen,) = (await desk.client.get("/api/funding/agreements")).json()
        assert (seen["mine"], seen["funders"][0]["budget"]["minor"], seen["funders"][1]["budget"]) == (
            [0],
            10_000,
            None,
        )
        for path in (f"{desk.shop}/deals", f"{desk.shop}/agreements", f"{desk.shop}/orders"):
            assert (await desk.client.get(path)).status_code == 404
        assert (await desk.post(f"/api/office/agreements/{made['id']}/accept")).status_code == 404
        declined = await desk.done(f"{mine}/decline", {"reason": "30 % at most"})
        assert declined[0]["funders"][0]["declined_reason"] == "30 % at most"
        await desk.done(f"{mine}/accept")
        assert (await desk.post(f"{mine}/decline", {"reason": ""})).status_code == 409
        assert (await desk.post(f"{mine}/cap", {"minor": 1})).status_code == 422
        raised = await desk.done(f"{mine}/cap", {"minor": 20_000})
        assert raised[0]["funders"][0]["budget"]["minor"] == 20_000
        # All have accepted: the deal opens, and taking the product out works at once.
        await desk.sign_in("producer")
        await desk.done(f"/api/office/deals/{deal['id']}/open")
        await desk.sign_in("finance")
        clock.advance(MINUTE_US)
        await desk.done(f"/api/office/agreements/{made['id']}/opt-out", {"product_id": str(desk.shelf.product_id)})
        cart = {
            "show_id": str(desk.small.show.id),
            "lines": [{"variant_id": str(desk.shelf.variant_id), "quantity": 1}],
            "at_us": clock.now_us(),
        }
        assert (await desk.client.post("/api/quote", json=cart)).json()["discount"]["minor"] == 0
        earlier = cart | {"at_us": clock.now_us() - 1_000_000}
        assert (await desk.client.post("/api/quote", json=earlier)).json()["discount"]["minor"] == 400

    tell(run, story, "producer", "finance")


def test_inviting_somebody_is_no_way_to_become_them(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("finance")
        body = {"title": "A", "funders": [{"party": "creator", "name": "Mara", "share_bps": 10_000, "budget_minor": 5}]}
        made = await desk.done(f"{desk.shop}/agreements", body)
        party = made["funders"][0]["party_id"]
        invited = await desk.done(
            f"{desk.shop}/parties/{party}/invite", {"email": "producer@aurora.test", "name": "Any"}
        )
        assert invited["path"] == "/signin?next=/funding"
        assert (await desk.post(f"/api/office/agreements/{made['id']}/accept")).status_code == 403

    tell(run, story, "producer", "finance")


def test_the_calendar_and_codes(run: Runner) -> None:
    async def story(desk: Desk, clock: ManualClock) -> None:
        await desk.sign_in("finance")
        voucher = desk.deal(
            form="voucher", kind="percentage", price_minor=None, percentage_bps=1000, counts="orders", product_ids=[],
            code="hello",
        )  # fmt: skip
        made = await desk.done(f"{desk.shop}/deals", voucher)
        assert made["code"] == "HELLO"
        taken = await desk.post(f"{desk.shop}/deals", voucher)
        assert (taken.status_code, taken.json()["error"]["code"]) == (409, "code_taken")
        codes = (await desk.done(f"/api/office/deals/{made['id']}/codes", {"count": 3, "prefix": "vip"}))["codes"]
        assert len(codes) == 3
        await desk.done(f"/api/office/deals/{made['id']}/accept", {"party": "brand"})
        await desk.sign_in("producer")
        opens_us = clock.now_us() + MINUTE_US
        scheduled = await desk.done(f"/api/office/deals/{made['id']}/schedule", {"opens_us": opens_us})
        assert (scheduled["state"], scheduled["opens_us"]) == ("scheduled", opens_us)
        assert (await desk.done(f"/api/office/deals/{made['id']}/unschedule"))["state"] == "agreed"
        await desk.done(f"/api/office/deals/{made['id']}/open")
        cart = {
            "show_id": str(desk.small.show.id),
            "lines": [{"variant_id": str(desk.shelf.variant_id), "quantity": 1}],
            "at_us": clock.now_us(),
        }
        assert (await desk.client.post("/api/quote", json=cart | {"code": codes[0]})).json()["discount"]["minor"] == 200
        unknown = (await desk.client.post("/api/quote", json=cart | {"code": "nope"})).json()
        assert (unknown["discount"]["minor"], unknown["code_problem"]) == (0, "this code is not known")

    tell(run, story, "producer", "finance")
