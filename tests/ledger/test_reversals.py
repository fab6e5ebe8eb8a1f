"""What goes back: the worked numbers of docs/algorithms/books.md, never more than was posted, zero after everything."""

import asyncio
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, IntegrityError

from tallylight import ledger
from tallylight.checkout import SaleDesk
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.ledger import LineReversal, OrderReversal, ReversalTooLargeError, Reversed
from tallylight.ledger.reversal_rules import share_of, take_from
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

SERUM, OTHER_SERUM = LineReversal(1, 2499, 800), LineReversal(1, 2499, 800)
MUG = LineReversal(2, 1200, 0)


async def sell(run: Runner) -> tuple[Scene, UUID]:
    """The order of the worked example."""
    scene = await make_scene(run.database)
    await open_flash_deal(run.database, scene)
    desk = SaleDesk(run.database, ManualClock(NOW_US + 1_000_000))
    try:
        lines = ((scene.serum.variants[0].id, 2), (scene.mug.variants[0].id, 1))
        order = await desk.place(order_request(scene, 5093, *lines))
    finally:
        await desk.stop()
    return scene, order.id


def refund(order_id: UUID, *lines: LineReversal, **more: object) -> OrderReversal:
    values = {"refund_id": new_id(), "posted_us": NOW_US + 5_000_000, "description": "Refund"} | more
    return OrderReversal(order_id=order_id, lines=lines, **values)  # type: ignore[arg-type]


async def reverse(run: Runner, asked: OrderReversal) -> Reversed:
    async with run.database.transaction() as connection:
        return await ledger.reverse_order(connection, asked)


async def trial_balance(run: Runner, scene: Scene) -> dict[tuple[str, str], int]:
    async with run.database.transaction() as connection:
        found = await ledger.balances(connection, scene.shop_id)
    return {(kind, purpose): minor for (kind, purpose, _), minor in found.items()}


def test_the_worked_refund_and_then_the_rest(run: Runner) -> None:
    async def go() -> None:
        scene, order_id = await sell(run)
        first = await reverse(run, refund(order_id, SERUM))
        assert (first.customer_minor, sorted(first.funding.values())) == (1699, [160, 240, 400])
        async with run.database.transaction() as connection:
            views = await ledger.transfers_of_order(connection, order_id)
        posted = {view.kind: [(each.account, each.amount.minor) for each in view.entries] for view in views}
        assert sorted(posted["refund"]) == [
            ("creator_discount", -160), ("customer_payment", -1699), ("platform_discount", -240),
            ("seller_discount", -400), ("subtotal", 2499),
        ]  # fmt: skip
        assert sorted(posted["commission_refund"]) == [("affiliate_commission", -170), ("affiliate_commission", 170)]
        rest = await reverse(run, refund(order_id, OTHER_SERUM, MUG, shipping_minor=495))
        assert rest.customer_minor == 3394
        assert set((await trial_balance(run, scene)).values()) == {0}

    run(go())


def test_a_chargeback_that_was_won_is_as_if_it_had_not_been(run: Runner) -> None:
    async def go() -> None:
        scene, order_id = await sell(run)
        before = await trial_balance(run, scene)
        lost = refund(order_id, SERUM, MUG, kind="chargeback")
        await reverse(run, lost)
        again = new_id()

        async def reinstate(refund_id: UUID, reinstatement_id: UUID) -> None:
            async with run.database.transaction() as connection:
                await ledger.reinstate_refund(
                    connection, order_id, refund_id, reinstatement_id=reinstatement_id, posted_us=NOW_US
                )

        await reinstate(lost.refund_id, again)
        assert await trial_balance(run, scene) == before
        with pytest.raises(ConflictError):
            await reinstate(lost.refund_id, new_id())
        with pytest.raises(NotFoundError):
            await reinstate(new_id(), new_id())
        # What was given again is not taken back as such: the order is refunded anew.
        with pytest.raises(DBAPIError, match="reinstatement is not reversed"):
            await reinstate(again, new_id())
        await reverse(run, refund(order_id, SERUM))
        await reverse(run, refund(order_id, OTHER_SERUM, MUG, shipping_minor=495))
        assert set((await trial_balance(run, scene)).values()) == {0}

    run(go())


def test_the_funders_of_a_discount_may_be_named(run: Runner) -> None:
    async def go() -> None:
        _, order_id = await sell(run)
        first = await reverse(run, refund(order_id, SERUM))
        platform = next(party for party, amount in first.funding.items() if amount == 240)
        second = await reverse(run, refund(order_id, LineReversal(1, 300, 200), funding={platform: 200}))
        assert (second.customer_minor, second.funding) == (100, {platform: 200})
        with pytest.raises(ReversalTooLargeError):
            await reverse(run, refund(order_id, LineReversal(1, 300, 200), funding={platform: 200}))
        with pytest.raises(ReversalTooLargeError):
            await reverse(run, refund(order_id, LineReversal(1, 300, 200), funding={new_id(): 200}))
        with pytest.raises(InvalidInputError):
            await reverse(run, refund(order_id, LineReversal(1, 300, 200), funding={platform: 199}))

    run(go())


def test_what_cannot_go_back_is_refused_and_changes_nothing(run: Runner) -> None:
    async def go() -> None:
        scene, order_id = await sell(run)
        before = await trial_balance(run, scene)
        for asked, error in (
            (refund(order_id, LineReversal(1, 6199, 0)), ReversalTooLargeError),
            (refund(order_id, LineReversal(1, 2499, 1700)), ReversalTooLargeError),
            (refund(order_id, shipping_minor=496), ReversalTooLargeError),
            (refund(order_id, tax_minor=1), ReversalTooLargeError),
            (refund(order_id), InvalidInputError),
            (refund(order_id, LineReversal(1, 100, 101)), InvalidInputError),
            (refund(order_id, LineReversal(1, -1, -1)), InvalidInputError),
            (refund(order_id, MUG, MUG), InvalidInputError),
            (refund(new_id(), MUG), NotFoundError),
        ):
            with pytest.raises(error):
                await reverse(run, asked)
        assert await trial_balance(run, scene) == before
        once = refund(order_id, MUG)
        await reverse(run, once)
        with pytest.raises(IntegrityError, match="refund_id"):
            await reverse(run, once)

    run(go())


def test_the_database_refuses_to_take_back_what_was_not_posted(run: Runner) -> None:
    """By SQL that no action of ours would send: more than was posted, from nobody, uncounted, before its entries."""
    _, order_id = run(sell(run))
    post = (
        "insert into transfer select cast(:id as uuid), shop_id, 'refund', '', order_id, null, 0, account_ids,"
        " currencies, array(select {factor} * amount from unnest(amounts_minor) with ordinality as a(amount, line)"
        " order by line) from transfer where order_id = :order and kind = 'sale'"
    )
    name = (
        "insert into reversal select cast(:id as uuid), id, {nth}, gen_random_uuid() from transfer"
        " where order_id = :order and kind = '{kind}'"
    )

    async def attack(factor: int | None, nth: int, kind: str = "sale") -> None:
        async with run.database.transaction() as connection:
            values = {"id": new_id(), "order": order_id}
            if factor is not None:
                await connection.execute(sa.text(post.format(factor=factor)), values)
            await connection.execute(sa.text(name.format(nth=nth, kind=kind)), values)

    for factor, nth, kind, problem in (
        (-2, 1, "sale", "more would be reversed"),
        (1, 1, "sale", "more would be reversed"),
        (-1, 1, "commission", "more would be reversed"),
        (-1, 2, "sale", "counted 1, 2"),
        (None, 1, "sale", "whole transfer"),
    ):
        with pytest.raises(DBAPIError, match=problem):
            run(attack(factor, nth, kind))
    run(attack(-1, 1))
    with pytest.raises(DBAPIError, match="more would be reversed"):
        run(attack(-1, 2))
    for table in ("reversal", "reversed_line", "charge"):
        with pytest.raises(DBAPIError, match="append-only"):
            run(fetch_value(run.database, f"delete from {table}"))


@pytest.mark.parametrize("guarded", [False, True])
def test_two_reversals_that_do_not_see_each_other(run: Runner, guarded: bool) -> None:
    """Both decide on the same books. Without the count of reversals more goes back than came; with it one fails."""

    async def go() -> tuple[int, int]:
        scene, order_id = await sell(run)
        if not guarded:
            async with run.database.transaction() as connection:
                await connection.execute(sa.text("alter table reversal drop constraint uq_reversal_reverses_nth"))
        async with run.database.transaction() as connection:
            sale_id = (
                await connection.execute(
                    sa.text("select id from transfer where order_id = :id and kind = 'sale'"), {"id": order_id}
                )
            ).scalar_one()
        ready = asyncio.Barrier(2)

        async def take_all() -> None:
            async with run.database.transaction() as connection:
                left = await ledger.amounts_left(connection, sale_id)
                await ready.wait()
                await ledger.reverse_transfer(
                    connection, sale_id, {key: abs(minor) for key, minor in left.items()},
                    refund_id=new_id(), kind="refund", description="Refund", posted_us=NOW_US,
                )  # fmt: skip
                if not guarded:
                    await ready.wait()

        results = await asyncio.gather(take_all(), take_all(), return_exceptions=True)
        paid = (await trial_balance(run, scene))["processor", "customer_payment"]
        return sum(isinstance(each, DBAPIError) for each in results), paid

    assert run(go()) == ((1, 0) if guarded else (0, -5093))


def test_the_worked_split_of_what_is_left() -> None:
    assert [take_from([4, 2, 1], 3), take_from([2, 1, 1], 3), take_from([1, 0, 0], 1)] == [
        [2, 1, 0], [1, 1, 1], [1, 0, 0],
    ]  # fmt: skip
    assert share_of(460, 1699, 4598) == 170
    with pytest.raises(ReversalTooLargeError):
        share_of(460, 2, 1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=1, max_size=5), st.data())
def test_no_part_gives_more_than_it_has_and_everything_leaves_zeros(left: list[int], data: st.DataObject) -> None:
    while sum(left):
        amount = data.draw(st.integers(1, sum(left)))
        parts = take_from(left, amount)
        assert sum(parts) == amount
        assert all(0 <= part <= have for part, have in zip(parts, left, strict=True))
        left = [have - part for part, have in zip(parts, left, strict=True)]
    with pytest.raises(ReversalTooLargeError):
        take_from(left, 1)
