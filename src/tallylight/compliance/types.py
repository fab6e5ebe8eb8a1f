"""What is judged, and what a finding on it is."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from tallylight.compliance.claims import ApprovedClaim
from tallylight.compliance.facts import ProductFacts, ShowSubject

Verdict = Literal["clear", "note", "hold", "block"]
RANK: Mapping[str, int] = {"clear": 0, "note": 1, "hold": 2, "block": 3}


class Utterance(msgspec.Struct, frozen=True, kw_only=True):
    """Words to judge. ``gaps_ms``: silence before each word, for speech; None for text.

    ``context``: how many leading words were judged before and only give context; ``question``: the rule that an
    unanswered question of the utterance before would have broken.
    """

    words: tuple[str, ...]
    gaps_ms: tuple[int, ...] | None = None
    context: int = 0
    question: str | None = None


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """What the words are judged against."""

    products: Sequence[ProductFacts] = ()
    subject: ShowSubject = ShowSubject()
    claims: Sequence[ApprovedClaim] = ()
    strict_rules: frozenset[str] = frozenset()
    """Rules that stopped something in the last 30 s: hosts say it again in other words."""


class Found(msgspec.Struct, frozen=True):
    """One finding on words ``first`` to ``last`` (inclusive indexes into the utterance)."""

    rule: str
    rule_title: str
    verdict: Literal["note", "hold", "block"]
    first: int
    last: int
    quote: str
    reason: str
    citation: str
    facts: Mapping[str, str | int | bool]
    say_instead: str
    note_below: float = 0.0
    """An opinion on meaning less than this, from 0 to 1, makes it a note; 0: nothing does."""


class Judged(msgspec.Struct, frozen=True):
    """The findings, and a question left open for the next utterance to answer."""

    findings: tuple[Found, ...]
    question: str | None = None
    excused: frozenset[str] = frozenset()
    """Rules whose words were said and found denied, asked, told as false or excused."""

    @property
    def verdict(self) -> Verdict:
        worst: Verdict = "clear"
        for finding in self.findings:
            if RANK[finding.verdict] > RANK[worst]:
                worst = finding.verdict
        return worst
