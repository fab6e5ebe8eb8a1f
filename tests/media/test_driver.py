"""A line wakes when something is due, and not for every picture and packet."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from tallylight.foundation.clock import ManualClock
from tallylight.media.air_line import STEP_US, Driver
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
    timers.until(air.line.ingest.newest_us + DELAY_US + STEP_US)
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
