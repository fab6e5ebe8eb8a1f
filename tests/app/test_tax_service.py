"""A shop's tax service from the office to the books: asked once a place, ahead of the sale; away, and changed."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tallylight.app.flows.ask_places import LOOK_S
from tallylight.app.flows.ask_tax_rates import TaxAsker
from tallylight.checkout.refunds.schemas import TakeBack
from tallylight.deals.answer_rows import HOUR_US
from tallylight.deals.tax.test_service import TestTaxService
from tallylight.deals.tax.types import Place
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import OrderId, ShowId
from tests.app.test_selling import Json, Shop, refusal, tell
from tests.app.test_terms_http import put, quote, set_up
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.waiting import until

SECOND = 1_000_000
RENO: Json = {"country": "US", "region": "Nevada", "postal_code": "89501"}
CHOICE: Json = {"service": "test", "own_when_away": False, "kept_h": 48, "codes": {}}


def service_of(shop: Shop) -> TestTaxService:
    found = shop.services.tax_asker.services["test"]
    assert isinstance(found, TestTaxService)
    return found


async def choose(shop: Shop, **more: object) -> TestTaxService:
    await set_up(shop)
    await put(shop, "/tax/service", CHOICE | more)
    return service_of(shop)


async def buy(shop: Shop, clock: ManualClock, total: int) -> Json:
    wanted = shop.order(at_us=clock.now_us(), total=total)
    wanted["buyer"]["address"]["region"] = "NV"
    answer = await shop.client.post("/api/orders", json=wanted)
    told: Json = answer.json()
    return told


async def report(shop: Shop, clock: ManualClock) -> list[Json]:
    answer = await shop.client.get(
        f"/api/office/shops/{shop.small.shop.id}/tax/report", params={"from_us": 0, "to_us": clock.now_us() + 1}
    )
    rows: list[Json] = answer.json()["rows"]
    return rows


def test_a_crowd_has_a_place_asked_for_once_and_buys_at_what_was_said(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        service.busy = asyncio.Event()
        crowd = [asyncio.create_task(quote(shop, clock, **RENO)) for _ in range(20)]
        await until(lambda: len(service.asked) > 0, what="the question")
        crowd += [asyncio.create_task(quote(shop, clock, **RENO)) for _ in range(20)]
        service.busy.set()
        # 20.00 and 5.00 of shipping at 8 %, where the own table says 5 %.
        assert {(await each)["total"]["minor"] for each in crowd} == {2700}
        [asked] = service.asked
        assert (asked.where.postal_code, asked.included, dict(asked.codes)) == ("89501", False, {"standard": ""})
        order = await buy(shop, clock, 2700)
        assert [(part["authority"], part["rate_ppm"]) for part in order["quote"]["tax_parts"]] == [
            ("US-NV", 80_000),
            ("US-NV", 80_000),
        ]
        [row] = await report(shop, clock)
        assert (row["authority"], row["rate_ppm"], row["tax"]["minor"]) == ("US-NV", 80_000, 200)
        assert len(service.asked) == 1
        assert await disagreements(run.database) == []

    tell(run, story, "finance")


def test_two_processes_ask_once_between_them(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        service.busy = asyncio.Event()
        other = TaxAsker(run.database, clock, shop.services.tax_asker.services)
        show_id, where = ShowId(shop.small.show.id), Place("US", "NV", "89501")
        first = asyncio.create_task(shop.services.tax_asker.ask_for_show(show_id, where))
        await until(lambda: len(service.asked) > 0, what="the question")
        second = asyncio.create_task(other.ask_for_show(show_id, where))
        await asyncio.wait([second], timeout=LOOK_S)
        service.busy.set()
        assert await first
        assert await second
        assert len(service.asked) == 1

    tell(run, story, "finance")


def test_a_refund_gives_back_what_was_taken_after_the_service_has_changed_its_mind(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        await quote(shop, clock, **RENO)
        order = await buy(shop, clock, 2700)
        service.ppm = 100_000
        clock.advance(23 * HOUR_US)
        assert await shop.services.tax_asker.refresh() == 1
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2750
        asked = TakeBack(id=uuid4(), kind="refund", reason="the test wants it", lines=[])
        back = await shop.services.sale_desk.take_back(shop.small.shop.id, OrderId(UUID(order["id"])), asked)
        assert back.amount.minor == 2700
        await shop.sign_in("finance")
        [row] = await report(shop, clock)
        assert [row[name]["minor"] for name in ("tax", "back_tax")] == [200, 200]
        assert await disagreements(run.database) == []
        assert await shop.services.tax_asker.refresh() == 0

    tell(run, story, "finance")


def test_while_the_service_is_away_what_it_said_serves_for_the_stated_hours(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        await quote(shop, clock, **RENO)
        service.away = True
        clock.advance(40 * HOUR_US)
        assert await shop.services.tax_asker.refresh() == 1
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2700
        assert (await buy(shop, clock, 2700))["quote"]["total"]["minor"] == 2700
        clock.advance(8 * HOUR_US)
        assert (await quote(shop, clock, **RENO))["error"]["code"] == "tax_unknown"
        assert (await buy(shop, clock, 2700))["error"]["code"] == "tax_unknown"
        service.away = False
        clock.advance(10 * SECOND)
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2700
        assert (await buy(shop, clock, 2700))["quote"]["total"]["minor"] == 2700

    tell(run, story, "finance")


def test_the_own_table_stands_in_when_finance_allows_it_before_and_after_the_first_answer(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop, own_when_away=True)
        service.away = True
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2625
        assert (await buy(shop, clock, 2625))["quote"]["total"]["minor"] == 2625
        service.away = False
        clock.advance(60 * SECOND)
        assert await shop.services.tax_asker.refresh() == 1
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2700
        service.away = True
        clock.advance(48 * HOUR_US)
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2625
        assert (await buy(shop, clock, 2625))["quote"]["total"]["minor"] == 2625

    tell(run, story, "finance")


@pytest.mark.parametrize(
    ("postal_code", "problem"),
    [
        ("00000", "the test tax service does not know the place"),
        ("00500", "the test tax service is away"),
        ("00408", "test did not answer within 0.05 s"),
    ],
)
def test_what_is_not_answered_is_refused_once_recorded_and_left_in_peace_for_a_while(
    run: Runner, postal_code: str, problem: str
) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        service = await choose(shop)
        shop.services.tax_asker = TaxAsker(run.database, clock, {"test": service}, answer_s=0.05)
        there = RENO | {"postal_code": postal_code}
        for _ in range(3):
            assert (await quote(shop, clock, **there))["error"]["code"] == "tax_unknown"
        assert len(service.asked) == 1
        view = (await shop.client.get(f"/api/office/shops/{shop.small.shop.id}/tax/service")).json()
        [kept] = view["answers"]
        assert (kept["where"]["postal_code"], kept["rates"], kept["problem"]) == (postal_code, None, problem)
        clock.advance(10 * SECOND)
        await quote(shop, clock, **there)
        assert len(service.asked) == 2

    tell(run, story, "finance")


def test_finance_chooses_and_it_is_known_who_did_and_when(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await choose(shop, codes={"standard": "txcd_1"})
        url = f"/api/office/shops/{shop.small.shop.id}/tax/service"
        view = (await shop.client.get(url)).json()
        assert (view["choice"]["service"], view["offered"], view["at_us"]) == ("test", ["test"], clock.now_us())
        assert view["by"]
        for wrong, field in (
            (CHOICE | {"service": "nobody"}, "service"),
            (CHOICE | {"kept_h": 0}, "kept_h"),
            (CHOICE | {"codes": {"standard": "a b"}}, "codes"),
        ):
            answer = await shop.client.put(url, json=wrong, headers=shop.csrf)
            assert (answer.status_code, answer.json()["error"]["fields"]["field"]) == (422, field)
        await quote(shop, clock, **RENO)
        await put(shop, "/tax/service", CHOICE | {"service": None})
        assert (await quote(shop, clock, **RENO))["total"]["minor"] == 2625
        assert (await shop.client.get(url)).json()["answers_count"] == 0
        await shop.sign_in("host")
        assert refusal(await shop.client.put(url, json=CHOICE, headers=shop.csrf))[0] == 403

    tell(run, story, "finance", "host")
