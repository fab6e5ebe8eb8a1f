"""A show sells over HTTP: cues, deals, quotes, orders, receipts, the office; and what each tells whom."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallylight.app.processes.chores import Chores
from tallylight.app.services import Services
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.outbox import Event, Position, events_after, head_of
from tallylight.members.types import Role
from tests.conftest import Runner
from tests.support.small_shop import PASSWORD, Shelf, SmallShop, fill_shelf, small_shop
from tests.support.web import client_of, services_on

Json = dict[str, Any]


class Shop:
    """A shop on the web, its staff signed in one at a time."""

    def __init__(self, client: httpx.AsyncClient, small: SmallShop, shelf: Shelf, services: Services) -> None:
        self.client, self.small, self.shelf, self.services = client, small, shelf, services
        self.csrf: dict[str, str] = {}

    async def sign_in(self, role: Role) -> None:
        body = {"email": f"{role}@{self.small.shop.slug}.test", "password": PASSWORD}
        self.csrf = {"X-CSRF-Token": (await self.client.post("/api/session", json=body)).json()["csrf_token"]}

    async def fire(self, cue: object) -> httpx.Response:
        url = f"/api/control/shows/{self.small.show.id}/cues/{cue}/fire"
        return await self.client.post(url, headers=self.csrf)

    def order(
        self, *, at_us: int, total: int, quantity: int = 1, token: str = "tok_ok", email: str = "ana@x.test"
    ) -> Json:
        return {
            "key": str(uuid4()),
            "show_id": str(self.small.show.id),
            "broadcast_id": None,
            "lines": [{"variant_id": str(self.shelf.variant_id), "quantity": quantity}],
            "at_us": at_us,
            "expected_total": {"minor": total, "currency": "USD"},
            "buyer": {
                "email": email,
                "name": "Ana Lopez",
                "address": {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US"},
            },
            "payment": {"provider": "test", "token": token},
        }

    async def events(self, run: Runner, channel: str) -> list[Event]:
        async with run.database.reading() as connection:
            head = await head_of(connection, f"{channel}:{self.small.show.id}")
            assert head is not None
            return await events_after(connection, f"{channel}:{self.small.show.id}", Position(head.epoch, 0), 500)


def tell(
    run: Runner,
    story: Callable[[Shop, ManualClock], Awaitable[None]],
    *roles: Role,
    data_dir: Path | None = None,
    **more: object,
) -> None:
    """``more``: further settings."""

    async def whole() -> None:
        clock = ManualClock()
        settings = more if data_dir is None else more | {"data_dir": data_dir}
        services = services_on(run.database, clock, **settings)
        small = await small_shop(run.database, *roles)
        shelf = await fill_shelf(run.database, small, now_us=clock.now_us())
        async with client_of(services) as client:
            await story(Shop(client, small, shelf, services), clock)

    run(whole())


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_deal_opens_at_the_camera_and_sells_to_its_end(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        client = shop.client
        await shop.sign_in("finance")
        accepted = await client.post(
            f"/api/office/deals/{shop.shelf.deal_id}/accept", json={"party": "brand"}, headers=shop.csrf
        )
        assert (accepted.status_code, accepted.json()["state"]) == (200, "agreed"), accepted.text
        assert refusal(await shop.fire(shop.shelf.deal)) == (403, "forbidden")
        await shop.sign_in("producer")
        pinned_us = (await shop.fire(shop.shelf.pin)).json()["at_us"]
        clock.advance(1_000_000)
        opened_us = (await shop.fire(shop.shelf.deal)).json()["at_us"]
        assert opened_us == clock.now_us() == pinned_us + 1_000_000
        assert refusal(await shop.fire(shop.shelf.deal))[0] == 409

        view = (await client.get("/api/shows/aurora-live")).json()
        assert [(moment["at_us"], moment["type"]) for moment in view["moments"]] == [
            (pinned_us, "pin"),
            (opened_us, "deal.opened"),
        ]
        deal = view["moments"][1]["deal"]
        assert (deal["price"], deal["sold"], deal["ends_us"]) == (
            {"minor": 1500, "currency": "USD"},
            0,
            opened_us + 60_000_000,
        )
        assert "agreement" not in deal

        clock.advance(9_000_000)
        asked = {
            "show_id": str(shop.small.show.id),
            "lines": [{"variant_id": str(shop.shelf.variant_id), "quantity": 2}],
            "at_us": opened_us,
        }
        quote = (await client.post("/api/quote", json=asked)).json()
        assert (quote["total"]["minor"], quote["discount"]["minor"]) == (3000, 1000)
        wanted = shop.order(at_us=opened_us, total=3000, quantity=2)
        placed = await client.post("/api/orders", json=wanted)
        assert placed.status_code == 200, placed.text
        order = placed.json()
        assert (order["state"], order["quote"]["total"]["minor"]) == ("paid", 3000)
        assert (await client.post("/api/orders", json=wanted)).json() == order
        assert refusal(await client.post("/api/orders", json=wanted | {"at_us": 1})) == (409, "key_reused")
        changed = await client.post("/api/orders", json=shop.order(at_us=opened_us, total=999, email="b@x.test"))
        assert refusal(changed) == (409, "price_changed")
        assert changed.json()["error"]["fields"]["total_minor"] == 1500
        more = shop.order(at_us=opened_us, total=1500)
        assert refusal(await client.post("/api/orders", json=more)) == (409, "buyer_limit_reached")

        receipt = await client.get(f"/api/orders/{order['id']}", params={"token": order["receipt_token"]})
        assert receipt.json() == order | {
            "standing": None,
            "address": None,
            "refunds": [],
            "exchanges": [],
            "fulfilment": {"state": "waiting", "carrier": None, "tracking": None, "changed_us": None},
        }
        assert refusal(await client.get(f"/api/orders/{order['id']}", params={"token": "x"})) == (404, "not_found")
        assert (await client.get(f"/api/orders/{order['id']}")).status_code == 422

        clock.advance(60_000_000)
        chores = Chores(run.database, clock)
        assert (await chores.end_deals(), await chores.end_deals()) == (1, 0)
        shown = await shop.events(run, "show")
        assert [(one.type, one.at_us) for one in shown] == [
            ("pin", pinned_us),
            ("deal.opened", opened_us),
            ("stock", None),
            ("deal.sold", None),
            ("deal.ended", opened_us + 60_000_000),
        ]
        assert shown[-1].payload == {"deal_id": str(shop.shelf.deal_id), "reason": "time"}
        assert [one.type for one in await shop.events(run, "control")] == [
            "deal", "cue.fired", "deal", "cue.fired", "deal", "order", "deal",
        ]  # fmt: skip
        view = (await client.get("/api/shows/aurora-live")).json()
        assert view["moments"][-1]["type"] == "deal.ended"
        assert view["products"][0]["variants"][0]["available"] == 8

    tell(run, story, "producer", "finance")


def test_the_office_opens_an_order_to_its_cents(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        client, shop_id = shop.client, shop.small.shop.id
        placed = await client.post("/api/orders", json=shop.order(at_us=clock.now_us(), total=2000))
        assert placed.status_code == 200, placed.text
        order_id = placed.json()["id"]
        assert refusal(await client.get(f"/api/office/orders/{order_id}")) == (401, "unauthenticated")
        await shop.sign_in("producer")
        assert refusal(await client.get(f"/api/office/orders/{order_id}")) == (403, "forbidden")
        await shop.sign_in("finance")
        page = (await client.get(f"/api/office/shops/{shop_id}/orders")).json()
        assert [line["id"] for line in page["orders"]] == [order_id]
        assert page["next"] is None
        detail = (await client.get(f"/api/office/orders/{order_id}")).json()
        assert detail["order"]["receipt_token"] == ""
        assert all(sum(entry["amount"]["minor"] for entry in one["entries"]) == 0 for one in detail["transfers"])
        statements = (await client.get(f"/api/office/shops/{shop_id}/statements")).json()["statements"]
        brand = next(one for one in statements if one["party"]["kind"] == "brand")
        line = next(one for one in brand["lines"] if one["amount"]["minor"])
        url = f"/api/office/shops/{shop_id}/statements/{brand['party']['id']}/lines/{line['key']}"
        entries = (await client.get(url)).json()["entries"]
        assert sum(entry["amount"]["minor"] for entry in entries) == line["amount"]["minor"]
        assert {entry["order_number"] for entry in entries} == {placed.json()["number"]}
        deals = (await client.get(f"/api/office/shops/{shop_id}/deals")).json()
        assert [one["state"] for one in deals] == ["draft"]
        assert refusal(await client.get(f"/api/office/shops/{shop_id}/orders?before=x")) == (422, "invalid_input")

    tell(run, story, "producer", "finance")


def test_the_last_pieces_go_once(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        wanted = [shop.order(at_us=clock.now_us(), total=2000, email=f"b{n}@x.test") for n in range(25)]
        answers = await asyncio.gather(*(shop.client.post("/api/orders", json=one) for one in wanted))
        assert sorted(one.status_code for one in answers) == [200] * 10 + [409] * 15
        assert {one.json()["error"]["code"] for one in answers if one.status_code == 409} == {"sold_out"}
        declined = shop.order(at_us=clock.now_us(), total=2000, token="tok_declined")
        assert refusal(await shop.client.post("/api/orders", json=declined))[1] in ("sold_out", "payment_declined")

    tell(run, story)


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("key",), "not a uuid", "key"),
        (("lines",), [], "lines"),
        (("lines", 0, "quantity"), 0, "lines"),
        (("lines", 0, "quantity"), "1", "quantity"),
        (("expected_total", "currency"), "usd", "expected_total"),
        (("buyer", "email"), "nobody", "email"),
        (("buyer", "address", "country"), "USA", "country"),
        (("buyer", "address", "line1"), "a\u0000b", "line1"),
        (("payment", "provider"), "stripe", "provider"),
        (("at_us",), 2**70, "at_us"),
    ],
)
def test_a_wrong_order_field_is_named(run: Runner, path: tuple[str | int, ...], value: object, field: str) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        body = shop.order(at_us=clock.now_us(), total=2000)
        inner: Any = body
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        answer = await shop.client.post("/api/orders", json=body)
        assert refusal(answer) == (422, "invalid_input"), answer.text
        assert answer.json()["error"]["fields"]["field"] == field

    tell(run, story)


_VALUE: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.lists(st.integers(), max_size=2) | st.just({})
)


def test_no_order_or_quote_breaks_the_server(run: Runner) -> None:
    bodies: list[tuple[tuple[str, ...], object]] = []
    paths = [
        ("key",), ("show_id",), ("broadcast_id",), ("lines",), ("at_us",), ("expected_total",), ("buyer",),
        ("payment",),
        ("expected_total", "minor"), ("expected_total", "currency"), ("buyer", "email"), ("buyer", "name"),
        ("buyer", "address"), ("buyer", "address", "line1"), ("buyer", "address", "region"), ("payment", "token"),
    ]  # fmt: skip

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(paths), _VALUE)
    def collect(path: tuple[str, ...], value: object) -> None:
        bodies.append((path, value))

    collect()

    async def story(shop: Shop, clock: ManualClock) -> None:
        for path, value in bodies:
            body = shop.order(at_us=clock.now_us(), total=2000)
            inner: Any = body
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            for url in ("/api/orders", "/api/quote"):
                answer = await shop.client.post(url, json=body)
                assert answer.status_code < 500, (url, path, value, answer.text)
            clock.advance(1_000_000)

    tell(run, story)
