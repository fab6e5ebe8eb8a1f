"""Two hundred buyers on fifty pieces. First with every guard, then without, to see that the guards matter."""

import asyncio
from collections import Counter

import asyncpg
import msgspec
import pytest

from tallylight.checkout import Order, PlaceOrder, SaleDesk
from tallylight.foundation.clock import ManualClock, SystemClock
from tallylight.foundation.errors import TallyError, UnavailableError
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import FUNDERS, Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value

BUYERS = 200
PIECES = 50
# One piece at 8.00 off: 4.00, 2.40 and 1.60.
PARTS = (400, 240, 160)


def capped(pieces: int) -> tuple[msgspec.Struct, ...]:
    """Funders whose budgets bear exactly so many pieces."""
    return tuple(
        msgspec.structs.replace(funder, budget_minor=part * pieces) for funder, part in zip(FUNDERS, PARTS, strict=True)
    )


async def rush(desk: SaleDesk, scene: Scene) -> Counter[str]:
    """Everybody at once; what each was told."""

    async def buy(number: int) -> str:
        try:
            return (await desk.place(order_request(scene, 2194, email=f"buyer{number}@example.com"))).state
        except TallyError as refusal:
            return refusal.code

    return Counter(await asyncio.gather(*(buy(number) for number in range(BUYERS))))


@pytest.mark.parametrize(
    ("stock", "funded", "total_limit", "told"),
    [
        (PIECES, PIECES, None, {"paid": 50, "sold_out": 150}),
        (1000, PIECES, None, {"paid": 50, "budget_exhausted": 150}),
        (1000, 1000, PIECES, {"paid": 50, "deal_limit_reached": 150}),
    ],
)
def test_exactly_fifty_are_sold(
    run: Runner, stock: int, funded: int, total_limit: int | None, told: dict[str, int]
) -> None:
    async def go() -> Counter[str]:
        scene = await make_scene(run.database, stock=stock)
        await open_flash_deal(run.database, scene, funders=capped(funded), total_limit=total_limit)  # type: ignore[arg-type]
        desk = SaleDesk(run.database, ManualClock(NOW_US))
        try:
            return await rush(desk, scene)
        finally:
            await desk.stop()

    assert run(go()) == told
    assert run(fetch_value(run.database, "select count(*) from customer_order")) == PIECES
    if funded == PIECES:
        assert run(fetch_value(run.database, "select count(*) from funder where spent_minor = budget_minor")) == 3
    assert run(disagreements(run.database)) == []


async def naive_rush(database_url: str, variant_id: object) -> tuple[int, int]:
    """A shop without desk or lock: read, see that there is one, write. (pieces promised, refused by the database)"""
    sold = refused = 0

    async def buyer(connection: asyncpg.Connection, barrier: asyncio.Barrier) -> None:
        nonlocal sold, refused
        for _ in range(BUYERS // 20):
            await barrier.wait()
            on_hand = await connection.fetchval("select on_hand from stock_level where variant_id = $1", variant_id)
            await barrier.wait()
            if on_hand > 0:
                try:
                    await connection.execute(
                        "update stock_level set on_hand = on_hand - 1 where variant_id = $1", variant_id
                    )
                    sold += 1
                except asyncpg.CheckViolationError:
                    refused += 1

    connections = [await asyncpg.connect(database_url) for _ in range(20)]
    barrier = asyncio.Barrier(20)
    await asyncio.gather(*(buyer(connection, barrier) for connection in connections))
    for connection in connections:
        await connection.close()
    return sold, refused


def test_without_the_desk_only_the_database_refuses_and_without_its_check_too_many_are_sold(run: Runner) -> None:
    scene = run(make_scene(run.database, stock=PIECES))
    small, large = (each.id for each in scene.serum.variants)
    sold, refused = run(naive_rush(run.database.url, small))
    assert (sold, refused) == (PIECES, 10)

    async def drop_guards() -> None:
        connection = await run.database.raw_connection()
        for name in ("on_hand_not_negative", "held_fits"):
            await connection.execute(f"alter table stock_level drop constraint ck_stock_level_{name}")
        await connection.close()

    run(drop_guards())
    sold, refused = run(naive_rush(run.database.url, large))
    assert (sold, refused) == (60, 0)
    assert run(fetch_value(run.database, "select min(on_hand) from stock_level")) == -10


def test_the_database_refuses_what_a_misled_desk_decided(run: Runner) -> None:
    """Somebody takes stock behind the desk's back: the batch aborts, is replayed, and only what fits is sold."""

    async def go() -> Counter[str]:
        scene = await make_scene(run.database, stock=PIECES)
        await open_flash_deal(run.database, scene)
        desk = SaleDesk(run.database, ManualClock(NOW_US))
        try:
            await desk.place(order_request(scene, 2194, email="first@example.com"))
            await fetch_value(
                run.database,
                "update stock_level set on_hand = 7 where variant_id = :id returning 1",
                id=scene.serum.variants[0].id,
            )
            return await rush(desk, scene)
        finally:
            await desk.stop()

    assert run(go()) == {"paid": 7, "sold_out": 193}
    assert run(fetch_value(run.database, "select count(*) from customer_order")) == 8
    assert run(disagreements(run.database)) == ["stock differs from its movements"]


async def until_available(desk: SaleDesk, request: PlaceOrder) -> Order:
    """What a well-behaved client does: repeat the same request while the answer is "unavailable"."""
    for _ in range(100):
        try:
            return await desk.place(request)
        except UnavailableError:
            await asyncio.sleep(0.05)
    raise AssertionError("the desk did not come back")


def test_a_holder_that_only_believes_it_holds_cannot_commit(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        desk = SaleDesk(run.database, ManualClock(NOW_US))
        await desk.place(order_request(scene, 2194))
        await fetch_value(run.database, "update sale_desk set epoch = epoch + 1 returning 1")
        with pytest.raises(UnavailableError, match="outcome is unknown"):
            await desk.place(order_request(scene, 2194))
        assert await fetch_value(run.database, "select count(*) from customer_order") == 1
        # It takes a new lease, and sells again.
        assert (await desk.place(order_request(scene, 2194))).state == "paid"
        await desk.stop()

    run(go())


def test_a_lost_connection_is_taken_up_again(run: Runner) -> None:
    async def go() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        desk = SaleDesk(run.database.url, SystemClock())
        request = order_request(scene, 2994)
        order = await desk.place(request)
        await fetch_value(
            run.database,
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where application_name like 'tallylight-desk%'",
        )
        assert await until_available(desk, request) == order
        await desk.stop()

    run(go())
