"""The report of a broadcast or a rehearsal, as values. Its JSON is canonical: the same record gives the same bytes.

Times are programme time in microseconds unless a name says wall. There are no floats and there is no time of writing:
who makes the report and when must not change it.
"""

import hashlib
from typing import Any, Literal
from uuid import UUID

import msgspec

from tallylight.compliance.chain import canonical_json

FORMAT = "tallylight.report/1"
State = Literal["clean", "stopped", "cleared", "aired", "open", "emptied"]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What was reviewed. A rehearsal has a source file instead of a broadcast."""

    title: str
    shop: str
    host: str
    host_is_paid: bool | None
    market: str
    broadcast_id: UUID | None = None
    source: str | None = None
    source_sha256: str | None = None
    started_us: int
    ended_us: int | None


class GateSettings(msgspec.Struct, frozen=True):
    """How the gate was set."""

    delay_ms: int
    fail_open: bool
    hold_policy: str


class AtAGlance(msgspec.Struct, frozen=True):
    """The cover's verdict: one state and one sentence."""

    state: State
    sentence: str


class Mark(msgspec.Struct, frozen=True):
    """Characters ``first`` to ``end`` (exclusive) of a line belong to the finding with this number."""

    first: int
    end: int
    finding: int
    verdict: str


class Line(msgspec.Struct, frozen=True):
    """A phrase of the transcript."""

    start_us: int
    end_us: int
    text: str
    marks: list[Mark]


class Decision(msgspec.Struct, frozen=True):
    """Who decided a finding: a person, or the policy when nobody did before the words aired."""

    kind: str
    by: Literal["person", "policy"]
    name: str | None
    person_id: str | None
    wall_us: int | None


class SoundFile(msgspec.Struct, frozen=True):
    """A stop's sound, cut from a recording. ``take``: off-air (as the camera sent it) or on-air (as it was heard)."""

    stop: str
    take: str
    file: str
    sha256: str
    bytes: int
    from_us: int
    until_us: int


class FindingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One finding from its words to what became of them."""

    number: int
    id: str
    rule: str
    rule_title: str
    verdict: str
    quote: str
    start_us: int
    end_us: int
    reason: str
    citation: str
    facts: dict[str, Any]
    say_instead: str | None
    decision: Decision | None
    outcome: str | None
    sounds: list[str]


class Stretch(msgspec.Struct, frozen=True):
    """Time in which the gate covered (late, panic) or aired unjudged (fail_open). ``end_us`` None: never ended."""

    kind: str
    start_us: int
    end_us: int | None


class LagFigures(msgspec.Struct, frozen=True):
    """Milliseconds behind the words, by nearest rank; ``samples`` of them."""

    samples: int
    p50_ms: int
    p95_ms: int
    max_ms: int


class Lags(msgspec.Struct, frozen=True):
    """How long after being spoken words were on record, the judged watermark passed, and findings were on record."""

    recognition: LagFigures | None
    watermark: LagFigures | None
    finding: LagFigures | None


class Disclosed(msgspec.Struct, frozen=True):
    """A disclosure: heard in the host's words, or shown on the screen."""

    how: Literal["heard", "shown"]
    at_us: int
    what: str


class Disclosures(msgspec.Struct, frozen=True):
    """Rule R14: whether a paid host said so. ``longest_gap_us``: the longest speech without."""

    required: bool
    given: list[Disclosed]
    reminders: int
    longest_gap_us: int | None


class PromiseRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was promised on air, and how it turned out so far."""

    id: str
    kind: str
    quote: str
    said_us: int
    facts: dict[str, Any]
    horizon_us: int
    verdict: str
    reason: str
    looked_us: int | None


class Act(msgspec.Struct, frozen=True):
    """Something that people or the retention policy did to the record. ``wall_us``: when."""

    seq: int
    kind: str
    wall_us: int
    name: str | None
    what: str


class Section(msgspec.Struct, frozen=True):
    """A part that another story adds, such as coverage of the script: rows of label and value."""

    title: str
    rows: list[tuple[str, str]]


class Counts(msgspec.Struct, frozen=True):
    """Figures of the cover."""

    words: int
    notes: int
    holds: int
    blocks: int
    bleeped: int
    covered: int
    cleared: int
    late: int
    undecided: int


class Seal(msgspec.Struct, frozen=True):
    """What a signature covers: the chain's head and the counts of its entries. ``sha256``: over the rest."""

    broadcast_id: str
    entries: int
    head: str
    kinds: dict[str, int]
    outcomes: dict[str, int]
    sha256: str


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report. ``chain`` is None for a rehearsal."""

    format: str = FORMAT
    kind: Literal["broadcast", "rehearsal"]
    subject: Subject
    settings: GateSettings | None
    glance: AtAGlance
    counts: Counts
    findings: list[FindingRecord]
    lines: list[Line]
    stretches: list[Stretch]
    lags: Lags
    disclosures: Disclosures
    promises: list[PromiseRecord]
    acts: list[Act]
    sections: list[Section]
    files: list[SoundFile]
    seal: Seal | None
    chain: list[dict[str, Any]] | None


def document_json(document: Document) -> bytes:
    """The report as canonical JSON and a line's end."""
    return canonical_json(msgspec.to_builtins(document)) + b"\n"


def document_sha256(document: Document) -> str:
    """Hex SHA-256 of ``document_json``."""
    return hashlib.sha256(document_json(document)).hexdigest()
