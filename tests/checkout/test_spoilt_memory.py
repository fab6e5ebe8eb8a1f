"""What was decided ahead and could not be written leaves nothing behind in the desk's memory."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
import pytest

from tallylight import deals
from tallylight.checkout import PriceChangedError, SaleDesk, SoldOutError
from tallylight.checkout.desk.shop_desk import ShopDesk
from tallylight.foundation.clock import ManualClock
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.sale import make_scene, open_flash_deal, order_request
from tests.support.shop import NOW_US

MINUTE = 60_000_000
TURNS_MAX = 8
"""Whether the two meet is up to the machine: nearly always the first time."""


async def _rush_after_unheard_facts(
    run: Runner, monkeypatch: pytest.MonkeyPatch, slug: str = "fern"
) -> tuple[int, int]:
    """(orders sold, deadlocks) of two batches decided ahead on old facts; the first sells more when decided anew."""
    deadlocks = 0
    attempt = ShopDesk._attempt

    async def watched(desk: ShopDesk, *arguments: Any) -> Any:
        nonlocal deadlocks
        try:
            return await attempt(desk, *arguments)
        except asyncpg.DeadlockDetectedError:
            deadlocks += 1
            raise

    monkeypatch.setattr(ShopDesk, "_on_facts", lambda *_: None)
    monkeypatch.setattr(ShopDesk, "_attempt", watched)
    clock = ManualClock(NOW_US + 1_000_000)
    scene = await make_scene(run.database, stock=500, slug=slug)
    desk = SaleDesk(run.database, clock)
    try:
        await desk.place(order_request(scene, 2994, email="first@example.com"))
        await open_flash_deal(run.database, scene, duration_s=3600)
        expected = [2994, *[2194] * 39, *[2994] * 40]
        asked = [order_request(scene, total, email=f"{buyer}@example.com") for buyer, total in enumerate(expected)]
        answers = await asyncio.gather(*map(desk.place, asked), return_exceptions=True)
        assert await disagreements(run.database) == []
        return _sold(answers), deadlocks
    finally:
        await desk.stop()


def _sold(answers: Sequence[object]) -> int:
    unexpected = [
        each for each in answers if isinstance(each, BaseException) and not isinstance(each, PriceChangedError)
    ]
    assert unexpected == []
    return sum(not isinstance(each, BaseException) for each in answers)


def test_a_batch_decided_anew_does_not_meet_the_one_on_top_of_it(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(_rush_after_unheard_facts(run, monkeypatch)) == (39, 0)


def test_unless_it_waited_the_two_would_lock_one_another_out(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    class NeverTrying(set[asyncio.Event]):
        def add(self, element: asyncio.Event) -> None:
            """Nobody waits for it."""

    make = ShopDesk.__init__

    def unguarded(desk: ShopDesk, *arguments: Any, **named: Any) -> None:
        make(desk, *arguments, **named)
        desk._trying = NeverTrying()

    monkeypatch.setattr(ShopDesk, "__init__", unguarded)
    deadlocks = 0
    for turn in range(TURNS_MAX):
        with monkeypatch.context() as once:
            deadlocks += run(_rush_after_unheard_facts(run, once, f"fern-{turn}"))[1]
        if deadlocks:
            break
    assert deadlocks > 0


def test_a_refusal_after_facts_moved_unheard_takes_no_piece_twice(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    # The notice that facts have moved may come later than the next order.
    monkeypatch.setattr(ShopDesk, "_on_facts", lambda *_: None)

    async def go() -> None:
        clock = ManualClock(NOW_US + 1_000_000)
        scene = await make_scene(run.database, stock=3)
        deal_id = await open_flash_deal(run.database, scene, duration_s=3600)
        desk = SaleDesk(run.database, clock)
        try:
            assert (await desk.place(order_request(scene, 2194))).state == "paid"
            async with run.database.transaction() as connection:
                await deals.end_deal(connection, deal_id, clock.now_us(), reason="the test wants it")
            clock.advance(10 * MINUTE)
            # Decided ahead on facts that are old, not written, decided anew: refused.
            with pytest.raises(PriceChangedError):
                await desk.place(order_request(scene, 2194, at_us=clock.now_us(), email="2@example.com"))
            # Each of the two pieces that are left finds its buyer, and nobody gets a third.
            for buyer in ("3", "4"):
                request = order_request(scene, 2994, at_us=clock.now_us(), email=f"{buyer}@example.com")
                assert (await desk.place(request)).state == "paid"
            with pytest.raises(SoldOutError):
                await desk.place(order_request(scene, 2994, at_us=clock.now_us(), email="5@example.com"))
            assert await disagreements(run.database) == []
        finally:
            await desk.stop()

    run(go())
