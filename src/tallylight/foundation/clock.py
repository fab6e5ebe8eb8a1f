"""The two clocks' common ground: wall time passed in, programme time as integer microseconds.

Programme time is the time at the camera: the ingest wall clock of a sample, in microseconds since the Unix
epoch. Air time is when that moment reaches viewers: programme time + delay. One audio sample at 48 kHz is
20.8 microseconds, so a sample's index survives the conversion both ways.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import NewType, Protocol

ProgrammeTime = NewType("ProgrammeTime", int)
"""Microseconds since the Unix epoch, at the camera."""

MICROSECONDS = 1_000_000


class Clock(Protocol):
    """Where the time comes from. Rules take times as values; edges take a Clock."""

    def now_us(self) -> int:
        """Wall time, microseconds since the Unix epoch."""
        ...

    def monotonic_us(self) -> int:
        """A clock that never steps, microseconds from an arbitrary start."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic_us(self) -> int:
        return time.monotonic_ns() // 1000


class SteadyClock:
    """Another clock's wall time at the start, carried on by its monotonic one: it never steps, whatever NTP does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_us = clock.now_us() - clock.monotonic_us()

    def now_us(self) -> int:
        return self._clock.monotonic_us() + self._offset_us

    def monotonic_us(self) -> int:
        return self._clock.monotonic_us()


class ManualClock:
    """A clock that moves only when told to: virtual time for tests and offline runs."""

    def __init__(self, now_us: int = 1_750_000_000 * MICROSECONDS) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us

    def monotonic_us(self) -> int:
        return self._now_us

    def advance(self, microseconds: int) -> None:
        """Move forward by ``microseconds`` (>= 0)."""
        if microseconds < 0:
            raise ValueError("time does not run backwards")
        self._now_us += microseconds


def samples_to_us(samples: int, sample_rate: int) -> int:
    """Microseconds that ``samples`` last at ``sample_rate`` Hz, rounded half up."""
    return (samples * MICROSECONDS * 2 + sample_rate) // (2 * sample_rate)


def us_to_samples(microseconds: int, sample_rate: int) -> int:
    """Samples at ``sample_rate`` Hz in ``microseconds``, rounded half up; inverts ``samples_to_us`` exactly."""
    return (microseconds * sample_rate * 2 + MICROSECONDS) // (2 * MICROSECONDS)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(us: int) -> datetime:
    """Microseconds since the Unix epoch as an aware UTC datetime, exactly."""
    return _EPOCH + timedelta(microseconds=us)


def from_datetime(moment: datetime) -> int:
    """An aware datetime as microseconds since the Unix epoch, exactly; inverts ``to_datetime``."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
