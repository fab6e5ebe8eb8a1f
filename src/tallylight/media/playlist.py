"""Renders HLS media playlists (RFC 8216; draft-pantos-hls-rfc8216bis for low latency). Pure; times are integers.

PROGRAM-DATE-TIME is programme time. Every segment carries it, so that a player never has to extrapolate.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND
from tallylight.media.segmenter import PART_TICKS_MAX, TARGET_DURATION_S

PARTS_LISTED_TICKS = 3 * TARGET_DURATION_S * VIDEO_TICKS_PER_SECOND
"""Parts are listed for the last three target durations (rfc8216bis, 6.2.2)."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ListedPart(msgspec.Struct, frozen=True, gc=False):
    name: str
    ticks: int
    independent: bool


@dataclass(slots=True)
class ListedSegment:
    """A segment as the playlists show it. ``at_us``: programme time at which its first picture is shown.

    ``breaks``: discontinuities of the broadcast up to it. ``take``: which of the processes that carried the broadcast
    made it. ``whole_only``: its parts are not known any more.
    """

    sequence: int
    init_name: str
    discontinuity: bool
    at_us: int
    breaks: int = 0
    take: int = 0
    parts: list[ListedPart] = field(default_factory=list)
    ended: bool = False
    whole_only: bool = False
    gap: bool = False
    """It aired, and is not to be had where this playlist is (rfc8216bis, 4.4.4.7)."""

    @property
    def name(self) -> str:
        return segment_name(self.sequence, self.take)

    @property
    def ticks(self) -> int:
        return sum(part.ticks for part in self.parts)

    def part_name(self, index: int) -> str:
        return _part_name(self.sequence, index, self.take)


def segment_name(sequence: int, take: int) -> str:
    """Two processes never give two things one name, even if the second does not know all that the first served."""
    return f"s{sequence}{_taken(take)}.m4s"


def _part_name(sequence: int, index: int, take: int) -> str:
    return f"s{sequence}{_taken(take)}.{index}.m4s"


def init_name(number: int, take: int) -> str:
    return f"init-{number}{_taken(take)}.mp4"


def _taken(take: int) -> str:
    return f"t{take}" if take else ""


def live_playlist(
    segments: Sequence[ListedSegment],
    *,
    discontinuity_sequence: int,
    next_sequence: int,
    low_latency: bool,
    ended: bool,
    take: int = 0,
) -> str:
    """The playlist of a show on air; ``segments`` oldest first, only the last of them may be unfinished."""
    listed = segments if low_latency else [segment for segment in segments if segment.ended]
    lines = _head(listed[0].sequence if listed else next_sequence, discontinuity_sequence)
    if low_latency:
        lines.append(
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK={3 * TARGET_DURATION_S}.0,"
            f"PART-HOLD-BACK={_seconds(3 * PART_TICKS_MAX)}"
        )
        lines.append(f"#EXT-X-PART-INF:PART-TARGET={_seconds(PART_TICKS_MAX)}")
    ticks_after = sum(segment.ticks for segment in listed)
    init = None
    for segment in listed:
        ticks_after -= segment.ticks
        with_parts = low_latency and not ended and ticks_after < PARTS_LISTED_TICKS
        lines += _segment_lines(segment, init, with_parts=with_parts)
        init = segment.init_name
    if ended:
        lines.append("#EXT-X-ENDLIST")
    elif low_latency:
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{next_part_name(segments, next_sequence, take)}"')
    return "\n".join(lines) + "\n"


def replay_playlist(segments: Sequence[ListedSegment]) -> str:
    """The whole recording, for playing afterwards with the same programme times."""
    lines = _head(segments[0].sequence if segments else 0, 0)
    lines.insert(2, "#EXT-X-PLAYLIST-TYPE:VOD")
    init = None
    for segment in segments:
        lines += _segment_lines(segment, init, with_parts=False)
        init = segment.init_name
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def next_part_name(segments: Sequence[ListedSegment], next_sequence: int, take: int = 0) -> str:
    """The name that the part released next will have."""
    if segments and not segments[-1].ended:
        return segments[-1].part_name(len(segments[-1].parts))
    return _part_name(next_sequence, 0, take)


def _head(sequence: int, discontinuity_sequence: int) -> list[str]:
    return [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        f"#EXT-X-TARGETDURATION:{TARGET_DURATION_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{sequence}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuity_sequence}",
    ]


def _segment_lines(segment: ListedSegment, init: str | None, *, with_parts: bool) -> list[str]:
    lines = []
    if segment.discontinuity:
        lines.append("#EXT-X-DISCONTINUITY")
    if segment.init_name != init:
        lines.append(f'#EXT-X-MAP:URI="{segment.init_name}"')
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_date_time(segment.at_us)}")
    if with_parts and not segment.whole_only:
        lines += [
            f'#EXT-X-PART:DURATION={_seconds(part.ticks)},URI="{part.name}"'
            + (",INDEPENDENT=YES" if part.independent else "")
            for part in segment.parts
        ]
    if segment.gap:
        lines.append("#EXT-X-GAP")
    if segment.ended:
        lines += [f"#EXTINF:{_seconds(segment.ticks)},", segment.name]
    return lines


def _seconds(ticks: int) -> str:
    whole, rest = divmod(ticks, VIDEO_TICKS_PER_SECOND)
    return f"{whole}.{rest * 100_000 // VIDEO_TICKS_PER_SECOND:05d}"


def _date_time(at_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
