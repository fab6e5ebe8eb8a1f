"""Values of scripts. Programme times are microseconds, ``_us``; segments and lines are counted from 0."""

import hashlib
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

Policy = Literal["strict", "guided", "free"]
"""What a stretch off the script is: held, noted, or nobody's business."""

ScriptState = Literal["draft", "review", "signed", "rejected", "superseded"]

TITLE_LENGTH_MAX = 120
LINE_LENGTH_MAX = 500
SEGMENTS_MAX = 100
LINES_MAX = 1_000
"""In a whole script: about two hours of reading."""
SCRIPTS_MAX = 2_000


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that belong together: about a product, or from a cue on, or simply in their place."""

    title: str
    policy: Policy = "guided"
    product_id: UUID | None = None
    cue_id: UUID | None = None
    lines: tuple[str, ...] = ()


class LineCheck(msgspec.Struct, frozen=True):
    """What the rules say about a line, as written: ``start`` to ``end`` are its characters."""

    segment: int
    line: int
    rule: str
    rule_title: str
    verdict: Literal["note", "hold", "block"]
    quote: str
    start: int
    end: int
    reason: str
    citation: str
    say_instead: str | None


class Checks(msgspec.Struct, frozen=True):
    """The rules' word on a whole version, against the facts of the moment it was put into review."""

    at: datetime
    findings: list[LineCheck]


class ScriptVersion(msgspec.Struct, frozen=True):
    """One version. ``revision`` counts its changes: a decision names the one that was read."""

    version: int
    revision: int
    state: ScriptState
    segments: tuple[Segment, ...]
    checks: Checks | None
    signed_by: str | None
    signed_at: datetime | None


class ScriptStep(msgspec.Struct, frozen=True):
    """Something that somebody did with a version; ``by`` is a name, empty for the installation's operator."""

    version: int
    step: str
    comment: str
    by: str
    at: datetime


class ScriptPin(msgspec.Struct, frozen=True):
    """The signed version that a show goes by."""

    show_id: UUID
    script_id: UUID
    version: int
    pinned_at: datetime


class ScriptCard(msgspec.Struct, frozen=True):
    """A script in the list."""

    id: UUID
    title: str
    market: str
    latest_version: int
    state: ScriptState
    signed_version: int | None
    segments: int
    lines: int
    worst: Literal["clear", "note", "hold", "block"] | None
    """Of the newest version's checks; None before it was checked."""
    shows: list[UUID]


class ScriptDetail(msgspec.Struct, frozen=True):
    """A script with everything that was ever said and done about it, newest version first, steps in order."""

    id: UUID
    shop_id: UUID
    title: str
    market: str
    versions: list[ScriptVersion]
    steps: list[ScriptStep]
    pins: list[ScriptPin]
    authors: list[UUID]
    """Who wrote in the newest version, and so cannot sign it."""


class PinnedScript(msgspec.Struct, frozen=True):
    """What a show goes by on air."""

    script_id: UUID
    title: str
    version: int
    segments: tuple[Segment, ...]

    @property
    def citation(self) -> str:
        return f"signed script v{self.version}"

    def digest(self) -> str:
        """SHA-256 (hex) of the segments as JSON: what exactly was signed, for the evidence."""
        return hashlib.sha256(msgspec.json.encode(self.segments)).hexdigest()
