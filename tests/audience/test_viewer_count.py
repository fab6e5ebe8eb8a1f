"""Who watches, counted: at once, for how long, how many different ones; over processes, and once for good."""

from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
import sqlalchemy.exc

from tallylight.audience.close_counts import SETTLED_US, close_counts
from tallylight.audience.keep_counts import keep_counts, on_air_of
from tallylight.audience.models import broadcast_audience, viewer_count
from tallylight.audience.viewer_count import MINUTE_US, MINUTES_MAX, ViewerCount, estimate
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tests.conftest import Runner
from tests.support.small_shop import small_shop

SECOND_US = 1_000_000
SHOW, AIRED = uuid4(), uuid4()


def test_time_and_peaks_are_counted_by_minute_on_air() -> None:
    counted = ViewerCount()
    on_air = {SHOW: (AIRED, 100 * SECOND_US)}
    waiting = counted.enter(SHOW, "ana-0001", 90 * SECOND_US)
    counted.gather({}, 95 * SECOND_US)
    counted.enter(SHOW, "bea-0001", 100 * SECOND_US)
    counted.gather(on_air, 105 * SECOND_US)
    kept = counted.counts[AIRED]
    assert kept.peaks == [2]
    assert kept.watched_us == [(10 + 5) * SECOND_US * 5 // 10]  # half of the last ten seconds were before it began
    counted.leave(SHOW, waiting, 110 * SECOND_US)
    counted.gather(on_air, 170 * SECOND_US)
    assert (kept.peaks, kept.watched_us[1]) == ([2, 2], (5 + 65) * SECOND_US)
    counted.gather(on_air, 290 * SECOND_US)
    assert (kept.peaks, kept.watched_us) == ([2, 2, 0, 1], [*kept.watched_us[:2], 0, 120 * SECOND_US])
    assert estimate([bytes(kept.viewers.serialize_compact())]) == 2


def test_one_who_comes_again_is_one_viewer_and_one_without_an_id_is_new() -> None:
    counted = ViewerCount()
    on_air = {SHOW: (AIRED, 0)}
    for at_us in range(1, 6):
        counted.leave(SHOW, counted.enter(SHOW, "ana-0001", at_us), at_us)
    counted.leave(SHOW, counted.enter(SHOW, None, 7), 7)
    counted.leave(SHOW, counted.enter(SHOW, None, 8), 8)
    counted.gather(on_air, 10)
    assert counted.shows() == {SHOW}  # nobody is there, and what was counted stands
    counted.leave(SHOW, counted.enter(SHOW, "ana-0001", 20), 20)
    counted.gather(on_air, 30)
    assert estimate([bytes(counted.counts[AIRED].viewers.serialize_compact())]) == 3
    counted.gather({}, 40)
    assert (counted.counts, counted.shows()) == ({}, set())


def test_a_crowd_is_counted_within_five_percent_in_a_few_kilobytes() -> None:
    counted = ViewerCount()
    for one in range(30_000):
        counted.leave(SHOW, counted.enter(SHOW, f"viewer-{one}", one), one)
    counted.gather({SHOW: (AIRED, 0)}, 30_000)
    sketch = bytes(counted.counts[AIRED].viewers.serialize_compact())
    assert 28_500 < estimate([sketch]) < 31_500  # the hash is fixed, so this either always holds or never
    assert len(sketch) < 4_096


def test_a_broadcast_without_end_takes_no_memory_without_end() -> None:
    counted = ViewerCount()
    counted.enter(SHOW, "ana-0001", 0)
    counted.gather({SHOW: (AIRED, 0)}, 10 * MINUTES_MAX * MINUTE_US)
    assert len(counted.counts[AIRED].peaks) == MINUTES_MAX


def test_processes_add_up_once_and_for_good(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        show_id: UUID = small.show.id
        async with run.database.transaction() as connection:
            aired = await start_broadcast(connection, small.show.id, delay_ms=8000, started_us=1_000 * SECOND_US)
            found = await on_air_of(connection, {show_id, uuid4()})
        assert found == {show_id: (aired.id, 1_000 * SECOND_US)}
        first, second = ViewerCount(), ViewerCount()
        first.enter(show_id, "ana-0001", 1_000 * SECOND_US)
        first.enter(show_id, "bea-0001", 1_000 * SECOND_US)
        processes = uuid4(), uuid4()
        for now_us in (1_030 * SECOND_US, 1_090 * SECOND_US):
            if now_us == 1_090 * SECOND_US:
                second.enter(show_id, "bea-0001", 1_070 * SECOND_US)
            async with run.database.transaction() as connection:
                for process, one in zip(processes, (first, second), strict=True):
                    one.gather(found, now_us)
                    await keep_counts(connection, process, one.counts)
        ended_us = 1_100 * SECOND_US
        async with run.database.transaction() as connection:
            assert await close_counts(connection, now_us=ended_us) == 0
            await end_broadcast(connection, aired.id, ended_us)
            assert await close_counts(connection, now_us=ended_us + SETTLED_US) == 0
            assert await close_counts(connection, now_us=ended_us + SETTLED_US + 1) == 1
            row = (await connection.execute(sa.select(broadcast_audience))).one()
        assert (row.viewers, row.peak, row.by_minute) == (2, 3, [2, 3])
        assert row.watched_us == (2 * 90 + 20) * SECOND_US
        async with run.database.transaction() as connection:  # a process that was held up writes once more
            await keep_counts(connection, processes[0], first.counts)
            assert await close_counts(connection, now_us=ended_us + 2 * SETTLED_US) == 0
            assert (await connection.execute(sa.select(viewer_count))).all() == []
            assert (await connection.execute(sa.select(broadcast_audience))).one() == row
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="append-only"):
            async with run.database.transaction() as connection:
                await connection.execute(broadcast_audience.update().values(peak=9))

    run(story())
