"""Takes a media fragment of ours apart again, box by box: what an auditor or a player finds in it."""

import struct
from dataclasses import dataclass, field


@dataclass
class Fragment:
    """``pictures`` and ``sounds`` as (decode time, bytes), on their tracks' clocks."""

    pictures: list[tuple[int, bytes]] = field(default_factory=list)
    sounds: list[tuple[int, bytes]] = field(default_factory=list)


def read_fragments(data: bytes) -> Fragment:
    """All fragments of a part or segment, one after another."""
    found, at = Fragment(), 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"moof":
            _read_moof(data, at, size, found)
        at += size
    return found


def _boxes(data: bytes, at: int, end: int) -> list[tuple[bytes, int, int]]:
    boxes = []
    while at < end:
        size, kind = struct.unpack_from(">I4s", data, at)
        boxes.append((kind, at + 8, at + size))
        at += size
    return boxes


def _read_moof(data: bytes, moof: int, size: int, found: Fragment) -> None:
    for kind, begin, end in _boxes(data, moof + 8, moof + size):
        if kind != b"traf":
            continue
        track = time = 0
        for inner, at, _ in _boxes(data, begin, end):
            if inner == b"tfhd":
                (track,) = struct.unpack_from(">I", data, at + 4)
            elif inner == b"tfdt":
                (time,) = struct.unpack_from(">Q", data, at + 4)
            elif inner == b"trun":
                _read_run(data, at, moof, time, found.pictures if track == 1 else found.sounds)


def _read_run(data: bytes, at: int, moof: int, time: int, samples: list[tuple[int, bytes]]) -> None:
    flags, count, offset = struct.unpack_from(">IIi", data, at)
    columns = bin(flags & 0xF00).count("1")
    at, offset = at + 12, moof + offset
    for _ in range(count):
        duration, length = struct.unpack_from(">II", data, at)
        samples.append((time, data[offset : offset + length]))
        at, offset, time = at + 4 * columns, offset + length, time + duration
