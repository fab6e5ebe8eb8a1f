"""Commission by plan, fees and reserves: the worked numbers of docs/algorithms/books.md, once an order."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight import ledger
from tallylight.app.flows.charge_orders import charge_batch, charge_due_orders
from tallylight.checkout import SaleDesk
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.ledger import LineReversal, NewFee, NewPlan, OrderReversal
from tallylight.ledger.charge_rules import plan_for
from tallylight.ledger.charge_types import Plan, PlanKind
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

DAY_US = 86_400_000_000
SOLD_US = NOW_US + 1_000_000
CHARGED_US = NOW_US + 6_000_000
FEES = (
    NewFee(kind="referral_fee", rate_bps=500),
    NewFee(kind="transaction_fee", rate_bps=290, fixed_minor=30, base="payment", kept_on_refund=True),
    NewFee(kind="co_funded_service_fee", rate_bps=200),
    NewFee(kind="flash_sale_service_fee", rate_bps=100),
    NewFee(kind="reserve", rate_bps=1000, base="payment", hold_days=14),
    NewFee(kind="refund_administration_fee", rate_bps=2000),
)


async def declare(run: Runner, scene: Scene, *, fees: tuple[NewFee, ...] = FEES) -> None:
    """The plans and fees of the worked example, from NOW_US."""
    plans = (
        NewPlan(kind="open", rate_bps=800),
        NewPlan(kind="target", rate_bps=1200, creator_name="Mina Park"),
        NewPlan(kind="partner", rate_bps=1500, creator_name="Mina Park", product_id=scene.serum.id),
        NewPlan(kind="partner", rate_bps=7000, creator_name="Somebody else"),
    )
    async with run.database.transaction() as connection:
        for plan in plans:
            await ledger.record_plan(connection, scene.shop_id, plan, recorded_by=None, now_us=NOW_US)
        for fee in fees:
            await ledger.set_fee(connection, scene.shop_id, fee, currency="USD", recorded_by=None, now_us=NOW_US)


async def sell(run: Runner, scene: Scene) -> UUID:
    desk = SaleDesk(run.database, ManualClock(SOLD_US))
    try:
        lines = ((scene.serum.variants[0].id, 2), (scene.mug.variants[0].id, 1))
        return (await desk.place(order_request(scene, 5093, *lines))).id
    finally:
        await desk.stop()


async def charged_scene(run: Runner, *, fees: tuple[NewFee, ...] = FEES) -> tuple[Scene, UUID]:
    scene = await make_scene(run.database)
    await open_flash_deal(run.database, scene)
    await declare(run, scene, fees=fees)
    order_id = await sell(run, scene)
    assert await charge_due_orders(run.database, now_us=CHARGED_US) == 1
    return scene, order_id


async def refund(run: Runner, order_id: UUID, *lines: LineReversal, shipping_minor: int = 0) -> None:
    async with run.database.transaction() as connection:
        await ledger.reverse_order(
            connection,
            OrderReversal(
                order_id=order_id, refund_id=new_id(), lines=lines, posted_us=CHARGED_US + 1,
                description="Refund", shipping_minor=shipping_minor,
            ),
        )  # fmt: skip


async def of_brand(run: Runner, scene: Scene) -> dict[str, int]:
    """What the brand was debited, by purpose, zeros left out."""
    async with run.database.transaction() as connection:
        found = await ledger.balances(connection, scene.shop_id)
    return {purpose: minor for (kind, purpose, _), minor in found.items() if kind == "brand" and minor}


def test_the_worked_charges_a_refund_of_one_piece_and_the_release(run: Runner) -> None:
    async def go() -> None:
        scene, order_id = await charged_scene(run)
        sale = {"subtotal": -6198, "seller_discount": 800, "shipping": -495}
        charges = {
            "affiliate_commission": 510 + 144, "referral_fee": 170 + 60, "transaction_fee": 178,
            "co_funded_service_fee": 68, "flash_sale_service_fee": 34, "reserve": 509, "reserve_held": -509,
        }  # fmt: skip
        assert await of_brand(run, scene) == sale | charges
        assert await charge_due_orders(run.database, now_us=CHARGED_US + 1) == 0

        await refund(run, order_id, LineReversal(1, 2499, 800))
        after = await of_brand(run, scene)
        assert {purpose: charges[purpose] - after[purpose] for purpose in charges} == {
            "affiliate_commission": 255, "referral_fee": 85, "transaction_fee": 0, "co_funded_service_fee": 34,
            "flash_sale_service_fee": 17, "reserve": 170, "reserve_held": -170,
        }  # fmt: skip
        assert after["refund_administration_fee"] == 17

        async with run.database.transaction() as connection:
            due_us = SOLD_US + 14 * DAY_US
            assert await ledger.release_reserves(connection, now_us=due_us - 1) == 0
            assert await ledger.release_reserves(connection, now_us=due_us) == 1
            assert await ledger.release_reserves(connection, now_us=due_us) == 0
        assert {"reserve", "reserve_held"}.isdisjoint(await of_brand(run, scene))

    run(go())


@pytest.mark.parametrize("refunded_first", [False, True])
def test_a_refund_of_everything_leaves_nothing_whenever_the_charges_come(run: Runner, refunded_first: bool) -> None:
    fees = tuple(fee for fee in FEES if not fee.kept_on_refund and fee.kind != "refund_administration_fee")

    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        await declare(run, scene, fees=fees)
        order_id = await sell(run, scene)
        if not refunded_first:
            await charge_due_orders(run.database, now_us=CHARGED_US)
            assert (await of_brand(run, scene))["affiliate_commission"] == 654
        await refund(run, order_id, LineReversal(1, 2499, 800))
        await refund(run, order_id, LineReversal(1, 2499, 800), LineReversal(2, 1200, 0), shipping_minor=495)
        await charge_due_orders(run.database, now_us=CHARGED_US)
        async with run.database.transaction() as connection:
            assert set((await ledger.balances(connection, scene.shop_id)).values()) == {0}

    run(go())


def test_who_charges_at_once_charges_once(run: Runner) -> None:
    """Eight charge the same orders side by side: every order is charged one time."""

    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        await declare(run, scene)
        for _ in range(3):
            await sell(run, scene)

        async def charge() -> int:
            async with run.database.transaction() as connection:
                done, _ = await charge_batch(connection, scene.shop_id, from_us=NOW_US, now_us=CHARGED_US)
                return done

        assert sum(await asyncio.gather(*(charge() for _ in range(8)))) == 3
        async with run.database.transaction() as connection:
            rows = await connection.execute(sa.text("select order_id, count(*) from charge group by order_id"))
            assert Counter(row.count for row in rows) == {8: 3}

    run(go())


def test_a_commission_that_came_with_the_sale_stands(run: Runner) -> None:
    """The desk remembers a show for seconds: it may post the show's rate after the first plan began."""

    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        await sell(run, scene)
        await declare(run, scene, fees=())
        assert await charge_due_orders(run.database, now_us=CHARGED_US) == 1
        assert (await of_brand(run, scene))["affiliate_commission"] == 460

    run(go())


def test_a_new_rate_ends_the_old_one_and_nothing_is_rewritten(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        async with run.database.transaction() as connection:
            first = await ledger.record_plan(
                connection, scene.shop_id, NewPlan(kind="open", rate_bps=800), recorded_by=None, now_us=NOW_US
            )
            second = await ledger.record_plan(
                connection, scene.shop_id, NewPlan(kind="open", rate_bps=900), recorded_by=None, now_us=NOW_US + 5
            )
            assert [(plan.id, plan.until_us) for plan in await ledger.plans_of_shop(connection, scene.shop_id)] == [
                (second.id, None), (first.id, NOW_US + 5),
            ]  # fmt: skip
            await ledger.end_plan(connection, scene.shop_id, second.id, ended_by=None, now_us=NOW_US + 9)
            assert not await ledger.plans_decide(connection, scene.shop_id)
            with pytest.raises(NotFoundError):
                await ledger.end_plan(connection, scene.shop_id, second.id, ended_by=None, now_us=NOW_US + 9)
            with pytest.raises(NotFoundError):
                await ledger.end_fee(connection, scene.shop_id, "reserve", ended_by=None, now_us=NOW_US)
        for sql, problem in (
            ("update commission_plan set rate_bps = 100", "never changed"),
            ("update commission_plan set until_us = until_us + 1", "never changed"),
            ("delete from commission_plan", "append-only"),
            ("delete from charged_sale", "append-only"),
        ):
            with pytest.raises(DBAPIError, match=problem):
                await fetch_value(run.database, sql)

    run(go())


NOT_RULES = (
    NewPlan(kind="open", rate_bps=99),
    NewPlan(kind="open", rate_bps=8001),
    NewPlan(kind="target", rate_bps=900),
    NewPlan(kind="open", rate_bps=900, creator_name="Mina Park"),
    NewPlan(kind="partner", rate_bps=900, creator_name=""),
    NewFee(kind="referral_fee"),
    NewFee(kind="referral_fee", rate_bps=10_001),
    NewFee(kind="referral_fee", fixed_minor=-1),
    NewFee(kind="referral_fee", rate_bps=5, hold_days=3),
    NewFee(kind="reserve", rate_bps=5),
    NewFee(kind="reserve", rate_bps=5, hold_days=366),
    NewFee(kind="reserve", rate_bps=5, hold_days=3, kept_on_refund=True),
)


def test_what_is_no_plan_and_no_fee(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        async with run.database.transaction() as connection:
            for new in NOT_RULES:
                with pytest.raises(InvalidInputError):
                    if isinstance(new, NewPlan):
                        await ledger.record_plan(connection, scene.shop_id, new, recorded_by=None, now_us=NOW_US)
                    else:
                        await ledger.set_fee(
                            connection, scene.shop_id, new, currency="USD", recorded_by=None, now_us=NOW_US
                        )

    run(go())


def test_priority_of_plans() -> None:
    serum, mug = new_id(), new_id()

    def plan(kind: PlanKind, rate: int, product: UUID | None = None, until_us: int | None = None) -> Plan:
        return Plan(
            id=new_id(), kind=kind, rate_bps=rate, base="goods", product_id=product, from_us=10, until_us=until_us,
            creator_name=None if kind == "open" else "Mina",
        )  # fmt: skip

    plans = [plan("open", 1, serum), plan("target", 2), plan("target", 3, serum), plan("partner", 4, until_us=20)]
    cases = (("Mina", serum, 15, 4), ("Mina", serum, 20, 3), ("Mina", mug, 20, 2), ("Leo", serum, 15, 1))
    for creator, product, at_us, rate in cases:
        found = plan_for(plans, creator, product, at_us)
        assert (found and found.rate_bps) == rate
    assert plan_for(plans, "Leo", mug, 15) is None
    assert plan_for(plans, "Mina", serum, 9) is None
