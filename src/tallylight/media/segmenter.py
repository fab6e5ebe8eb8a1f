"""Cuts released pictures and sound into parts and segments.

A part closes when its sound has come as far as its pictures, so each part holds both for the same time (to within a
frame of sound). Segments are cut on keyframes, or inside a group of pictures when that runs over SEGMENT_TICKS_MAX:
the declared target duration never changes.
"""

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import msgspec

from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND, VideoSample, fragment
from tallylight.media.sound import AacPacket
from tallylight.media.units import SAMPLE_RATE_HZ

TARGET_DURATION_S = 2
SEGMENT_TICKS_MAX = VIDEO_TICKS_PER_SECOND * 245 // 100
"""Rounds to TARGET_DURATION_S (RFC 8216, 4.3.3.1), with room for a millisecond's jitter."""
PART_TICKS_MAX = VIDEO_TICKS_PER_SECOND * 168 // 1000
"""Four pictures at 24 or 25 a second, five at 30, eight at 50, ten at 60: all at least 85 % of it, as the rules for
parts ask (rfc8216bis, 4.4.4.9), at stamps of whole milliseconds. A player stays three of these behind the edge."""
SOUND_WAIT_TICKS = VIDEO_TICKS_PER_SECOND
"""Pictures wait this long for their sound, then go without."""
PENDING_SOUND_MAX = 2_000


class Part(msgspec.Struct, frozen=True, gc=False):
    """A fragment; ``independent``: it starts with a keyframe."""

    data: bytes
    ticks: int
    independent: bool


class SegmentSink(Protocol):
    """Gets segments as they grow."""

    def segment_began(self, init: bytes, *, discontinuity: bool, at_ticks: int) -> None:
        """``at_ticks``: when its first picture is shown."""
        ...

    def part(self, part: Part) -> None: ...

    def segment_ended(self) -> None: ...


@dataclass(slots=True)
class _Marked:
    sample: VideoSample
    starts_segment: bool
    starts_part: bool
    init: bytes
    discontinuity: bool


class Segmenter:
    """Feed ``video`` and ``sound`` in decoding order; ``begin_run`` where the decoder must be set up anew."""

    def __init__(self, sink: SegmentSink) -> None:
        self._sink = sink
        self._video: deque[_Marked] = deque()
        self._sound: deque[AacPacket] = deque()
        self._sequence = 0
        self._init = b""
        self._run_begins = False
        self._discontinuity = False
        self._began_any = False
        self._segment_open = False
        self._segment_start = 0
        self._part_start = 0
        self._last_key: int | None = None
        self._part_ticks: int | None = None
        """Of the last part that had room for no more pictures."""
        self._group_ticks = TARGET_DURATION_S * VIDEO_TICKS_PER_SECOND

    def begin_run(self, init: bytes) -> None:
        """The next picture starts a segment of its own with ``init``, after a discontinuity unless it is the first."""
        self._init = init
        self._run_begins = True

    def video(self, sample: VideoSample) -> None:
        starts_segment = self._starts_segment(sample)
        starts_part = starts_segment or sample.end - self._part_start > PART_TICKS_MAX
        discontinuity = self._run_begins and self._began_any
        if sample.key:
            if self._last_key is not None and not self._run_begins:
                self._group_ticks = sample.dts - self._last_key
            self._last_key = sample.dts
        if starts_segment:
            self._segment_start = sample.dts
            self._began_any = True
            self._run_begins = False
        if starts_part:
            self._part_ticks = self._part_ticks if starts_segment else sample.dts - self._part_start
            self._part_start = sample.dts
        self._video.append(_Marked(sample, starts_segment, starts_part, self._init, discontinuity))
        self._advance()

    def sound(self, packet: AacPacket) -> None:
        self._sound.append(packet)
        if len(self._sound) > PENDING_SOUND_MAX:
            self._sound.popleft()
        self._advance()

    def finish(self) -> None:
        """Write out what is pending and end the segment."""
        self._advance()
        while self._video:
            self._emit(self._next_part() or len(self._video))
        self._sound.clear()
        if self._segment_open:
            self._segment_open = False
            self._sink.segment_ended()
        self._run_begins = True

    def full_ticks(self) -> int | None:
        """When the part that grows will have all its pictures, if they come as before; None while that is not known.

        It is written when its sound has come as far.
        """
        if self._part_ticks is None:
            return None
        full, key = self._part_start + self._part_ticks, self._group_ticks + (self._last_key or 0)
        return key if self._part_start < key < full else full

    def _starts_segment(self, sample: VideoSample) -> bool:
        if self._run_begins or not self._began_any:
            return True
        length = sample.dts - self._segment_start
        if sample.key:
            return length + self._group_ticks > SEGMENT_TICKS_MAX
        return length + sample.duration > SEGMENT_TICKS_MAX

    def _next_part(self) -> int:
        """How many pending pictures come before the second part's start; 0 when it has not come."""
        for index, marked in enumerate(self._video):
            if index and marked.starts_part:
                return index
        return 0

    def _advance(self) -> None:
        while count := self._next_part():
            cut = self._video[count].sample.dts
            waited = self._video[-1].sample.end - cut
            heard = (
                self._sound[-1].pts + self._sound[-1].duration if self._sound else 0
            ) * VIDEO_TICKS_PER_SECOND >= cut * SAMPLE_RATE_HZ
            if not heard and waited < SOUND_WAIT_TICKS:
                return
            self._emit(count)

    def _emit(self, count: int) -> None:
        """Write the first ``count`` pending pictures and their sound as one part."""
        marked = [self._video.popleft() for _ in range(count)]
        video = [item.sample for item in marked]
        end = video[-1].end
        sound: list[AacPacket] = []
        while self._sound and (not self._video or self._sound[0].pts * VIDEO_TICKS_PER_SECOND < end * SAMPLE_RATE_HZ):
            sound.append(self._sound.popleft())
        first = marked[0]
        if first.starts_segment:
            if self._segment_open:
                self._sink.segment_ended()
            self._segment_open = True
            self._sink.segment_began(
                first.init, discontinuity=first.discontinuity, at_ticks=first.sample.dts + first.sample.composition
            )
        self._sequence += 1
        data = fragment(self._sequence, video, _without_holes(sound))
        self._sink.part(Part(data, end - video[0].dts, first.sample.key))
        if self._video and self._video[0].starts_segment:
            self._segment_open = False
            self._sink.segment_ended()


def _without_holes(sound: list[AacPacket]) -> list[AacPacket]:
    """The same, each lasting until the next: within a fragment only durations say where a packet belongs."""
    following = [packet.pts for packet in sound[1:]]
    return [
        packet if packet.pts + packet.duration == until else AacPacket(packet.pts, until - packet.pts, packet.data)
        for packet, until in zip(sound[:-1], following, strict=True)
    ] + sound[-1:]
