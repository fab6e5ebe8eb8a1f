"""A publisher whose timestamps leap: forwards, backwards, around 2**32. Nothing gets out early or unreviewed."""

from itertools import pairwise
from pathlib import Path

import pytest

from tallylight.media.errors import StreamRefusedError
from tests.media.lines import VirtualAir
from tests.media.sources import FlvMessage, make_source

SECOND = 1_000_000


def renumbered(messages: tuple[FlvMessage, ...], from_ms: int, by_ms: int) -> list[tuple[int, FlvMessage]]:
    """(when to give it, message): from ``from_ms`` on, stamps are off by ``by_ms``."""
    return [
        (m.timestamp_ms, FlvMessage(m.kind, (m.timestamp_ms + (by_ms if m.timestamp_ms >= from_ms else 0)) % 2**32,
                                    m.payload))
        for m in messages
    ]  # fmt: skip


def publish_leaping(air: VirtualAir, from_ms: int, by_ms: int) -> None:
    source = make_source(6)
    air.configure(source)
    began_us = air.clock.now_us()
    for at_ms, message in renumbered(source.messages, from_ms, by_ms):
        air.until(began_us + at_ms * 1000)
        air.give(message)
    air.leave()


@pytest.mark.parametrize("by_ms", [3_600_000, -1_500, 2_500, 2**31 - 10_000, -5_000])
def test_a_leap_costs_one_discontinuity_and_keeps_the_clock(tmp_path: Path, by_ms: int) -> None:
    air = VirtualAir(tmp_path)
    publish_leaping(air, 3_000, by_ms)
    air.drain()
    aired = air.aired()
    assert air.playlist().count("#EXT-X-DISCONTINUITY\n") == 1
    times = [picture.at_us for picture in aired.pictures]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert air.line.gate.released_us <= air.clock.now_us()
    assert {picture.number for picture in aired.pictures} >= set(range(90)) | set(range(120, 180))
    last = aired.pictures[-1]
    assert last.number == 179
    assert abs(last.at_us - aired.origin_us - 5_967_000) < 40_000, "after the leap it is the wall clock again"


def test_a_leap_into_the_future_does_not_air_before_its_time(tmp_path: Path) -> None:
    """Stamps that run ahead in steps below the leap's limit make programme time run ahead, so air waits."""
    air = VirtualAir(tmp_path, delay_us=2 * SECOND, lag_us=0)
    source = make_source(6)
    air.configure(source)
    for message in source.messages:
        air.give(message)  # The whole of it at once, as a publisher gone mad would send it.
    assert air.line.ahead_us > 5 * SECOND
    air.wait(1_900_000)
    assert not air.line.window.started
    air.wait(1_100_000)
    newest = max(picture.number or 0 for picture in air.aired().pictures)
    assert newest <= 31, "one second after the delay, one second has aired"


def test_stamps_that_fall_back_hold_nothing_open(tmp_path: Path) -> None:
    """Stamps at half speed: pictures come ever later than their programme time; the unjudged is covered."""
    air = VirtualAir(tmp_path, delay_us=1 * SECOND, lag_us=700_000)
    air.judging = False
    source = make_source(6)
    air.configure(source)
    began_us = air.clock.now_us()
    for message in source.messages:
        air.until(began_us + message.timestamp_ms * 2_000)
        air.give(message)
    air.leave()
    air.drain()
    aired = air.aired()
    assert {picture.number for picture in aired.pictures} == {None}
    assert aired.seconds_heard(range(12)) == set()


def test_a_slow_clock_is_started_afresh_rather_than_ever_later(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=4 * SECOND)
    source = make_source(12, group=30)
    air.configure(source)
    began_us = air.clock.now_us()
    for message in source.messages:
        air.until(began_us + message.timestamp_ms * 1_400)
        air.give(message)
    assert len(air.watcher.opened) >= 2
    assert air.clock.now_us() - air.line.ingest.newest_us < 4 * SECOND


def test_leaping_without_end_is_refused(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path)
    source = make_source(2)
    with pytest.raises(StreamRefusedError, match="timestamps"):
        for index in range(20):
            air.configure(source)
            air.push(source.shifted(index * 600_000), start_ms=index * 600_000)


def test_the_stamps_may_wrap(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path)
    source = make_source(4)
    air.configure(source)
    air.push(source.shifted(2**32 - 2_000), start_ms=2**32 - 2_000)
    air.leave()
    air.drain()
    assert air.playlist().count("#EXT-X-DISCONTINUITY\n") == 0
    assert [picture.number for picture in air.aired().pictures] == list(range(120))
