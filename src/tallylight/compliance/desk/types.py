"""Values of the desk. ``_us`` is programme time in microseconds unless the name says wall."""

from typing import Any, Literal
from uuid import UUID

import msgspec

from tallylight.foundation.ids import BroadcastId, FindingId, PersonId, ShowId

DecisionKind = Literal["clear", "bleep", "cover"]
Verdict = Literal["note", "hold", "block"]
Action = Literal["bleep", "cover", "none"]
Outcome = Literal["bleeped", "covered", "cleared", "late"]


class Decider(msgspec.Struct, frozen=True):
    """A person at the desk."""

    id: PersonId
    name: str


class Ruling(msgspec.Struct, frozen=True):
    """A person's decision; ``by`` is their name."""

    kind: DecisionKind
    by: str
    person_id: PersonId | None
    at_wall_us: int


class KeptFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it is kept, with what was decided and what became of it."""

    id: FindingId
    broadcast_id: BroadcastId
    show_id: ShowId
    rule: str
    rule_title: str
    verdict: Verdict
    quote: str
    start_us: int
    end_us: int
    reason: str
    citation: str
    facts: dict[str, Any]
    say_instead: str | None
    decide_by_wall_us: int
    action: Action
    decision: Ruling | None
    outcome: Outcome | None


class Lease(msgspec.Struct, frozen=True):
    """``person_id`` decides this finding; nobody else may until ``until_wall_us``."""

    finding_id: FindingId
    person_id: PersonId
    name: str
    until_wall_us: int


class PastDecision(msgspec.Struct, frozen=True):
    """What a person decided about a near wording; ``likeness_percent``: how near, 0-100."""

    finding_id: FindingId
    show_id: ShowId
    quote: str
    kind: DecisionKind
    by: str
    at_wall_us: int
    likeness_percent: int


class Correction(msgspec.Struct, frozen=True):
    """A card that viewers see from ``at_us`` until ``until_us``."""

    id: UUID
    finding_id: FindingId
    text: str
    at_us: int
    until_us: int


class HeardWord(msgspec.Struct, frozen=True):
    """A word of the transcript."""

    text: str
    start_us: int
    end_us: int
