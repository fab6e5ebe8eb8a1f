"""One statement a batch: all of it or nothing, and only on top of what it was decided on."""

import asyncio

import asyncpg
import msgspec
import pytest

from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.write_batch import PLAN_SETTINGS, Lease, prepare, write_batch
from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShopId, new_id
from tallylight.foundation.outbox import NewEvent
from tests.conftest import Runner
from tests.support.sale import Scene, make_scene

LINK = 41


async def hold_lease(database: Database, shop_id: ShopId) -> Lease:
    """The lease rows of the shop, as a desk finds them."""
    connection = await database.raw_connection()
    await connection.execute("insert into shop_terms (shop_id) values ($1) on conflict do nothing", shop_id)
    version = await connection.fetchval("select version from shop_terms where shop_id = $1", shop_id)
    await connection.execute(
        "insert into sale_desk (shop_id, epoch, holder, leased_us, chain) values ($1, 7, 'here', 1, 40)", shop_id
    )
    await connection.close()
    return Lease(shop_id, 7, version, 40)


def batch_of(scene: Scene, *, events: bool = True, variant_id: object = None) -> Batch:
    """One piece of the small serum leaves the shelf."""
    batch = Batch()
    serum = variant_id or scene.serum.variants[0].id
    batch.rows["stock_movement"].append((None, serum, -1, "sale", new_id(), 1))
    batch.count_stock(serum, on_hand=-1, held=0)
    if events:
        batch.events += [NewEvent(f"show:{scene.show_id}", "stock", '{"available": 49}')] * 2
    return batch


async def state(connection: asyncpg.Connection, scene: Scene) -> tuple[int, int, int, int]:
    """Pieces on the shelf, movements, events and the last link."""
    row = await connection.fetchrow(
        "select (select on_hand from stock_level where variant_id = $1), (select count(*) from stock_movement where"
        " reason = 'sale'), (select count(*) from event), (select chain from sale_desk)",
        scene.serum.variants[0].id,
    )
    assert row is not None
    return tuple(row)


async def until_it_waits(connection: asyncpg.Connection, pid: int) -> None:
    """Until that server process waits for a lock."""
    waits = "select wait_event_type = 'Lock' from pg_stat_activity where pid = $1"
    while not await connection.fetchval(waits, pid):
        await connection.execute("select pg_stat_clear_snapshot()")


@pytest.mark.parametrize("events", [True, False])
def test_a_batch_is_written_once_on_top_of_the_one_before(run: Runner, events: bool) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        lease = await hold_lease(run.database, scene.shop_id)
        connection = await run.database.raw_connection(**PLAN_SETTINGS)
        formats = await prepare(connection)
        assert await state(connection, scene) == (50, 0, 0, 40)
        await write_batch(connection, batch_of(scene, events=events), lease, LINK, formats)
        after = (49, 1, 2 if events else 0, LINK)
        assert await state(connection, scene) == after
        # The same place in the chain is taken now, the epoch and the version are others': nothing of these is left.
        next_ = msgspec.structs.replace(lease, chain=LINK)
        for wrong in (
            lease,
            msgspec.structs.replace(next_, epoch=8),
            msgspec.structs.replace(next_, version=lease.version + 1),
            msgspec.structs.replace(next_, shop_id=new_id()),
        ):
            with pytest.raises(asyncpg.SerializationError):
                await write_batch(connection, batch_of(scene, events=events), wrong, 99, formats)
            assert await state(connection, scene) == after
        await connection.close()

    run(story())


def test_a_missing_counter_and_an_empty_shelf_refuse_the_whole_batch(run: Runner) -> None:
    async def story() -> None:
        scene = await make_scene(run.database, stock=0)
        lease = await hold_lease(run.database, scene.shop_id)
        connection = await run.database.raw_connection(**PLAN_SETTINGS)
        formats = await prepare(connection)
        with pytest.raises(asyncpg.NoDataFoundError):
            await write_batch(connection, batch_of(scene, variant_id=new_id()), lease, LINK, formats)
        with pytest.raises(asyncpg.CheckViolationError):
            await write_batch(connection, batch_of(scene), lease, LINK, formats)
        assert await state(connection, scene) == (0, 0, 0, 40)
        await connection.close()

    run(story())


def test_a_batch_that_waits_for_a_lost_one_is_not_written(run: Runner) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        lease = await hold_lease(run.database, scene.shop_id)
        first = await run.database.raw_connection(**PLAN_SETTINGS)
        second = await run.database.raw_connection(**PLAN_SETTINGS)
        formats = await prepare(first)
        await prepare(second)
        undone = first.transaction()
        await undone.start()
        await write_batch(first, batch_of(scene), lease, LINK, formats)
        following = msgspec.structs.replace(lease, chain=LINK)
        waiting = asyncio.create_task(write_batch(second, batch_of(scene), following, 42, formats))
        await asyncio.wait_for(until_it_waits(first, second.get_server_pid()), 20)
        await undone.rollback()
        with pytest.raises(asyncpg.SerializationError):
            await waiting
        assert await state(first, scene) == (50, 0, 0, 40)
        await first.close()
        await second.close()

    run(story())


@pytest.mark.parametrize("begun", [True, False])
def test_a_batch_does_not_overtake_a_slower_one(run: Runner, begun: bool) -> None:
    """The one before has begun and is not yet at the lease rows. Were it not waited for, this one would be in vain."""

    async def story() -> None:
        scene = await make_scene(run.database)
        lease = await hold_lease(run.database, scene.shop_id)
        slower = await run.database.raw_connection()
        second = await run.database.raw_connection(**PLAN_SETTINGS)
        formats = await prepare(second)
        before = slower.transaction()
        await before.start()
        if begun:
            await slower.execute("select pg_advisory_xact_lock($1)", LINK)
        following = msgspec.structs.replace(lease, chain=LINK)
        writing = asyncio.create_task(write_batch(second, batch_of(scene), following, 42, formats))
        if not begun:
            with pytest.raises(asyncpg.SerializationError):
                await writing
        else:
            await asyncio.wait_for(until_it_waits(slower, second.get_server_pid()), 20)
            await slower.execute("update sale_desk set chain = $1", LINK)
            await before.commit()
            await writing
            assert await state(slower, scene) == (49, 1, 2, 42)
        await slower.close()
        await second.close()

    run(story())
