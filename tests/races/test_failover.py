"""Several processes sell for one shop: one holds the desk, the others hand it orders and take over when it goes."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest

from tallylight.checkout import KeyReusedError, Order, PlaceOrder, SaleDesk, SoldOutError
from tallylight.checkout.desk.link import DeskLink
from tallylight.foundation.clock import ManualClock, SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import TallyError, UnavailableError
from tests.conftest import Runner
from tests.races.test_hot_sale import rush, until_available
from tests.races.test_kill import sell_until
from tests.support.books import disagreements
from tests.support.sale import Scene, make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US, fetch_value
from tests.support.waiting import until

FAILOVER_S = 15.0
"""Three on a machine that does nothing else (``bench.kill9`` measures it); tests share theirs."""


async def orders_made(run: Runner) -> int:
    count = await fetch_value(run.database, "select count(*) from customer_order")
    assert isinstance(count, int)
    return count


async def until_made(run: Runner, goal: int) -> None:
    async def there() -> bool:
        return await orders_made(run) >= goal

    await until(there, what=f"{goal} orders")


def test_followers_sell_through_the_holder(run: Runner) -> None:
    async def story() -> None:
        scene = await make_scene(run.database, stock=60)
        await open_flash_deal(run.database, scene)
        clock = ManualClock(NOW_US)
        desks = [SaleDesk(run.database.url, clock) for _ in range(3)]
        first = order_request(scene, 2194)
        order = await desks[0].place(first)
        # The same key gets the same order at every desk, and with another body it is refused as at one desk.
        assert [await desk.place(first) for desk in desks] == [order] * 3
        other = msgspec.structs.replace(first, at_us=NOW_US - 1)
        for desk in desks:
            with pytest.raises(KeyReusedError):
                await desk.place(other)
        told = [await rush(desk, scene) for desk in desks[1:]]
        assert told[0]["paid"] == 59
        assert told[1] == {"sold_out": 200}
        with pytest.raises(SoldOutError) as refusal:
            await desks[2].place(order_request(scene, 2194))
        assert refusal.value.fields["available"] == 0
        assert [desk.batches > 0 for desk in desks] == [True, False, False]
        for desk in desks:
            await desk.stop()
        assert await disagreements(run.database) == []

    run(story())


def test_the_next_takes_over_when_the_holder_leaves_in_a_rush(run: Runner) -> None:
    async def story() -> None:
        scene = await make_scene(run.database, stock=1_000_000)
        await open_flash_deal(run.database, scene)
        clock = SystemClock()
        holder, follower = (SaleDesk(run.database.url, clock) for _ in range(2))
        await holder.place(order_request(scene, 2994))
        left = asyncio.Event()

        async def buy(number: int) -> list[str]:
            """One order after another, the last one when the holder has left."""
            ids = []
            last = False
            while not last:
                last = left.is_set()
                request = order_request(scene, 2994, email=f"b{number}@example.com")
                order = await until_available(follower, request)
                assert order.buyer.email == request.buyer.email
                ids.append(str(order.id))
            return ids

        buying = [asyncio.create_task(buy(number)) for number in range(200)]
        await until_made(run, 2)
        await holder.stop()
        left.set()
        ids = [each for bought in await asyncio.gather(*buying) for each in bought]
        assert len(set(ids)) == len(ids) >= 200
        assert follower.batches > 0
        await follower.stop()
        assert await fetch_value(run.database, "select count(*) from customer_order") == len(ids) + 1
        assert await disagreements(run.database) == []

    run(story())


def test_a_pending_payment_settles_through_a_follower(run: Runner) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        await open_flash_deal(run.database, scene)
        clock = ManualClock(NOW_US)
        holder, follower = SaleDesk(run.database.url, clock), SaleDesk(run.database.url, clock)
        await holder.place(order_request(scene, 2194))
        pending = await follower.place(order_request(scene, 2194, token="tok_unknown"))
        assert pending.state == "payment_pending"
        clock.advance(3_600_000_000)
        assert await follower.settle_pending(clock.now_us()) == 1
        assert follower.batches == 0
        assert await fetch_value(run.database, "select held from stock_level order by held desc limit 1") == 0
        await follower.stop()
        await holder.stop()
        assert await disagreements(run.database) == []

    run(story())


def test_nobody_comes_in_without_the_key(run: Runner) -> None:
    async def story() -> None:
        scene = await make_scene(run.database)
        desk = SaleDesk(run.database.url, ManualClock(NOW_US))
        await desk.place(order_request(scene, 2994))
        door = str(await fetch_value(run.database, "select door from sale_desk"))
        ended = asyncio.Event()
        link = await DeskLink.open(door, bytes(32), scene.shop_id, ended.set)
        await asyncio.wait_for(ended.wait(), 10)
        assert not link.alive
        assert not link.silent
        await link.close()
        await desk.stop()

    run(story())


@pytest.fixture
def holder(run: Runner, tmp_path: Path) -> Iterator[tuple[Scene, int, "subprocess.Popen[bytes]"]]:
    """Another process that holds the desk and sells."""

    async def prepare() -> tuple[Scene, int]:
        scene = await make_scene(run.database, stock=1_000_000)
        at_us = time.time_ns() // 1000
        await open_flash_deal(run.database, scene, at_us=at_us, duration_s=86_400)
        await fetch_value(run.database, "update funder set budget_minor = 1000000000000 returning 1")
        return scene, at_us

    scene, at_us = run(prepare())
    scene_file = tmp_path / "scene.json"
    scene_file.write_bytes(msgspec.json.encode((scene, at_us)))
    process = sell_until(20, run.database.url, scene_file, tmp_path / "acknowledged")
    yield scene, at_us, process
    process.kill()
    process.wait()


async def failover_s(desk: SaleDesk, request: Callable[[], PlaceOrder], end: Callable[[], Awaitable[None]]) -> float:
    """Seconds from the holder's end to the next order at ``desk``."""
    assert (await desk.place(request())).state == "paid"
    assert desk.batches == 0
    await end()
    began = time.monotonic()
    asked = request()
    while True:
        try:
            order: Order = await desk.place(asked)
        except UnavailableError:
            continue
        assert order.state == "paid"
        return time.monotonic() - began


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSTOP])
def test_a_holder_that_is_killed_or_stands_still_is_replaced(
    run: Runner, holder: tuple[Scene, int, "subprocess.Popen[bytes]"], ending: signal.Signals
) -> None:
    scene, at_us, process = holder

    def request() -> PlaceOrder:
        return order_request(scene, 2194, at_us=at_us, email=f"{uuid4().hex}@example.com")

    async def end() -> None:
        process.send_signal(ending)

    async def story() -> None:
        desk = SaleDesk(run.database.url, SystemClock())
        assert await failover_s(desk, request, end) < FAILOVER_S
        epoch = await fetch_value(run.database, "select epoch from sale_desk")
        if ending == signal.SIGSTOP:
            # It wakes up believing that it holds: it cannot commit, and hands its orders to the new holder.
            before = await orders_made(run)
            os.kill(process.pid, signal.SIGCONT)
            await until_made(run, before + 50)
            assert await fetch_value(run.database, "select epoch from sale_desk") == epoch
        process.kill()
        process.wait()
        assert (await until_available(desk, request())).state == "paid"
        await desk.stop()
        database = Database(run.database.url)
        assert await disagreements(database) == []
        await database.close()

    run(story())


@pytest.mark.parametrize(
    ("epoch_guards", "check_guards", "told", "on_hand"),
    [(True, True, "unavailable", 0), (False, True, "sold_out", 0), (False, False, "paid", -1)],
)
def test_only_the_epoch_and_the_check_keep_a_late_holder_from_selling_what_is_gone(
    run: Runner, epoch_guards: bool, check_guards: bool, told: str, on_hand: int
) -> None:
    async def story() -> tuple[str, object]:
        scene = await make_scene(run.database, stock=2)
        desk = SaleDesk(run.database.url, ManualClock(NOW_US))
        await desk.place(order_request(scene, 2994))
        if not check_guards:
            connection = await run.database.raw_connection()
            await connection.execute("alter table stock_level drop constraint ck_stock_level_on_hand_not_negative")
            await connection.execute("alter table stock_level drop constraint ck_stock_level_held_fits")
            await connection.close()
        # Another process takes the desk over and sells the last piece, while this one believes that it holds.
        await fetch_value(run.database, "update sale_desk set epoch = epoch + 1 returning 1")
        last = "update stock_level set on_hand = on_hand - 1 where variant_id = :id returning 1"
        await fetch_value(run.database, last, id=scene.serum.variants[0].id)
        if not epoch_guards:
            desk._desks[scene.shop_id]._epoch += 1
        try:
            answer: str = (await desk.place(order_request(scene, 2994))).state
        except TallyError as refusal:
            answer = refusal.code
        await desk.stop()
        left = "select on_hand from stock_level where variant_id = :id"
        return answer, await fetch_value(run.database, left, id=scene.serum.variants[0].id)

    assert run(story()) == (told, on_hand)
