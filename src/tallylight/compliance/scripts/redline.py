"""Redlines between two versions: which lines came, went or stayed, and within a changed line which words. Pure."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from tallylight.compliance.scripts.types import Segment

_SAME_LINE_MIN = 0.4
"""From this likeness of their words on, one line replaces the other rather than going and coming."""


class Piece(msgspec.Struct, frozen=True):
    """Words that both have, or only the older (gone), or only the newer (come)."""

    kind: Literal["same", "gone", "come"]
    text: str


class RedLine(msgspec.Struct, frozen=True):
    """A line of the comparison; ``pieces`` make up the line when joined by spaces."""

    kind: Literal["same", "changed", "gone", "come", "segment"]
    pieces: list[Piece]


def redline_text(older: str, newer: str) -> list[Piece]:
    """The words of two sentences compared."""
    before, after = older.split(), newer.split()
    pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", " ".join(before[a:b])))
            continue
        if a < b:
            pieces.append(Piece("gone", " ".join(before[a:b])))
        if c < d:
            pieces.append(Piece("come", " ".join(after[c:d])))
    return pieces


def redline_scripts(older: Sequence[Segment], newer: Sequence[Segment]) -> list[RedLine]:
    """Two versions compared line by line; a segment's heading (title and policy) is a line of its own."""
    before, after = _lines(older), _lines(newer)
    out: list[RedLine] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            out += [_whole(line, "same") for line in before[a:b]]
        else:
            out += _replaced(before[a:b], after[c:d])
    return out


_Line = tuple[bool, str]


def _lines(segments: Sequence[Segment]) -> list[_Line]:
    lines: list[_Line] = []
    for each in segments:
        lines.append((True, f"{each.title} ({each.policy})"))
        lines += [(False, line) for line in each.lines]
    return lines


def _replaced(before: Sequence[_Line], after: Sequence[_Line]) -> list[RedLine]:
    """Lines that changed, each paired with the first that is like it; the rest went or came."""
    out: list[RedLine] = []
    at = 0
    for line in before:
        twin = next((i for i in range(at, len(after)) if _alike(line, after[i])), None)
        if twin is None:
            out.append(_whole(line, "gone"))
            continue
        out += [_whole(each, "come") for each in after[at:twin]]
        out.append(RedLine("segment" if line[0] else "changed", redline_text(line[1], after[twin][1])))
        at = twin + 1
    return out + [_whole(each, "come") for each in after[at:]]


def _alike(one: _Line, other: _Line) -> bool:
    if one[0] != other[0]:
        return False
    return SequenceMatcher(None, _bare(one[1]), _bare(other[1]), autojunk=False).ratio() >= _SAME_LINE_MIN


def _bare(text: str) -> list[str]:
    return [word.strip(".,;:!?").casefold() for word in text.split()]


def _whole(line: _Line, kind: Literal["same", "gone", "come"]) -> RedLine:
    return RedLine("segment" if line[0] else kind, [Piece(kind, line[1])])
