"""A deal's life in the database: its forms, its calendar, its codes, and the record of each step."""

from typing import Any

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from tallylight import catalogue, deals
from tallylight.app.processes.chores import Chores
from tallylight.deals import CodeTakenError, Conditions, DealOverlapError, DealStateError, NewDeal, Tier
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import DealId, ProductId, new_id
from tests.conftest import Runner
from tests.support.sale import FUNDERS, Scene, make_scene
from tests.support.shop import NOW_US, fetch_value

SECOND = 1_000_000


def terms(scene: Scene, **change: Any) -> NewDeal:
    base = NewDeal(
        product_id=ProductId(scene.serum.id),
        kind="percentage",
        title="Autumn campaign",
        form="campaign",
        percentage_bps=1000,
        duration_s=600,
        funders=(FUNDERS[0], msgspec.structs.replace(FUNDERS[1], share_bps=5000)),
    )
    return msgspec.structs.replace(base, **change)


async def agreed(run: Runner, scene: Scene, new: NewDeal) -> DealId:
    async with run.database.transaction() as connection:
        deal_id = await deals.create_deal(connection, scene.shop_id, new, by=scene.person_id, at_us=NOW_US)
        for funder in new.funders:
            await deals.accept_funding(connection, deal_id, funder.party, accepted_by=scene.person_id, at_us=NOW_US)
    return deal_id


def test_a_deal_opens_and_ends_by_itself_and_each_step_is_recorded(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        clock = ManualClock(NOW_US)
        chores = Chores(run.database, clock)
        deal_id = await agreed(run, scene, terms(scene))
        opens_us = NOW_US + 60 * SECOND
        async with run.database.transaction() as connection:
            with pytest.raises(InvalidInputError, match="yet to come"):
                await deals.schedule_deal(connection, deal_id, NOW_US - 1, by=None, now_us=NOW_US)
            view = await deals.schedule_deal(connection, deal_id, opens_us, by=scene.person_id, now_us=NOW_US)
        assert (view.opens_us, view.ends_us) == (opens_us, opens_us + 600 * SECOND)
        assert await chores.open_deals() == 0
        clock.advance(61 * SECOND)
        assert await chores.open_deals() == 1
        async with run.database.transaction() as connection:
            opened = await deals.deal_budget(connection, deal_id)
            assert (opened.state, opened.opens_us, opened.ends_us) == ("open", opens_us, opens_us + 600 * SECOND)
            small = scene.serum.variants[0].id
            lowest = await catalogue.lowest_prices(connection, [small], since_us=opens_us, until_us=clock.now_us())
            assert lowest[small].ever_minor == 2249
        clock.advance(600 * SECOND)
        assert await chores.end_deals() == 1
        async with run.database.transaction() as connection:
            changes = await deals.changes_of(connection, deal_id)
        assert [(each.state, each.by, each.reason) for each in changes] == [
            ("draft", "Ada", "drafted"),
            ("agreed", "Ada", "every funder has accepted"),
            ("scheduled", "Ada", "scheduled"),
            ("open", None, "its time had come"),
            ("ended", None, "time"),
        ]

    run(go())
    with pytest.raises(DBAPIError):
        run(fetch_value(run.database, "delete from deal_change returning 1"))


def test_a_deal_whose_time_passed_unopened_goes_back_and_says_why(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        clock = ManualClock(NOW_US)
        deal_id = await agreed(run, scene, terms(scene))
        async with run.database.transaction() as connection:
            await deals.schedule_deal(connection, deal_id, NOW_US + SECOND, by=None, now_us=NOW_US)
        clock.advance(700 * SECOND)
        assert await Chores(run.database, clock).open_deals() == 0
        async with run.database.transaction() as connection:
            assert (await deals.deal_budget(connection, deal_id)).state == "agreed"
            last = (await deals.changes_of(connection, deal_id))[-1]
            assert "passed" in last.reason

    run(go())


def test_an_ambiguous_pair_is_refused_with_both_named_and_another_form_is_not(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        first = await agreed(run, scene, terms(scene, title="Autumn"))
        second = await agreed(run, scene, terms(scene, title="Harvest", product_id=None))
        flash = await agreed(run, scene, terms(scene, title="Flash", form="live_flash", percentage_bps=3000))
        async with run.database.transaction() as connection:
            await deals.schedule_deal(connection, first, NOW_US + SECOND, by=None, now_us=NOW_US)
            with pytest.raises(DealOverlapError, match="'Harvest' cannot open while 'Autumn'"):
                await deals.open_deal(connection, second, NOW_US)
            await deals.open_deal(connection, first, NOW_US)
            await deals.open_deal(connection, flash, NOW_US + 10 * SECOND)
            held = await deals.deals_of_products(connection, [scene.serum.id], at_us=NOW_US + 20 * SECOND)
            assert held[scene.serum.id].title == "Flash"
            # The flash ends before the campaign does: the price goes back to the campaign's, not to the list's.
            await deals.end_deal(connection, flash, NOW_US + 30 * SECOND, reason="by hand")
            small = scene.serum.variants[0].id
            lowest = await catalogue.lowest_prices(
                connection, [small], since_us=NOW_US + 31 * SECOND, until_us=NOW_US + 32 * SECOND
            )
            assert (lowest[small].since_minor, lowest[small].ever_minor) == (2249, 1749)
            await deals.unschedule_deal(
                connection,
                await _scheduled(connection, scene, run),
                by=None,
                now_us=NOW_US,
                reason="changed our minds",
            )

    async def _scheduled(connection: Any, scene: Scene, run: Runner) -> DealId:
        new = terms(scene, product_id=ProductId(scene.mug.id))
        deal_id = await deals.create_deal(connection, scene.shop_id, new)
        for funder in new.funders:
            await deals.accept_funding(connection, deal_id, funder.party, accepted_by=None, at_us=NOW_US)
        await deals.schedule_deal(connection, deal_id, NOW_US + 5 * SECOND, by=None, now_us=NOW_US)
        return deal_id

    run(go())


def test_codes_are_unique_normal_and_hashed(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        voucher = terms(
            scene,
            form="voucher",
            product_id=None,
            counts="orders",
            conditions=Conditions(audience="new"),
            code=" mina10 ",
        )
        async with run.database.transaction() as connection:
            deal_id = await deals.create_deal(connection, scene.shop_id, voucher)
            with pytest.raises(CodeTakenError, match="MINA10 is taken"):
                await deals.create_deal(connection, scene.shop_id, voucher)
            with pytest.raises(InvalidInputError):
                await deals.create_deal(connection, scene.shop_id, msgspec.structs.replace(voucher, code="ä!"))
            codes = await deals.make_codes(connection, deal_id, 50, prefix="vip")
            assert len(set(codes)) == 50
            assert all(code.startswith("VIP-") for code in codes)
            found, audience = await deals.find_code(connection, scene.shop_id, codes[0].lower() + " ")
            assert (found.deal_id, found.uses_max, audience) == (deal_id, 1, "new")
            shared, _ = await deals.find_code(connection, scene.shop_id, "Mina10")
            assert (shared.deal_id, shared.uses_max) == (deal_id, None)
            assert (await deals.find_code(connection, scene.shop_id, "NOPE"))[0].problem == "this code is not known"
            with pytest.raises(InvalidInputError):
                await deals.make_codes(connection, deal_id, 10_001)
            flash = await deals.create_deal(connection, scene.shop_id, terms(scene))
            with pytest.raises(DealStateError):
                await deals.make_codes(connection, flash, 1)
            assert (await deals.deal_budget(connection, deal_id)).code == "MINA10"
        stored = "select count(*) from voucher_code where voucher_code::text like :code"
        assert await fetch_value(run.database, stored, code=f"%{codes[0]}%") == 0

    run(go())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"form": "bundle", "product_id": None, "counts": "orders"}, "parts"),
        ({"form": "tiers", "counts": "orders", "conditions": Conditions(tiers=(Tier(1, 5),))}, "tiers"),
        ({"form": "threshold", "counts": "orders"}, "min_minor"),
        ({"form": "free_shipping", "counts": "pieces"}, "counts"),
        ({"form": "campaign", "conditions": Conditions(min_minor=5)}, "min_minor"),
        ({"form": "gift", "counts": "orders", "kind": "amount", "percentage_bps": None, "amount_minor": 5}, "kind"),
        ({"form": "live_flash", "product_id": None}, "product_id"),
        ({"code": "ABC"}, "code"),
        ({"product_ids": (new_id(),)}, "product_ids"),
    ],
)
def test_each_form_has_its_own_terms(run: Runner, change: dict[str, Any], field: str) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        async with run.database.transaction() as connection:
            with pytest.raises(InvalidInputError) as caught:
                await deals.create_deal(connection, scene.shop_id, terms(scene, **change))
            assert caught.value.fields["field"] == field
            with pytest.raises(NotFoundError):
                new = terms(scene, product_id=None, product_ids=(scene.serum.id, new_id()))
                await deals.create_deal(connection, scene.shop_id, new)

    run(go())
