"""What viewers can fetch of one broadcast: the newest segments, their parts and the playlists, in memory.

The serving map: a name is in it only once its bytes have been released, so a guessed name finds nothing. Old
segments leave the playlist after LISTED_TICKS and the map a while later (rfc8216bis, 6.2.2).
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND
from tallylight.media.left_behind import LeftWindow
from tallylight.media.playlist import ListedPart, ListedSegment, init_name, live_playlist, next_part_name
from tallylight.media.segment_files import SegmentFiles
from tallylight.media.segmenter import TARGET_DURATION_S, Part

LISTED_TICKS = 30 * VIDEO_TICKS_PER_SECOND
KEPT_TICKS = 40 * VIDEO_TICKS_PER_SECOND
WAITERS_MAX = 20_000
RELOAD_TIMEOUT_S = 3 * TARGET_DURATION_S


class SegmentKeeper(Protocol):
    """Gets segments as they grow, to keep them: a ``Recorder``."""

    def began(self, segment: ListedSegment, init: bytes) -> None: ...

    def part(self, ticks: int, data: bytes) -> None: ...

    def ended(self) -> None: ...


class SegmentKeepers:
    """A SegmentKeeper of several."""

    def __init__(self, first: SegmentKeeper) -> None:
        self._keepers = [first]

    def add(self, keeper: SegmentKeeper) -> None:
        self._keepers.append(keeper)

    def began(self, segment: ListedSegment, init: bytes) -> None:
        for keeper in self._keepers:
            keeper.began(segment, init)

    def part(self, ticks: int, data: bytes) -> None:
        for keeper in self._keepers:
            keeper.part(ticks, data)

    def ended(self) -> None:
        for keeper in self._keepers:
            keeper.ended()


class LiveWindow:
    """A SegmentSink that serves what it gets. ``programme_us`` turns ticks into programme time.

    ``left``: the window of a process that died, which this one goes on with after a discontinuity. ``files``: of the
    segments that ``keeper`` writes to disk.
    """

    def __init__(
        self,
        programme_us: Callable[[int], int],
        keeper: SegmentKeeper | None = None,
        *,
        left: LeftWindow | None = None,
        files: SegmentFiles | None = None,
        listed_ticks: int = LISTED_TICKS,
        kept_ticks: int = KEPT_TICKS,
    ) -> None:
        self.ended = False
        self.moved = False
        """Whether another process goes on with it: what is here stays as it is."""
        self.served_until_us = 0
        """Programme time up to which viewers can fetch."""
        self._programme_us = programme_us
        self._keeper = keeper
        self._files = files or SegmentFiles()
        self._listed_ticks = listed_ticks
        self._kept_ticks = kept_ticks
        self._segments: deque[ListedSegment] = deque()
        self._unlisted: deque[ListedSegment] = deque()
        self._bytes: dict[str, bytes | memoryview] = {}
        self._inits: dict[bytes, str] = {}
        self._next_sequence = 0
        self._discontinuity_sequence = 0
        self._breaks = 0
        self._take = 0
        self._must_break = False
        self._changed = asyncio.Event()
        self._waiters = 0
        if left is not None:
            self.go_on(left)

    def go_on(self, left: LeftWindow) -> None:
        """Take up another's window, before anything comes into this one."""
        self._segments.extend(left.segments)
        self._bytes.update(left.files)
        self._next_sequence, self._breaks, self._take = left.next_sequence, left.breaks, left.take
        first = left.segments[0] if left.segments else None
        self._discontinuity_sequence = first.breaks - first.discontinuity if first else left.breaks
        self._must_break = left.next_sequence > 0
        self.served_until_us = left.until_us

    # -- SegmentSink

    def segment_began(self, init: bytes, *, discontinuity: bool, at_ticks: int) -> None:
        name = self._inits.get(init)
        if name is None:
            name = init_name(len(self._inits), self._take)
            self._inits[init] = name
            self._bytes[name] = init
        breaks, self._must_break = discontinuity or self._must_break, False
        self._breaks += breaks
        at_us = self._programme_us(at_ticks)
        segment = ListedSegment(self._next_sequence, name, breaks, at_us, self._breaks, self._take)
        self._segments.append(segment)
        self._next_sequence += 1
        if self._keeper is not None:
            self._keeper.began(segment, init)

    def part(self, part: Part) -> None:
        segment = self._segments[-1]
        name = segment.part_name(len(segment.parts))
        segment.parts.append(ListedPart(name, part.ticks, part.independent))
        self._bytes[name] = part.data
        self.served_until_us = segment.at_us + segment.ticks * 1_000_000 // VIDEO_TICKS_PER_SECOND
        if self._keeper is not None:
            self._keeper.part(part.ticks, part.data)
        self._wake()

    def segment_ended(self) -> None:
        segment = self._segments[-1]
        segment.ended = True
        whole = b"".join(self._bytes[part.name] for part in segment.parts)
        self._bytes[segment.name] = whole
        self._files.expect(segment.name)
        view, at = memoryview(whole), 0
        for part in segment.parts:
            # From now on a part is a view of its segment: kept once, and each served in one piece.
            size = len(self._bytes[part.name])
            self._bytes[part.name] = view[at : at + size]
            at += size
        if self._keeper is not None:
            self._keeper.ended()
        self._forget_old()
        self._wake()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self._wake()

    def move(self) -> None:
        """Another process goes on from here: nothing more will come, and it is not the end."""
        self.moved = True
        self._wake()

    # -- serving

    @property
    def started(self) -> bool:
        """Whether there is anything to play."""
        return bool(self._segments)

    def get(self, name: str) -> bytes | memoryview | None:
        """A released file."""
        return self._bytes.get(name)

    def file_of(self, name: str, size: int) -> int | None:
        """The descriptor of a file on disk with the ``size`` bytes of the segment ``name``; None when there is none."""
        return self._files.get(name, size)

    def playlist(self, *, low_latency: bool) -> str:
        return live_playlist(
            list(self._segments),
            discontinuity_sequence=self._discontinuity_sequence,
            next_sequence=self._next_sequence,
            low_latency=low_latency,
            ended=self.ended,
            take=self._take,
        )

    @property
    def hinted(self) -> str | None:
        """The one name that a request may wait for."""
        return None if self.ended else next_part_name(list(self._segments), self._next_sequence, self._take)

    def is_far_ahead(self, sequence: int) -> bool:
        """Whether a playlist request asks for more than two segments ahead: an error (rfc8216bis, 6.2.5.2)."""
        newest = self._next_sequence - 1
        return sequence > newest + 2

    def has(self, sequence: int, part: int | None) -> bool:
        """Whether the playlist reaches this segment, or this part of it."""
        if self.ended or self._next_sequence - 1 > sequence:
            return True
        if not self._segments or self._segments[-1].sequence != sequence:
            return False
        segment = self._segments[-1]
        return segment.ended or (part is not None and len(segment.parts) > part)

    async def wait(self, ready: Callable[[], bool], timeout_s: float = RELOAD_TIMEOUT_S) -> bool:
        """Wait until ``ready`` holds, the broadcast ends or the time is up; True when it holds."""
        if ready():
            return True
        if self._waiters >= WAITERS_MAX:
            return False
        self._waiters += 1
        try:
            async with asyncio.timeout(timeout_s):
                while not (ready() or self.ended or self.moved):
                    await self._changed.wait()
        except TimeoutError:
            pass
        finally:
            self._waiters -= 1
        return ready()

    # -- keeping

    def _wake(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _forget_old(self) -> None:
        listed = sum(segment.ticks for segment in self._segments)
        while len(self._segments) > 1 and listed - self._segments[0].ticks >= self._listed_ticks:
            gone = self._segments.popleft()
            listed -= gone.ticks
            self._discontinuity_sequence += gone.discontinuity
            self._unlisted.append(gone)
        kept = sum(segment.ticks for segment in self._unlisted)
        while self._unlisted and kept > self._kept_ticks - self._listed_ticks:
            gone = self._unlisted.popleft()
            kept -= gone.ticks
            self._bytes.pop(gone.name, None)
            self._files.forget(gone.name)
            for part in gone.parts:
                self._bytes.pop(part.name, None)
