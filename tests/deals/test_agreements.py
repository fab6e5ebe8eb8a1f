"""Funding agreements: acceptance, caps, steps over the calendar, dates and products, opting out, and who sees what."""

import asyncio
from typing import Any

import msgspec
import pytest

from tallylight import checkout, deals
from tallylight.app.flows.decide_funding import keep_caps_and_end
from tallylight.app.processes.chores import Chores
from tallylight.checkout import SaleDesk
from tallylight.deals import (
    AtCap,
    GlideStep,
    NewAgreement,
    NewDeal,
    NewFunder,
    NotAcceptedError,
    NotFundedError,
)
from tallylight.deals.agreement_queries import agreement_view, agreements_of_person, party_of_person
from tallylight.deals.deal_use import moved_parts
from tallylight.deals.errors import DealStateError
from tallylight.deals.invite_party import invite_to_party
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, NotFoundError, TallyError
from tallylight.foundation.ids import AgreementId, DealId, ProductId
from tallylight.ledger import balances
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene, order_request
from tests.support.shop import NOW_US, fetch_value, make_person

SECOND = 1_000_000
DAY = 86_400 * SECOND
FUNDERS = (
    NewFunder(party="platform", name="Market", share_bps=5000, budget_minor=100_000),
    NewFunder(party="brand", name="Fern & Co", share_bps=5000, budget_minor=1_000_000),
)


def terms(**change: Any) -> NewAgreement:
    return msgspec.structs.replace(NewAgreement(title="Autumn co-funding", funders=FUNDERS), **change)


def campaign(scene: Scene, agreement_id: AgreementId, **change: Any) -> NewDeal:
    base = NewDeal(
        agreement_id=agreement_id,
        product_id=ProductId(scene.serum.id),
        form="campaign",
        kind="amount",
        amount_minor=800,
        title="Campaign",
        duration_s=3600,
    )
    return msgspec.structs.replace(base, **change)


async def agree(run: Runner, scene: Scene, new: NewAgreement) -> AgreementId:
    async with run.database.transaction() as connection:
        agreement_id = await deals.create_agreement(connection, scene.shop_id, new, at_us=NOW_US)
        for party in (await agreement_view(connection, agreement_id)).funders:
            await deals.accept_agreement(connection, agreement_id, party.party_id, by=None, at_us=NOW_US)
    return agreement_id


async def opened(run: Runner, scene: Scene, new: NewDeal, at_us: int = NOW_US) -> DealId:
    async with run.database.transaction() as connection:
        deal_id = await deals.create_deal(connection, scene.shop_id, new)
        await deals.open_deal(connection, deal_id, at_us)
    return deal_id


def with_desk(run: Runner, new: NewAgreement, tell: Any) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        agreement_id = await agree(run, scene, new)
        clock = ManualClock(NOW_US + 10 * SECOND)
        desk = SaleDesk(run.database, clock)
        await desk.start(tick_s=None)
        try:
            await tell(desk, clock, scene, agreement_id)
        finally:
            await desk.stop()

    run(go())


async def refused(desk: SaleDesk, order: checkout.PlaceOrder) -> TallyError:
    with pytest.raises(TallyError) as caught:
        await desk.place(order)
    return caught.value


async def spent(run: Runner) -> list[int]:
    found = await fetch_value(run.database, "select array_agg(spent_minor + held_minor order by position) from funder")
    return msgspec.convert(found, list[int])


def test_each_party_decides_and_nothing_opens_before_all_have(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        async with run.database.transaction() as connection:
            agreement_id = await deals.create_agreement(connection, scene.shop_id, terms(), at_us=NOW_US)
            deal_id = await deals.create_deal(connection, scene.shop_id, campaign(scene, agreement_id))
            market, brand = [each.party_id for each in (await agreement_view(connection, agreement_id)).funders]
            await deals.accept_agreement(connection, agreement_id, brand, by=None, at_us=NOW_US)
            await deals.decline_agreement(
                connection, agreement_id, market, reason="30 % at most", by=scene.person_id, at_us=NOW_US
            )
            with pytest.raises(NotAcceptedError, match="Market must accept"):
                await deals.open_deal(connection, deal_id, NOW_US)
            assert (await agreement_view(connection, agreement_id)).funders[0].declined_reason == "30 % at most"
            await deals.accept_agreement(connection, agreement_id, market, by=scene.person_id, at_us=NOW_US)
            with pytest.raises(TallyError, match="have accepted"):
                await deals.decline_agreement(connection, agreement_id, market, reason="", by=None, at_us=NOW_US)
            await deals.open_deal(connection, deal_id, NOW_US)
            # Under an agreement that everybody has accepted a new deal waits for nobody.
            mug = campaign(scene, agreement_id, product_id=ProductId(scene.mug.id), title="Mug")
            second = await deals.create_deal(connection, scene.shop_id, mug)
            assert (await deals.deal_budget(connection, second)).state == "agreed"

    run(go())


def test_an_agreement_funds_its_own_products_in_its_own_time(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        new = terms(until_us=NOW_US + DAY, product_ids=(scene.serum.id,))
        agreement_id = await agree(run, scene, new)
        async with run.database.transaction() as connection:
            for change, message in (
                ({"product_id": ProductId(scene.mug.id)}, "does not fund"),
                ({"product_id": None}, "does not fund"),
                ({"duration_s": 2 * 86_400}, "does not hold for all of its time"),
            ):
                deal_id = await deals.create_deal(connection, scene.shop_id, campaign(scene, agreement_id, **change))
                with pytest.raises(NotFundedError, match=message):
                    await deals.open_deal(connection, deal_id, NOW_US)
                with pytest.raises(NotFundedError, match=message):
                    await deals.schedule_deal(connection, deal_id, NOW_US, by=None, now_us=NOW_US)
            for wrong in (
                {"from_us": 5, "until_us": 5},
                {"steps": (GlideStep(5, (10_000,)),)},
                {"steps": (GlideStep(5, (5000, 5001)),)},
                {"steps": (GlideStep(5, (0, 10_000)), GlideStep(4, (0, 10_000)))},
                {"funders": ()},
            ):
                with pytest.raises(InvalidInputError):
                    await deals.create_agreement(connection, scene.shop_id, terms(**wrong), at_us=NOW_US)

    run(go())


def test_shares_step_over_the_calendar(run: Runner) -> None:
    # The platform bears half, then 30 %, then nothing: 4.00, 2.40, 0.00 of 8.00.
    steps = (GlideStep(NOW_US + 60 * SECOND, (3000, 7000)), GlideStep(NOW_US + 120 * SECOND, (0, 10_000)))

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        await opened(run, scene, campaign(scene, agreement_id))
        texts = []
        for at_us, borne in ((0, [400, 400]), (61, [640, 960]), (121, [640, 1760])):
            clock.advance(max(0, NOW_US + at_us * SECOND - clock.now_us()))
            order = await desk.place(order_request(scene, 2194, at_us=NOW_US + at_us * SECOND))
            texts.append(order.quote.lines[0].reasons[0].text.partition("funded by ")[2])
            assert await spent(run) == borne
        assert texts == ["platform 50 %, brand 50 %", "platform 30 %, brand 70 %", "brand 100 %"]

    with_desk(run, terms(steps=steps), tell)


def test_deals_of_one_agreement_burn_one_budget(run: Runner) -> None:
    # The market's 6.00 bear one campaign order of 4.00 and not a second deal's 4.00 on top.
    funders = (msgspec.structs.replace(FUNDERS[0], budget_minor=600), FUNDERS[1])

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        await opened(run, scene, campaign(scene, agreement_id))
        await opened(run, scene, campaign(scene, agreement_id, product_id=ProductId(scene.mug.id), title="Mug"))
        # Both at once do not fit: the second is left out, and the buyer told.
        both = ((scene.serum.variants[0].id, 1), (scene.mug.variants[0].id, 1))
        error = await refused(desk, order_request(scene, 2594, *both))
        assert (error.code, error.fields["total_minor"]) == ("budget_exhausted", 3394)
        await desk.place(order_request(scene, 3394, *both))
        assert await spent(run) == [400, 400]
        mug = order_request(scene, 895, (scene.mug.variants[0].id, 1))
        assert (await refused(desk, mug)).code == "budget_exhausted"

    with_desk(run, terms(funders=funders), tell)


@pytest.mark.parametrize(
    ("cap", "at_cap", "borne"),
    [
        ({"budget_minor": 500}, "next_funder", [500, 1100]),
        ({"budget_minor": 500}, "end_deal", [400, 400]),
        ({"budget_minor": 500}, "ask", [400, 400]),
        ({"cap_day_minor": 500}, "next_funder", [500, 1100]),
        ({"cap_day_minor": 500}, "end_deal", [400, 400]),
        ({"cap_order_minor": 300}, "next_funder", [600, 1000]),
        ({"cap_order_minor": 300}, "end_deal", [0, 0]),
    ],
)
def test_caps_and_what_happens_at_them(run: Runner, cap: dict[str, int], at_cap: AtCap, borne: list[int]) -> None:
    funders = (msgspec.structs.replace(FUNDERS[0], **cap), FUNDERS[1])

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        deal_id = await opened(run, scene, campaign(scene, agreement_id))
        answers = await asyncio.gather(
            *(desk.place(order_request(scene, 2194, email=f"{n}@example.com")) for n in range(2)),
            return_exceptions=True,
        )
        refusals = [each.code for each in answers if isinstance(each, TallyError)]
        assert refusals == ["budget_exhausted"] * (2 - borne[0] // 400 if at_cap != "next_funder" else 0)
        assert await spent(run) == borne
        async with run.database.transaction() as connection:
            assert sum((await balances(connection, scene.shop_id)).values()) == 0
        chores = Chores(run.database, clock)
        ended = await chores.end_deals()
        async with run.database.transaction() as connection:
            budget = await deals.deal_budget(connection, deal_id)
            if at_cap == "end_deal":
                assert (ended, budget.state) == (1, "ended")
                assert budget.ended_reason == "a funder's cap was reached"
            elif at_cap == "ask":
                # The deal waits; when the funder has raised its cap, it goes on.
                assert (ended, budget.state) == (0, "open")
                market = (await agreement_view(connection, agreement_id)).funders[0].party_id
                with pytest.raises(InvalidInputError, match="only be raised"):
                    await deals.raise_cap(connection, agreement_id, market, 500, at_us=NOW_US)
                await deals.raise_cap(connection, agreement_id, market, 5000, at_us=NOW_US)
        if at_cap == "ask":
            assert (await desk.place(order_request(scene, 2194, email="3@example.com"))).state == "paid"

    with_desk(run, terms(funders=funders, at_cap=at_cap), tell)


async def asked(run: Runner, agreement_id: AgreementId) -> list[tuple[str, str, int, str | None]]:
    """Whom, about which cap of how much, and what came of it; the first asked first."""
    async with run.database.transaction() as connection:
        view = await agreement_view(connection, agreement_id)
    return [
        (view.funders[each.funder].name, each.cap, each.minor, each.answer)
        for each in sorted(view.requests, key=lambda one: one.asked_us)
    ]


def test_a_funder_is_asked_once_about_the_cap_that_is_short_and_raises_it(run: Runner) -> None:
    funders = (msgspec.structs.replace(FUNDERS[0], cap_day_minor=400), FUNDERS[1])

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        await opened(run, scene, campaign(scene, agreement_id, duration_s=3 * 86_400))
        chores = Chores(run.database, clock)
        assert await chores.ask_funders() == 0
        await desk.place(order_request(scene, 2194))
        assert [await chores.ask_funders() for _ in range(2)] == [1, 0]
        assert await asked(run, agreement_id) == [("Market", "day", 400, None)]
        async with run.database.transaction() as connection:
            market = (await agreement_view(connection, agreement_id)).funders[0].party_id
            await deals.raise_cap(connection, agreement_id, market, 200_000, at_us=clock.now_us())
        # Another cap was raised: the question stands, and is taken back with the day.
        assert await asked(run, agreement_id) == [("Market", "day", 400, None)]
        clock.advance(DAY)
        assert [await chores.ask_funders() for _ in range(2)] == [1, 0]
        await desk.place(order_request(scene, 2194, at_us=clock.now_us(), email="2@example.com"))
        clock.advance(SECOND)
        assert await chores.ask_funders() == 1
        async with run.database.transaction() as connection:
            with pytest.raises(InvalidInputError, match="no such cap"):
                await deals.raise_cap(connection, agreement_id, market, 900, cap="order", at_us=clock.now_us())
            await deals.raise_cap(connection, agreement_id, market, 900, cap="day", at_us=clock.now_us())
        await desk.place(order_request(scene, 2194, at_us=clock.now_us(), email="3@example.com"))
        clock.advance(SECOND)
        assert await chores.ask_funders() == 1
        assert await asked(run, agreement_id) == [
            ("Market", "day", 400, "withdrawn"),
            ("Market", "day", 400, "raised"),
            ("Market", "day", 900, None),
        ]

    with_desk(run, terms(funders=funders, at_cap="ask"), tell)


def test_who_keeps_its_cap_ends_what_stands_still(run: Runner) -> None:
    funders = (FUNDERS[0], msgspec.structs.replace(FUNDERS[1], budget_minor=400))

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        deal_id = await opened(run, scene, campaign(scene, agreement_id))
        await desk.place(order_request(scene, 2194))
        async with run.database.transaction() as connection:
            market, brand = (each.party_id for each in (await agreement_view(connection, agreement_id)).funders)
        by = await make_person(run.database)
        await Chores(run.database, clock).ask_funders()
        for party in (market, brand):
            async with run.database.transaction() as connection:
                if party == market:
                    with pytest.raises(DealStateError, match="nothing is asked"):
                        await keep_caps_and_end(connection, agreement_id, party, by=by, now_us=clock.now_us())
                else:
                    await keep_caps_and_end(connection, agreement_id, party, by=by, now_us=clock.now_us())
        async with run.database.transaction() as connection:
            budget = await deals.deal_budget(connection, deal_id)
        assert (budget.state, budget.ended_reason) == ("ended", "a funder keeps its cap")
        assert await Chores(run.database, clock).ask_funders() == 0
        assert await asked(run, agreement_id) == [("Fern & Co", "budget", 400, "kept")]

    with_desk(run, terms(funders=funders, at_cap="ask"), tell)


def test_a_day_cap_is_of_one_day_and_a_release_gives_it_back(run: Runner) -> None:
    funders = (msgspec.structs.replace(FUNDERS[0], cap_day_minor=400), FUNDERS[1])

    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        await opened(run, scene, campaign(scene, agreement_id, duration_s=3 * 86_400))
        await desk.place(order_request(scene, 2194, token="tok_unknown"))
        assert (await refused(desk, order_request(scene, 2194))).code == "budget_exhausted"
        await fetch_value(run.database, "delete from test_charge returning 1")
        clock.advance(600 * SECOND)
        assert await desk.expire_holds(clock.now_us()) == 1
        assert await fetch_value(run.database, "select day_minor from funder where position = 1") == 0
        await desk.place(order_request(scene, 2194, at_us=clock.now_us()))
        assert (await refused(desk, order_request(scene, 2194, at_us=clock.now_us()))).code == "budget_exhausted"
        clock.advance(DAY)
        await desk.place(order_request(scene, 2194, at_us=clock.now_us()))
        assert await fetch_value(run.database, "select day_minor from funder where position = 1") == 400

    with_desk(run, terms(funders=funders), tell)
    with pytest.raises(Exception, match="day_cap_holds"):
        run(fetch_value(run.database, "update funder set day_minor = cap_day_minor + 1 returning 1"))


def test_opting_a_product_out_works_at_once(run: Runner) -> None:
    async def tell(desk: SaleDesk, clock: ManualClock, scene: Scene, agreement_id: AgreementId) -> None:
        await opened(run, scene, campaign(scene, agreement_id, product_id=None))
        await desk.place(order_request(scene, 2194))
        async with run.database.transaction() as connection:
            market = (await agreement_view(connection, agreement_id)).funders[0].party_id
            for _ in range(2):
                await deals.opt_out_product(
                    connection, agreement_id, market, scene.serum.id, by=None, at_us=clock.now_us()
                )
            with pytest.raises(NotFoundError):
                await deals.opt_out_product(connection, agreement_id, market, market, by=None, at_us=clock.now_us())
        # Who saw the price before keeps it; who looks now does not, and other products stay in.
        assert (await desk.place(order_request(scene, 2194))).quote.discount.minor == 800
        now = order_request(scene, 2194, at_us=clock.now_us())
        assert (await refused(desk, now)).fields["total_minor"] == 2994
        mug = order_request(scene, 895, (scene.mug.variants[0].id, 1), at_us=clock.now_us())
        assert (await desk.place(mug)).quote.discount.minor == 800

    with_desk(run, terms(), tell)
    with pytest.raises(Exception, match="append-only|refuse|kept"):
        run(fetch_value(run.database, "delete from opt_out returning 1"))


def test_a_party_sees_its_own_agreements_and_its_own_money(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        await agree(
            run, scene, terms(title="Not hers", funders=(msgspec.structs.replace(FUNDERS[1], share_bps=10_000),))
        )
        agreement_id = await agree(run, scene, terms())
        stranger, partner = await make_person(run.database), await make_person(run.database)
        async with run.database.transaction() as connection:
            view = await agreement_view(connection, agreement_id)
            market, brand = (each.party_id for each in view.funders)
            await invite_to_party(connection, scene.shop_id, market, partner, by=scene.person_id)
            with pytest.raises(NotFoundError, match="no invitation"):
                await invite_to_party(connection, scene.shop_id, brand, partner, by=scene.person_id)
            (seen,) = await agreements_of_person(connection, partner)
            assert (seen.id, seen.mine) == (agreement_id, [0])
            assert seen.funders[0].budget is not None
            assert (seen.funders[1].budget, seen.funders[1].share_bps) == (None, 5000)
            assert await party_of_person(connection, agreement_id, partner) == market
            assert await agreements_of_person(connection, stranger) == []
            with pytest.raises(NotFoundError):
                await party_of_person(connection, agreement_id, stranger)

    run(go())


@pytest.mark.parametrize(
    ("parts", "rooms", "moved"),
    [
        ([400, 400], [500, 500], [400, 400]),
        ([400, 400], [100, 900], [100, 700]),
        ([400, 400], [900, 100], [700, 100]),
        ([400, 240, 160], [300, 240, 1000], [300, 240, 260]),
        ([400, 400], [-5, 900], [0, 800]),
        ([400, 400], [300, 499], None),
    ],
)
def test_what_one_cannot_bear_the_next_one_does(parts: list[int], rooms: list[int], moved: list[int] | None) -> None:
    assert moved_parts(parts, rooms) == moved
