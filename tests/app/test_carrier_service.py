"""A shop's carriers from the office to the books: asked once a place, ahead of the sale; away, nasty, and changed."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tallylight.app.flows.ask_carrier_rates import CarrierAsker
from tallylight.checkout.refunds.schemas import TakeBack
from tallylight.deals.answer_rows import HOUR_US
from tallylight.deals.shipping.test_carrier import TestCarriers
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import OrderId
from tests.app.test_selling import Json, Shop, refusal, tell
from tests.app.test_tax_service import buy
from tests.app.test_terms_http import EXPRESS, STANDARD, put, quote, set_up
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.waiting import until

SECOND = 1_000_000
RENO: Json = {"country": "US", "region": "Nevada", "postal_code": "89501"}
PARCELS = [
    {"up_to_grams": 1000, "length_mm": 200, "width_mm": 150, "height_mm": 100},
    {"up_to_grams": 5000, "length_mm": 400, "width_mm": 300, "height_mm": 200},
]
CHOICE: Json = {
    "service": "test", "own_when_away": False, "kept_h": 48, "from_postal_code": "89502",
    "levels": {STANDARD["id"]: "test_ground", EXPRESS["id"]: "test_express"}, "parcels": PARCELS,
}  # fmt: skip


async def choose(shop: Shop, **more: object) -> TestCarriers:
    await set_up(shop)
    await put(shop, "/shipping/service", CHOICE | more)
    found = shop.services.carrier_asker.services["test"]
    assert isinstance(found, TestCarriers)
    return found


async def view(shop: Shop) -> Json:
    told: Json = (await shop.client.get(f"/api/office/shops/{shop.small.shop.id}/shipping/service")).json()
    return told


def test_a_crowd_has_a_place_asked_for_once_and_pays_what_was_said(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        service.busy = asyncio.Event()
        crowd = [asyncio.create_task(quote(shop, clock, **RENO)) for _ in range(20)]
        await until(lambda: len(service.asked) > 0, what="the question")
        service.busy.set()
        # 20.00 and 7.00 of shipping at 5 %, where the own table says 5.00.
        quotes = [await each for each in crowd]
        assert {each["total"]["minor"] for each in quotes} == {2835}
        assert [(each["name"], each["fee"]["minor"]) for each in quotes[0]["shipping_options"]] == [
            ("Standard", 700),
            ("Express", 1400),
        ]
        [asked] = service.asked
        assert (asked.origin.postal_code, asked.where.postal_code) == ("89502", "89501")
        assert [parcel.up_to_grams for parcel in asked.parcels] == [1000, 5000]
        express = await quote(shop, clock, **RENO, shipping_method=EXPRESS["id"])
        assert express["shipping"]["minor"] == 1400
        order = await buy(shop, clock, 2835)
        assert (order["quote"]["shipping"]["minor"], order["quote"]["shipping_by"]["name"]) == (700, "Standard")
        assert len(service.asked) == 1
        assert await disagreements(run.database) == []

    tell(run, story, "finance")


def test_an_order_asks_nobody_and_a_refund_gives_back_what_was_taken(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        assert (await buy(shop, clock, 2835))["error"]["code"] == "shipping_unknown"
        assert service.asked == []
        await quote(shop, clock, **RENO)
        order = await buy(shop, clock, 2835)
        service.ground_minor = 900
        clock.advance(23 * HOUR_US)
        assert await shop.services.carrier_asker.refresh() == 1
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 3045
        assert (await buy(shop, clock, 2835))["error"]["code"] == "price_changed"
        asked = TakeBack(id=uuid4(), kind="refund", reason="the test wants it", lines=[])
        back = await shop.services.sale_desk.take_back(shop.small.shop.id, OrderId(UUID(order["id"])), asked)
        assert back.amount.minor == 2835
        assert await disagreements(run.database) == []

    tell(run, story, "finance")


def test_while_the_carriers_are_away_what_they_said_serves_and_then_nothing_or_the_own_fee(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        await quote(shop, clock, **RENO)
        service.away = True
        clock.advance(40 * HOUR_US)
        assert await shop.services.carrier_asker.refresh() == 1
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2835
        clock.advance(8 * HOUR_US)
        assert (await quote(shop, clock, **RENO))["error"]["code"] == "shipping_unknown"
        assert (await buy(shop, clock, 2835))["error"]["code"] == "shipping_unknown"
        # Finance lets the own fees stand in: what was answered stays, and so does its end.
        await put(shop, "/shipping/service", CHOICE | {"own_when_away": True})
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2625
        assert (await buy(shop, clock, 2625))["quote"]["total"]["minor"] == 2625
        service.away = False
        clock.advance(60 * SECOND)
        assert await shop.services.carrier_asker.refresh() == 1
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2835

    tell(run, story, "finance")


@pytest.mark.parametrize(
    ("postal_code", "problem"),
    [
        ("89000", "do not go there"),
        ("89500", "are away"),
        ("89408", "did not answer within 0.3 s"),
        ("89402", "prices are in XTS, the shop's in USD"),
        ("89400", "below 0"),
        ("89413", "400000 rates"),
        ("89300", "two prices for test_ground"),
    ],
)
def test_what_cannot_be_a_price_is_refused_once_recorded_and_left_in_peace_for_a_while(
    run: Runner, postal_code: str, problem: str
) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        shop.services.carrier_asker = CarrierAsker(run.database, clock, {"test": service}, answer_s=0.3)
        there = RENO | {"postal_code": postal_code}
        for _ in range(3):
            assert (await quote(shop, clock, **there))["error"]["code"] == "shipping_unknown"
        assert len(service.asked) == 1
        [kept] = (await view(shop))["answers"]
        assert (kept["where"]["postal_code"], kept["rates"]) == (postal_code, None)
        assert problem in kept["problem"]
        clock.advance(10 * SECOND)
        await quote(shop, clock, **there)
        assert len(service.asked) == 2

    tell(run, story, "finance")


def test_an_answer_that_repeats_itself_is_one_and_both_services_are_asked_for_one_quote(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await choose(shop)
        tax = {"service": "test", "own_when_away": False, "kept_h": 48, "codes": {}}
        await put(shop, "/tax/service", tax)
        told = await quote(shop, clock, **RENO | {"postal_code": "89409"})
        assert (told["shipping"]["minor"], told["total"]["minor"]) == (700, 2916)  # 8 % of 27.00

    tell(run, story, "finance")


def test_finance_chooses_and_it_is_known_who_did_and_when(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await choose(shop)
        told = await view(shop)
        assert (told["choice"]["service"], told["offered"], told["at_us"]) == ("test", ["test"], clock.now_us())
        assert told["by"]
        url = f"/api/office/shops/{shop.small.shop.id}/shipping/service"
        for wrong, field in (
            ({"service": "nobody"}, "service"),
            ({"kept_h": 0}, "kept_h"),
            ({"from_postal_code": ""}, "from_postal_code"),
            ({"levels": {}}, "levels"),
            ({"levels": {STANDARD["id"]: "a b"}}, "levels"),
            ({"parcels": PARCELS[::-1]}, "parcels"),
            ({"parcels": [PARCELS[0] | {"height_mm": 0}]}, "parcels"),
        ):
            answer = await shop.client.put(url, json=CHOICE | wrong, headers=shop.csrf)
            assert (answer.status_code, answer.json()["error"]["fields"]["field"]) == (422, field)
        await quote(shop, clock, **RENO)
        assert (await view(shop))["answers"][0]["rates"][0] == {
            "level": "test_express",
            "fees": [{"up_to_grams": 1000, "fee_minor": 1400}, {"up_to_grams": 5000, "fee_minor": 1700}],
            "days": 1,
        }
        await put(shop, "/shipping/service", CHOICE | {"service": None})
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2625
        assert (await view(shop))["answers_count"] == 0
        await shop.sign_in("host")
        assert refusal(await shop.client.put(url, json=CHOICE, headers=shop.csrf))[0] == 403

    tell(run, story, "finance", "host")
