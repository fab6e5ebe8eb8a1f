"""Keeps segments on disk: what aired (the replay), and the original as the camera sent it.

A recording is a folder: initialisation segments, segments, and ``index.jsonl`` with one line a segment, written
after its bytes. So a recording cut short by a crash is whole up to its last line. Writing is done by one worker
thread behind a bounded queue: a slow or full disk loses recording, counted, and never holds up air.
"""

import queue
import shutil
import threading
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
import structlog

from tallylight.media.live_window import FinishedSegment
from tallylight.media.playlist import ListedPart, ListedSegment, replay_playlist

log = structlog.get_logger()

Kind = Literal["aired", "original"]
QUEUE_MAX = 64
FREE_BYTES_MIN = 256 << 20
"""Recording stops before the disk is full: the database lives there too."""
REPLAY_NAME = "replay.m3u8"


class IndexLine(msgspec.Struct, frozen=True):
    """One recorded segment."""

    sequence: int
    init: str
    discontinuity: bool
    at_us: int
    ticks: int
    bytes: int


class RecordingSummary(msgspec.Struct, frozen=True):
    """What a folder holds. ``lost``: segments that could not be written."""

    segments: int
    bytes: int
    started_us: int | None
    ended_us: int | None
    lost: int


def recording_dir(recordings_dir: Path, broadcast_id: UUID, kind: Kind) -> Path:
    return recordings_dir / str(broadcast_id) / kind


class Recorder:
    """Writes one recording; ``finish`` from a worker thread, for it waits for the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lost = 0
        self._queue: queue.Queue[FinishedSegment | None] = queue.Queue(QUEUE_MAX)
        self._inits: set[str] = set()
        self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._thread.start()

    def add(self, segment: FinishedSegment) -> None:
        """Have ``segment`` written; never blocks."""
        try:
            self._queue.put_nowait(segment)
        except queue.Full:
            self._lose("the disk is too slow")

    def finish(self) -> RecordingSummary:
        """Write out the rest and the replay playlist."""
        self._queue.put(None)
        self._thread.join()
        return finish_recording(self.folder, lost=self.lost)

    def _lose(self, problem: str) -> None:
        self.lost += 1
        if self.lost == 1 or self.lost % 30 == 0:
            log.error("recording loses segments", problem=problem, lost=self.lost)

    def _write_all(self) -> None:
        while (segment := self._queue.get()) is not None:
            try:
                self._write(segment)
            except OSError as error:
                self._lose(type(error).__name__)

    def _write(self, segment: FinishedSegment) -> None:
        if not self._inits:
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o700)
        if shutil.disk_usage(self.folder).free < FREE_BYTES_MIN:
            self._lose("the disk is full")
            return
        name = segment.listed.init_name
        if name not in self._inits:
            (self.folder / name).write_bytes(segment.init)
            self._inits.add(name)
        (self.folder / segment.listed.name).write_bytes(segment.data)
        with (self.folder / "index.jsonl").open("ab") as index:
            index.write(msgspec.json.encode(_line(segment)) + b"\n")


def _line(segment: FinishedSegment) -> IndexLine:
    listed = segment.listed
    return IndexLine(
        listed.sequence, listed.init_name, listed.discontinuity, listed.at_us, listed.ticks, len(segment.data)
    )


def finish_recording(folder: Path, *, lost: int = 0) -> RecordingSummary:
    """Write the replay playlist of what ``index.jsonl`` lists; also mends a recording that a crash cut short."""
    lines = read_index(folder / "index.jsonl")
    segments = []
    expected = None
    for line in lines:
        gap = expected is not None and line.sequence != expected
        expected = line.sequence + 1
        part = ListedPart("", line.ticks, independent=True)
        segments.append(
            ListedSegment(line.sequence, line.init, line.discontinuity or gap, line.at_us, [part], ended=True)
        )
    if segments:
        _write_replay(folder, replay_playlist(segments))
    last = segments[-1] if segments else None
    return RecordingSummary(
        segments=len(segments),
        bytes=sum(line.bytes for line in lines),
        started_us=segments[0].at_us if segments else None,
        ended_us=last.at_us + last.ticks * 100 // 9 if last else None,
        lost=lost,
    )


def _write_replay(folder: Path, text: str) -> None:
    """A disk that takes no more costs the replay, not the end of the broadcast on record."""
    draft = folder / f"{REPLAY_NAME}.draft"
    try:
        draft.write_text(text)
        draft.rename(folder / REPLAY_NAME)
    except OSError as error:
        log.error("a replay could not be written", problem=type(error).__name__, folder=str(folder))


def read_index(path: Path) -> list[IndexLine]:
    """Whole lines of the index; a last line torn by a crash is left out."""
    if not path.exists():
        return []
    lines = []
    for text in path.read_bytes().split(b"\n"):
        try:
            lines.append(msgspec.json.decode(text, type=IndexLine))
        except msgspec.DecodeError:
            continue
    return lines
