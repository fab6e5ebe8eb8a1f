"""Who watches, counted in one web process: how many at once, for how long, and how many different ones.

Different viewers are counted by HyperLogLog sketches (Flajolet et al. 2007, here Apache DataSketches'), which add up
over processes, keep a few kilobytes whatever the crowd, and from which nobody can be read back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from datasketches import hll_sketch, hll_union, tgt_hll_type

from tallylight.foundation.clock import MICROSECONDS

LOG2_REGISTERS = 12
"""4,096 registers: a standard error of 1.6 %; dozens are counted exactly."""
MINUTE_US = 60 * MICROSECONDS
MINUTES_MAX = 24 * 60
"""A broadcast longer than a day counts on in its last minute."""


def new_sketch() -> hll_sketch:
    """A sketch that nobody is in."""
    return hll_sketch(LOG2_REGISTERS, tgt_hll_type.HLL_4)


def estimate(sketches: list[bytes]) -> int:
    """How many different viewers are in any of the sketches."""
    union = hll_union(LOG2_REGISTERS)
    for each in sketches:
        union.update(hll_sketch.deserialize(each))
    return round(float(union.get_estimate()))


@dataclass(slots=True)
class Count:
    """Of one broadcast in this process, by minute on air. ``written``: nothing has come since it was kept."""

    show_id: UUID
    peaks: list[int] = field(default_factory=list)
    watched_us: list[int] = field(default_factory=list)
    viewers: hll_sketch = field(default_factory=new_sketch)
    written: bool = False

    def add(self, minute: int, *, peak: int, watched_us: int) -> None:
        """At most MINUTES_MAX minutes."""
        minute = max(0, min(minute, MINUTES_MAX - 1))
        while len(self.peaks) <= minute:
            self.peaks.append(0)
            self.watched_us.append(0)
        self.peaks[minute] = max(self.peaks[minute], peak)
        self.watched_us[minute] += watched_us
        self.written = False


class _Room:
    """The viewers of one show, and what came together since the last ``gather``."""

    def __init__(self, now_us: int) -> None:
        self.present: dict[int, str] = {}
        self.gathered_us = self.known_us = now_us
        self.watched_us = 0
        self.peak = 0
        self.came = new_sketch()

    def pass_time(self, now_us: int) -> None:
        self.watched_us += len(self.present) * max(0, now_us - self.known_us)
        self.known_us = max(self.known_us, now_us)

    def begin_again(self) -> None:
        self.gathered_us, self.watched_us, self.peak = self.known_us, 0, len(self.present)
        self.came = new_sketch()


class ViewerCount:
    """Tell it who comes and goes; ``gather`` now and then with the broadcasts on air. Times are wall time."""

    def __init__(self) -> None:
        self._rooms: dict[UUID, _Room] = {}
        self._tickets = count(1)
        self.counts: dict[UUID, Count] = {}
        """By broadcast on air."""

    def enter(self, show_id: UUID, viewer: str | None, now_us: int) -> int:
        """A viewer opens a stream; the ticket to leave with. ``viewer``: the browser's own random id; None counts as
        somebody new.
        """
        ticket = next(self._tickets)
        room = self._rooms.setdefault(show_id, _Room(now_us))
        room.pass_time(now_us)
        room.present[ticket] = viewer or f"ticket {ticket}"
        room.peak = max(room.peak, len(room.present))
        room.came.update(room.present[ticket])
        return ticket

    def leave(self, show_id: UUID, ticket: int, now_us: int) -> None:
        """The stream is closed."""
        room = self._rooms.get(show_id)
        if room is not None:
            room.pass_time(now_us)
            room.present.pop(ticket, None)

    def shows(self) -> set[UUID]:
        """The shows that ``gather`` has to know about: somebody watches them, or did while they were on air."""
        return set(self._rooms) | {each.show_id for each in self.counts.values()}

    def gather(self, on_air: Mapping[UUID, tuple[UUID, int]], now_us: int) -> None:
        """Count what came together for each show in ``on_air`` (its broadcast, and when that began); forget the rest.

        What is of the moments before the broadcast began is left out; the viewers who were waiting are not.
        """
        for show_id, room in list(self._rooms.items()):
            room.pass_time(now_us)
            if show_id in on_air:
                self._count(show_id, room, *on_air[show_id], now_us)
            if room.present:
                room.begin_again()
            else:
                del self._rooms[show_id]
        still = {broadcast_id for broadcast_id, _ in on_air.values()}
        for broadcast_id in set(self.counts) - still:
            del self.counts[broadcast_id]

    def _count(self, show_id: UUID, room: _Room, broadcast_id: UUID, started_us: int, now_us: int) -> None:
        span_us = now_us - room.gathered_us
        of_it_us = now_us - max(room.gathered_us, started_us)
        watched_us = room.watched_us if of_it_us >= span_us else room.watched_us * max(0, of_it_us) // span_us
        waiting = room.present.values() if broadcast_id not in self.counts else ()
        kept = self.counts.setdefault(broadcast_id, Count(show_id))
        kept.add((now_us - started_us) // MINUTE_US, peak=room.peak, watched_us=watched_us)
        union = hll_union(LOG2_REGISTERS)
        union.update(kept.viewers)
        union.update(room.came)
        for viewer in waiting:
            union.update(viewer)
        kept.viewers = union.get_result(tgt_hll_type.HLL_4)
