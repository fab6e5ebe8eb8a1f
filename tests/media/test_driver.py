"""A line wakes when something is due, and not for every picture and packet."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from tallylight.foundation.clock import ManualClock
from tallylight.media.air_line import HELD_SOUND_US, STEP_US, STEP_US_MAX, Driver
from tests.media.lines import VirtualAir
from tests.media.sources import make_source

DELAY_US = 2_000_000


class Timers:
    """One timer on a manual clock."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.due_us: int | None = None
        self._work: Callable[[], None] = lambda: None

    def call_later(self, seconds: float, work: Callable[[], None]) -> "Timers":
        self.due_us, self._work = self._clock.now_us() + round(seconds * 1_000_000), work
        return self

    def cancel(self) -> None:
        self.due_us = None

    def until(self, now_us: int) -> None:
        while self.due_us is not None and self.due_us <= now_us:
            self._clock.advance(self.due_us - self._clock.now_us())
            self.due_us = None
            self._work()
        self._clock.advance(now_us - self._clock.now_us())


def test_a_line_steps_seldom_and_everything_leaves_at_its_delay_or_a_step_later(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=DELAY_US)
    timers = Timers(air.clock)
    steps: list[tuple[int, int]] = []
    step = air.line.step

    def noted(now_us: int) -> None:
        step(now_us)
        steps.append((now_us, air.gate.released_us))

    air.line.step = noted  # type: ignore[method-assign]
    Driver(air.line, air.clock, timers.call_later)
    source = make_source(4)
    air.configure(source)
    began_us = air.clock.now_us()
    for message in source.messages:
        timers.until(began_us + message.timestamp_ms * 1000)
        air.give(message)
        air.gate.advance_watermark(air.line.ingest.newest_us)
    air.leave()
    air.gate.advance_watermark(air.line.ingest.newest_us)
    timers.until(air.line.ingest.newest_us + DELAY_US + STEP_US_MAX)
    assert air.gate.empty, "the end of the epoch wakes the line too"
    assert len(steps) <= 4_000_000 // STEP_US + 2
    frame_us = 75_000  # sound and pictures of one moment come a few hundredths apart
    assert steps[0][0] <= began_us + DELAY_US + frame_us
    for now_us, released_us in steps:
        assert released_us <= now_us - DELAY_US
        assert released_us >= min(now_us - DELAY_US - frame_us, air.line.ingest.newest_us), (
            "a step releases all that is due"
        )
    assert all(later - earlier >= STEP_US for (earlier, _), (later, _) in pairwise(steps))


def test_a_line_wakes_once_a_part_and_a_part_is_out_when_it_is_whole(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=DELAY_US)
    timers = Timers(air.clock)
    served: list[tuple[int, int]] = []
    step = air.line.step

    def noted(now_us: int) -> None:
        step(now_us)
        served.append((now_us, air.line.window.served_until_us))

    air.line.step = noted  # type: ignore[method-assign]
    Driver(air.line, air.clock, timers.call_later)
    source = make_source(6)
    air.configure(source)
    began_us = air.clock.now_us()
    for message in source.messages:
        timers.until(began_us + message.timestamp_ms * 1000)
        air.give(message)
        air.gate.advance_watermark(air.line.ingest.newest_us)
    timers.until(began_us + 6_000_000)
    aired_s = (6_000_000 - DELAY_US) // 1_000_000
    assert len(served) <= aired_s * 6 + 6, "six parts a second, and a beginning"
    grown = [(now_us, until_us) for (_, before), (now_us, until_us) in pairwise(served) if until_us > before]
    assert len(grown) >= aired_s * 6 - 2
    for now_us, until_us in grown[1:]:
        assert 0 <= now_us - DELAY_US - until_us <= HELD_SOUND_US + 5_000
