"""Keeps segments on disk: what aired (the replay), and the original as the camera sent it.

A recording is a folder: initialisation segments, segments, and ``index.jsonl`` with one line a segment, written
after its bytes. The segment that still grows is written part by part, with a line a part in ``growing.jsonl``: so a
recording cut short by a crash is whole up to its last part (``mend_recording``). Writing is done by one worker thread
behind a bounded queue: a slow or full disk loses recording, counted, and never holds up air.
"""

import io
import os
import queue
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar
from uuid import UUID

import msgspec
import structlog

from tallylight.media.playlist import ListedPart, ListedSegment, replay_playlist, segment_name
from tallylight.media.segment_files import SegmentFiles

log = structlog.get_logger()

Kind = Literal["aired", "original"]
QUEUE_MAX = 800
"""About two minutes of parts."""
FREE_BYTES_MIN = 256 << 20
"""Recording stops before the disk is full: the database lives there too."""
REPLAY_NAME = "replay.m3u8"
INDEX_NAME = "index.jsonl"
GROWING_NAME = "growing.jsonl"


class IndexLine(msgspec.Struct, frozen=True):
    """One recorded segment. ``breaks``: discontinuities of the broadcast up to it; ``take``: of a broadcast that more
    than one process carried, which of them this was.
    """

    sequence: int
    init: str
    discontinuity: bool
    at_us: int
    ticks: int
    bytes: int
    breaks: int = 0
    take: int = 0

    @property
    def name(self) -> str:
        return segment_name(self.sequence, self.take)

    @property
    def until_us(self) -> int:
        """Programme time at which it ends."""
        return self.at_us + self.ticks * 100 // 9


class _PartLine(msgspec.Struct, frozen=True):
    """One whole part of the segment that grows."""

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


@dataclass(frozen=True, slots=True)
class _Began:
    line: IndexLine
    init: bytes


class _Part(msgspec.Struct, frozen=True, gc=False):
    ticks: int
    data: bytes


class Recorder:
    """Writes one recording; ``finish`` from a worker thread, for it waits for the disk. ``files`` is told of segments
    that are whole.
    """

    def __init__(self, folder: Path, files: SegmentFiles | None = None) -> None:
        self.folder = folder
        self._files = files
        self.lost = 0
        self._queue: queue.SimpleQueue[_Began | _Part | Literal["ended"] | None] = queue.SimpleQueue()
        self._takes = False
        """Whether the queue took all of the segment that grows."""
        self._inits: set[str] = set()
        self._segment: _Growing | None = None
        self._thread = threading.Thread(target=self._write_all, name="recorder", daemon=True)
        self._thread.start()

    # -- from the line; nothing here blocks

    def began(self, segment: ListedSegment, init: bytes) -> None:
        """A segment begins: what follows is its parts."""
        line = IndexLine(
            segment.sequence,
            segment.init_name,
            segment.discontinuity,
            segment.at_us,
            0,
            0,
            segment.breaks,
            segment.take,
        )
        self._takes = True
        self._put(_Began(line, init))

    def part(self, ticks: int, data: bytes) -> None:
        self._put(_Part(ticks, data))

    def ended(self) -> None:
        """The segment is whole."""
        self._put("ended")

    def finish(self) -> RecordingSummary:
        """Write out the rest and the replay playlist."""
        self.hand_over()
        return finish_recording(self.folder, lost=self.lost)

    def hand_over(self) -> None:
        """Write out the rest, for another process to go on with the folder."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _put(self, item: _Began | _Part | Literal["ended"]) -> None:
        if not self._takes:
            return
        if self._queue.qsize() < QUEUE_MAX:
            self._queue.put(item)
        else:
            self._takes = False
            self._lose("the disk is too slow")

    def _lose(self, problem: str) -> None:
        self.lost += 1
        if self.lost == 1 or self.lost % 30 == 0:
            log.error("recording loses segments", problem=problem, lost=self.lost)

    # -- the worker

    def _write_all(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                if isinstance(item, _Began):
                    self._drop()
                    self._begin(item)
                elif self._segment is not None and isinstance(item, _Part):
                    self._segment.add(item)
                elif self._segment is not None:
                    segment, self._segment = self._segment, None
                    segment.end()
                    if self._files is not None:
                        self._files.written(segment.path)
            except OSError as error:
                self._drop()
                self._lose(type(error).__name__)
        if self._segment is not None:
            self._segment.close()  # its whole parts are taken into the recording like after a crash

    def _begin(self, item: _Began) -> None:
        if not self._inits:
            for folder in (self.folder.parent, self.folder):
                folder.mkdir(parents=True, exist_ok=True)
                folder.chmod(0o700)
        if shutil.disk_usage(self.folder).free < FREE_BYTES_MIN:
            self._lose("the disk is full")
            return
        if item.line.init not in self._inits:
            (self.folder / item.line.init).write_bytes(item.init)
            self._inits.add(item.line.init)
        self._segment = _Growing(self.folder, item.line)

    def _drop(self) -> None:
        """Give up the segment that grows: some of it is missing."""
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.drop()


class _Growing:
    """The segment that grows, on disk. Both files are unbuffered: what was written outlives the process."""

    def __init__(self, folder: Path, line: IndexLine) -> None:
        self._folder = folder
        self._line = line
        self.path = folder / line.name
        self._file: io.FileIO = self.path.open("wb", buffering=0)
        self._growing: io.FileIO = (folder / GROWING_NAME).open("wb", buffering=0)
        self._growing.write(msgspec.json.encode(line) + b"\n")
        self._ticks = self._bytes = 0

    def add(self, part: _Part) -> None:
        left = memoryview(part.data)
        while left:
            left = left[self._file.write(left) :]
        self._growing.write(msgspec.json.encode(_PartLine(part.ticks, len(part.data))) + b"\n")
        self._ticks += part.ticks
        self._bytes += len(part.data)

    def end(self) -> None:
        self.close()
        _append(self._folder, msgspec.structs.replace(self._line, ticks=self._ticks, bytes=self._bytes))

    def drop(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        self._file.close()
        self._growing.close()


def _append(folder: Path, line: IndexLine) -> None:
    with (folder / INDEX_NAME).open("ab") as index:
        index.write(msgspec.json.encode(line) + b"\n")


def mend_recording(folder: Path) -> None:
    """Take the whole parts of a segment that was growing at a crash into the recording. OSError from the disk."""
    try:
        head, *parts = (folder / GROWING_NAME).read_bytes().split(b"\n")
        line = msgspec.json.decode(head, type=IndexLine)
    except (FileNotFoundError, msgspec.DecodeError):
        return
    path = folder / line.name
    known = any((one.sequence, one.take) == (line.sequence, line.take) for one in read_index(folder / INDEX_NAME)[-1:])
    if not known and path.exists():
        written, ticks, size = path.stat().st_size, 0, 0
        for part in _decoded(parts, _PartLine):
            if size + part.bytes > written:
                break
            ticks, size = ticks + part.ticks, size + part.bytes
        os.truncate(path, size)
        if size:
            _end_last_line(folder / INDEX_NAME)
            _append(folder, msgspec.structs.replace(line, ticks=ticks, bytes=size))
    (folder / GROWING_NAME).unlink()


def _end_last_line(index: Path) -> None:
    """A line torn by a crash must not swallow the next."""
    if index.exists() and not index.read_bytes().endswith(b"\n"):
        with index.open("ab") as file:
            file.write(b"\n")


def finish_recording(folder: Path, *, lost: int = 0) -> RecordingSummary:
    """Write the replay playlist of what ``index.jsonl`` lists; also mends a recording that a crash cut short."""
    try:
        mend_recording(folder)
    except OSError as error:
        log.error("a recording could not be mended", problem=type(error).__name__, folder=str(folder))
    lines = read_index(folder / INDEX_NAME)
    segments = []
    expected = None
    for line in lines:
        gap = expected is not None and line.sequence != expected
        expected = line.sequence + 1
        segment = ListedSegment(line.sequence, line.init, line.discontinuity or gap, line.at_us, take=line.take)
        segment.parts.append(ListedPart("", line.ticks, independent=True))
        segment.ended = True
        segments.append(segment)
    if segments:
        _write_replay(folder, replay_playlist(segments))
    return RecordingSummary(
        segments=len(segments),
        bytes=sum(line.bytes for line in lines),
        started_us=lines[0].at_us if lines else None,
        ended_us=lines[-1].until_us if lines else None,
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
    return _decoded(path.read_bytes().split(b"\n"), IndexLine) if path.exists() else []


_Line = TypeVar("_Line", bound=msgspec.Struct)


def _decoded(texts: list[bytes], kind: type[_Line]) -> list[_Line]:
    lines = []
    for text in texts:
        try:
            lines.append(msgspec.json.decode(text, type=kind))
        except msgspec.DecodeError:
            continue
    return lines
