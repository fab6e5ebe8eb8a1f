"""Deals as viewers meet them over HTTP: which they are told of, gifts, following the shop, codes for some."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx

from tallylight import deals
from tallylight.app.flows.end_deals import end_deal_and_tell
from tallylight.app.flows.open_deals import tell_opened
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.price_history import DAY_US
from tallylight.catalogue.queries import products_by_id
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.deals import Conditions, NewDeal, NewFunder
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import DealId, ProductId
from tallylight.foundation.outbox import Position, events_after, head_of
from tallylight.shows.create_show import create_show, set_show_products
from tallylight.shows.start_broadcast import start_broadcast
from tests.conftest import Runner
from tests.support.small_shop import SmallShop, small_shop
from tests.support.web import client_of, services_on

Json = dict[str, Any]
FUNDERS = (NewFunder(party="brand", name="Aurora", share_bps=10_000, budget_minor=100_000),)
VIEWER = "viewer-0123456789"


class Show:
    """A show on air that sells a serum at 20.00 of which there are 10, and a mug at 8.00 of which there are 2."""

    def __init__(self, run: Runner, client: httpx.AsyncClient, small: SmallShop, clock: ManualClock) -> None:
        self.run, self.client, self.small, self.clock = run, client, small, clock
        self.products: dict[str, ProductId] = {}
        self.variants: dict[str, str] = {}

    async def fill(self) -> None:
        now_us = self.clock.now_us()
        async with self.run.database.transaction() as connection:
            for handle, price_minor, on_hand in (("serum", 2000, 10), ("mug", 800, 2)):
                new = NewProduct(
                    handle=handle, title=handle, variants=(NewVariant(price_minor=price_minor, on_hand=on_hand),)
                )
                product_id = await create_product(connection, self.small.shop.id, new, at_us=now_us - 40 * DAY_US)
                self.products[handle] = product_id
                [product] = await products_by_id(connection, [product_id])
                self.variants[handle] = str(product.variants[0].id)
            await set_show_products(connection, self.small.show.id, list(self.products.values()))
            await start_broadcast(connection, self.small.show.id, delay_ms=8000, started_us=now_us - 60_000_000)

    async def open(self, **terms: Any) -> DealId:
        base: Json = {"kind": "percentage", "percentage_bps": 1000, "duration_s": 3600, "counts": "orders"}
        new = NewDeal(**(base | {"title": terms["form"]} | terms), funders=FUNDERS)
        async with self.run.database.transaction() as connection:
            deal_id = await deals.create_deal(connection, self.small.shop.id, new)
            await deals.accept_funding(connection, deal_id, "brand", accepted_by=None, at_us=self.clock.now_us())
            opened = await deals.open_deal(connection, deal_id, self.clock.now_us() - 20_000_000)
            await tell_opened(connection, opened)
        return deal_id

    async def told(self, *types: str) -> list[Json]:
        channel = f"show:{self.small.show.id}"
        async with self.run.database.reading() as connection:
            head = await head_of(connection, channel)
            if head is None:
                return []
            events = await events_after(connection, channel, Position(head.epoch, 0), 500)
        return [event.payload for event in events if event.type in types]

    async def quote(self, lines: dict[str, int], **more: Any) -> Json:
        asked = {
            "show_id": str(self.small.show.id),
            "lines": [{"variant_id": self.variants[name], "quantity": many} for name, many in lines.items()],
            "at_us": self.clock.now_us(),
        }
        answer = await self.client.post("/api/quote", json=asked | more)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def order(self, quote: Json, *, email: str = "ana@x.test", **more: Any) -> httpx.Response:
        """Orders what was quoted."""
        body = {
            "key": str(uuid4()),
            "show_id": str(self.small.show.id),
            "broadcast_id": None,
            "lines": [{"variant_id": line["variant_id"], "quantity": line["quantity"]} for line in quote["lines"]],
            "at_us": self.clock.now_us(),
            "expected_total": quote["total"],
            "buyer": {
                "email": email,
                "name": "Ana Lopez",
                "address": {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US"},
            },
            "payment": {"provider": "test", "token": "tok_ok"},
        }
        return await self.client.post("/api/orders", json=body | more)

    async def follow(self, viewer_id: str = VIEWER, *, following: bool = True) -> httpx.Response:
        body = {"viewer_id": viewer_id, "following": following}
        return await self.client.post(f"/api/shops/{self.small.shop.id}/follow", json=body)

    async def left(self, name: str) -> int:
        async with self.run.database.reading() as connection:
            [product] = await products_by_id(connection, [self.products[name]])
        return product.variants[0].available


def tell(run: Runner, story: Callable[[Show], Awaitable[None]]) -> None:
    async def whole() -> None:
        clock = ManualClock()
        services = services_on(run.database, clock)
        small = await small_shop(run.database)
        async with client_of(services) as client:
            show = Show(run, client, small, clock)
            await show.fill()
            await story(show)

    run(whole())


def refused(answer: httpx.Response) -> tuple[str, object]:
    assert answer.status_code == 409, answer.text
    error = answer.json()["error"]
    return error["code"], error["fields"].get("code_problem")


def test_viewers_are_told_of_every_deal_on_what_the_show_sells(run: Runner) -> None:
    async def story(show: Show) -> None:
        ids = [
            await show.open(form="threshold", conditions=Conditions(min_minor=5000)),
            await show.open(form="campaign", counts="pieces", product_ids=(show.products["mug"],)),
            await show.open(form="voucher", conditions=Conditions(audience="follower")),
            await show.open(form="voucher", code="WELCOME", conditions=Conditions(audience="new", offered=True)),
        ]
        hidden = await show.open(form="voucher", code="PRIVATE1")
        async with run.database.transaction() as connection:
            other = await create_show(
                connection, shop_id=show.small.shop.id, slug="elsewhere", title="Elsewhere", host_name="Mara"
            )
            await set_show_products(connection, other.id, [show.products["serum"]])
            await start_broadcast(connection, other.id, delay_ms=8000, started_us=show.clock.now_us())
        view = (await show.client.get(f"/api/shows/{show.small.show.slug}")).json()
        seen = {moment["deal"]["id"]: moment["deal"] for moment in view["moments"]}
        assert list(seen) == [str(each) for each in ids]
        assert [deal["code"] for deal in seen.values()] == [None, None, None, "WELCOME"]
        # What is told as it opens is what a fresh page finds; nobody is told of a code that is not offered.
        assert [payload["deal"] for payload in await show.told("deal.opened")] == list(seen.values())
        # A show that does not sell the mug is told nothing of a deal on mugs.
        elsewhere = (await show.client.get("/api/shows/elsewhere")).json()["moments"]
        assert [each["deal"]["form"] for each in elsewhere] == ["threshold", "voucher", "voucher"]
        async with run.database.transaction() as connection:
            await end_deal_and_tell(connection, ids[0], show.clock.now_us())
            await end_deal_and_tell(connection, hidden, show.clock.now_us())
        assert [payload["deal_id"] for payload in await show.told("deal.ended")] == [str(ids[0])]

    tell(run, story)


def test_orders_that_wait_for_their_bank_count_in_what_is_left(run: Runner) -> None:
    async def story(show: Show) -> None:
        await show.open(form="threshold", conditions=Conditions(min_minor=1), total_limit=2, per_buyer_limit=1)
        placed = await show.order(await show.quote({"serum": 1}), payment={"provider": "test", "token": "tok_unknown"})
        assert placed.json()["state"] == "payment_pending"
        assert [(each["sold"], each["held"]) for each in await show.told("deal.sold")] == [(0, 1)]
        view = (await show.client.get(f"/api/shows/{show.small.show.slug}")).json()
        assert [(each["deal"]["sold"], each["deal"]["held"]) for each in view["moments"]] == [(0, 1)]

    tell(run, story)


def test_a_gift_is_sold_by_the_desk_like_any_line(run: Runner) -> None:
    async def story(show: Show) -> None:
        conditions = Conditions(min_minor=3000, gift_variant_id=show.variants["mug"])  # type: ignore[arg-type]
        deal_id = await show.open(form="gift", percentage_bps=10_000, conditions=conditions)
        near = await show.quote({"serum": 1}, gifts={})
        assert (near["gifts"], near["next_steps"][0]["missing"]["minor"]) == ([], 1000)
        asked_nothing = await show.quote({"serum": 2})
        assert (asked_nothing["gifts"], len(asked_nothing["lines"])) == ([], 1)
        earned = await show.quote({"serum": 2}, gifts={})
        [gift] = earned["gifts"]
        assert (gift["deal_id"], gift["taken"], earned["total"]["minor"]) == (str(deal_id), show.variants["mug"], 4000)
        declined = await show.quote({"serum": 2}, gifts={str(deal_id): None})
        assert (declined["gifts"][0]["taken"], len(declined["lines"])) == (None, 1)
        placed = await show.order(earned)
        assert placed.status_code == 200, placed.text
        assert [line["total"]["minor"] for line in placed.json()["quote"]["lines"]] == [4000, 0]
        assert (await show.left("mug"), await show.left("serum")) == (1, 8)
        # Two want the last mug: one has it, and the other is told before anything is charged.
        again = await show.quote({"serum": 2}, gifts={})
        answers = await asyncio.gather(*(show.order(again, email=f"{name}@x.test") for name in "bc"))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert [answer.json()["error"]["code"] for answer in answers if answer.status_code == 409] == ["sold_out"]
        assert (await show.left("mug"), (await show.quote({"serum": 2}, gifts={}))["gifts"]) == (0, [])

    tell(run, story)


def test_a_followers_voucher_applies_by_itself_to_one_buyer(run: Runner) -> None:
    async def story(show: Show) -> None:
        deal_id = await show.open(form="voucher", conditions=Conditions(audience="follower", min_minor=1000))
        stranger = await show.quote({"serum": 1}, viewer_id=VIEWER)
        assert (stranger["total"]["minor"], stranger["by_follow"]) == (2000, None)
        for _ in range(2):  # following again changes nothing
            assert (await show.follow()).json() == {"viewer_id": VIEWER, "following": True}
        quote = await show.quote({"serum": 1}, viewer_id=VIEWER)
        assert (quote["total"]["minor"], quote["by_follow"]) == (1800, {"deal_id": str(deal_id), "title": "voucher"})
        # What nobody typed is no code with a problem; how much is missing is said like any other step.
        small = await show.quote({"mug": 1}, viewer_id=VIEWER)
        assert (small["code_problem"], small["by_follow"], small["next_steps"][0]["missing"]["minor"]) == (
            None,
            None,
            200,
        )
        counted = {"viewer_id": VIEWER, "deal_id": str(deal_id)}
        assert refused(await show.order(quote))[0] == "price_changed"  # an order that says nothing of it
        answers = await asyncio.gather(*(show.order(quote, email=f"{name}@x.test", follow=counted) for name in "abcd"))
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
        winner = next(index for index, answer in enumerate(answers) if answer.status_code == 200)
        assert refused(answers[winner - 1]) == ("price_changed", "this follow counts for another e-mail address")
        email = f"{'abcd'[winner]}@x.test"
        assert (await show.order(quote, email=email, follow=counted)).status_code == 200
        # Another viewer's follow, or none, is worth nothing; nor does a follow open what is not for followers.
        other = counted | {"viewer_id": "somebody-else"}
        assert refused(await show.order(quote, email="e@x.test", follow=other))[0] == "price_changed"
        await show.follow(following=False)
        assert (await show.quote({"serum": 1}, viewer_id=VIEWER))["by_follow"] is None
        assert refused(await show.order(quote, email=email, follow=counted))[0] == "price_changed"

    tell(run, story)


def test_following_opens_no_other_voucher(run: Runner) -> None:
    async def story(show: Show) -> None:
        private = await show.open(form="voucher", code="PRIVATE1")
        await show.follow()
        quote = await show.quote({"serum": 1}, code="PRIVATE1")
        claim = {"viewer_id": VIEWER, "deal_id": str(private)}
        assert refused(await show.order(quote, follow=claim)) == ("price_changed", "it is not for followers")

    tell(run, story)


def test_follows_are_limited_by_viewer_and_by_address(run: Runner) -> None:
    async def story(show: Show) -> None:
        body = {"viewer_id": VIEWER, "following": True}
        assert (await show.client.post(f"/api/shops/{uuid4()}/follow", json=body)).status_code == 404
        answers = [(await show.follow()).status_code for _ in range(10)]
        assert answers.count(200) == 6
        assert (await show.follow("another-viewer")).status_code == 200
        crowd = [(await show.follow(f"viewer-{number:06}")).status_code for number in range(210)]
        assert set(crowd) == {200, 429}

    tell(run, story)


def test_a_code_for_first_orders_says_so_when_it_is_refused(run: Runner) -> None:
    async def story(show: Show) -> None:
        await show.open(form="voucher", code="WELCOME", conditions=Conditions(audience="new", offered=True))
        quote = await show.quote({"serum": 1}, code="WELCOME")
        assert (await show.order(quote, code="WELCOME")).status_code == 200
        again = await show.order(quote, code="WELCOME")
        assert refused(again) == ("price_changed", "this code is for a first order")
        assert again.json()["error"]["fields"]["total_minor"] == 2000

    tell(run, story)
