"""A delay that is changed on air slides to its new length: air runs a little slower or faster, and never jumps.

While the delay grows, a second of programme takes 25/24 of a second to air; while it shrinks, 25/26. Viewers miss
nothing and see nothing twice, and sound and picture stay in step: only the pace of release changes.
"""

from dataclasses import dataclass

SLEW_PART = 25
"""The delay changes by one part in this many of the wall time that passes: four seconds take a hundred."""


@dataclass(frozen=True, slots=True)
class DelaySlew:
    """From ``from_us`` at wall time ``since_us`` on towards ``to_us``. All in microseconds."""

    from_us: int
    to_us: int
    since_us: int = 0

    def at(self, now_us: int) -> int:
        """The delay at this moment."""
        if self.from_us == self.to_us:
            return self.to_us
        moved = min(max(now_us - self.since_us, 0) // SLEW_PART, abs(self.to_us - self.from_us))
        return self.from_us + (moved if self.to_us > self.from_us else -moved)

    def due(self, programme_us: int) -> int:
        """The first wall time at which ``programme_us`` is as old as the delay then is."""
        if self.from_us == self.to_us:
            return programme_us + self.to_us
        begun, ends_us = programme_us + self.from_us, self.since_us + SLEW_PART * abs(self.to_us - self.from_us)
        if begun <= self.since_us:
            return begun
        if self.to_us > self.from_us:
            due = -((self.since_us - SLEW_PART * begun) // (SLEW_PART - 1))
        else:
            due = -(-(SLEW_PART * begun + self.since_us) // (SLEW_PART + 1))
        if due >= ends_us:
            due = programme_us + self.to_us
        while due - self.at(due) < programme_us:  # whole microseconds: off by one at most
            due += 1
        while due - 1 - self.at(due - 1) >= programme_us:
            due -= 1
        return due

    def changed(self, to_us: int, now_us: int) -> "DelaySlew":
        """Towards another length from where it stands now."""
        return DelaySlew(self.at(now_us), to_us, now_us)
