"""What a killed media process leaves of a broadcast, as far as its recording holds it: enough to go on.

A window goes on where it stood: segment numbers and the count of discontinuities never restart, what viewers could
fetch is there again, and what comes next bears names that nobody can have fetched before (``take``): the dead process
may have served a part in its last moment that never reached the disk.
"""

from dataclasses import dataclass
from pathlib import Path

from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND
from tallylight.media.playlist import ListedPart, ListedSegment
from tallylight.media.recording import GROWING_NAME, INDEX_NAME, IndexLine, mend_recording, read_index

RELISTED_TICKS = 30 * VIDEO_TICKS_PER_SECOND
_TAKE_NAME = "take"


@dataclass(frozen=True, slots=True)
class LeftWindow:
    """One window's state. ``segments``: its newest, all ended, whose bytes and initialisation segments ``files`` has.

    ``until_us``: programme time at which the last of them ends; 0 when there is none.
    """

    take: int
    next_sequence: int
    breaks: int
    until_us: int
    segments: tuple[ListedSegment, ...]
    files: dict[str, bytes]


def written_us(folder: Path) -> int:
    """Wall time at which the recording in ``folder`` was last added to; 0 when it does not exist."""
    times = [path.stat().st_mtime_ns for name in (INDEX_NAME, GROWING_NAME) if (path := folder / name).exists()]
    return max(times, default=0) // 1000


def take_up_window(folder: Path) -> LeftWindow:
    """Mend the recording and read what its window needs to go on. Each call is another take. OSError from the disk."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    mend_recording(folder)
    lines = read_index(folder / INDEX_NAME)
    take = _next_take(folder)
    relisted = _newest(lines)
    files = {name: (folder / name).read_bytes() for line in relisted for name in (line.init, line.name)}
    last = lines[-1] if lines else None
    return LeftWindow(
        take=take,
        next_sequence=last.sequence + 1 if last else 0,
        breaks=last.breaks if last else 0,
        until_us=last.until_us if last else 0,
        segments=tuple(_listed(line) for line in relisted),
        files=files,
    )


def _newest(lines: list[IndexLine]) -> list[IndexLine]:
    """The last that follow on each other without a hole: a playlist must not leave a number out."""
    newest: list[IndexLine] = []
    ticks = 0
    for line in reversed(lines):
        if ticks >= RELISTED_TICKS or (newest and line.sequence != newest[-1].sequence - 1):
            break
        newest.append(line)
        ticks += line.ticks
    return newest[::-1]


def _listed(line: IndexLine) -> ListedSegment:
    segment = ListedSegment(line.sequence, line.init, line.discontinuity, line.at_us, line.breaks, line.take)
    segment.parts.append(ListedPart("", line.ticks, independent=True))
    segment.whole_only = True
    segment.ended = True
    return segment


def _next_take(folder: Path) -> int:
    """Counted on disk before anything of it can be served."""
    path = folder / _TAKE_NAME
    take = int(path.read_text()) + 1 if path.exists() else 1
    draft = folder / f"{_TAKE_NAME}.draft"
    draft.write_text(str(take))
    draft.rename(path)
    return take
