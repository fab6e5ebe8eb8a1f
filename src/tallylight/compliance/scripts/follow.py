"""A broadcast followed along its script: which lines were said, where the host is, and what is off the script.

Off the script means a stretch of words that belong to no line and weigh OFF_WEIGHT_MIN or more (four words that say
something): greetings, fillers and short asides pass. A changed figure or denial inside a line is off the script by
itself. What follows is the policy of the segment that applies: strict holds, guided notes, free says nothing.

Which segment applies: that of the cue or the pinned product fired last, else the one that the words are aligned to,
else the first. A held stretch is handed over in pieces while it goes on, early enough that its first words are still
in the delay; what grows later is a finding of its own. Pure: no clock, no I/O.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.compliance.scripts.align import LineHeard, LinePlace, Placed, ScriptAligner
from tallylight.compliance.scripts.types import PinnedScript, Policy
from tallylight.compliance.speech_finding import SpeechFinding
from tallylight.compliance.types import Found
from tallylight.speech.recogniser import Word

RULE, TITLE = "SCRIPT", "Off the signed script"
OFF_WEIGHT_MIN = 4.0
_PIECE_US_MAX = 3_000_000
_KNOWN_AFTER_US = 6_000_000
"""From the first word of a stretch until it is known to be one: four words that say something, and recognition."""
_PAUSE_US = 1_000_000
_QUOTE_WORDS_MAX = 40


class Fired(msgspec.Struct, frozen=True):
    """A cue of the run of show that was fired at a programme time; ``product_id``: what it pinned."""

    at_us: int
    cue_id: UUID | None
    product_id: UUID | None


class Followed(msgspec.Struct, frozen=True):
    """What one step found out. ``segment``: the one whose policy applies now; ``off``: the host is off the script."""

    findings: list[SpeechFinding]
    said: list[LineHeard]
    place: LinePlace | None
    segment: int
    off: bool


class ScriptFollower:
    """One broadcast along one signed script."""

    def __init__(self, script: PinnedScript, *, delay_us: int) -> None:
        self._script = script
        self._aligner = ScriptAligner(script.segments)
        self._piece_us = min(_PIECE_US_MAX, max(0, delay_us - _KNOWN_AFTER_US))
        self._fired: list[Fired] = []
        self._heard = (0, 0)
        self._stretch: list[Placed] = []
        self._told = 0
        self._last_place: LinePlace | None = None

    def remember(self, said: Sequence[LineHeard]) -> None:
        """Lines that were said before a restart."""
        for each in said:
            self._aligner.remember(each.place, each.start_us, each.end_us)

    def fire(self, fired: Sequence[Fired]) -> None:
        """Every cue fired so far, in order of time."""
        self._fired = list(fired)
        if fired:
            self._aligner.focus(self._of_firing(fired[-1]))

    def follow(self, words: Sequence[Word], until_us: int, judged_us: int) -> Followed:
        """Take in ``words``, some of which may be known already, and settle those that end by ``until_us``.

        ``judged_us``: how far speech is known; a silence up to there ends a piece.
        """
        fresh = [word for word in words if (word.start_us, word.end_us) > self._heard]
        if fresh:
            self._heard = (fresh[-1].start_us, fresh[-1].end_us)
            self._aligner.hear(fresh)
        findings: list[SpeechFinding] = []
        for placed in self._aligner.settle(until_us):
            findings += self._take(placed)
        if self._stretch:
            quiet = judged_us - self._stretch[-1].word.end_us >= _PAUSE_US
            findings += self._tell(closed=quiet)
        place = self._aligner.place or self._last_place
        applies, off = self._segment_at(judged_us), self._weight() >= OFF_WEIGHT_MIN
        return Followed(findings, self._aligner.said(), place, applies, off)

    # -- inside

    def _take(self, placed: Placed) -> list[SpeechFinding]:
        if placed.place is None:
            self._stretch.append(placed)
            return []
        findings = self._tell(closed=True)
        self._stretch, self._told = [], 0
        self._last_place = placed.place
        if placed.instead_of is not None:
            findings += self._changed(placed)
        return findings

    def _weight(self) -> float:
        return sum(each.weight for each in self._stretch)

    def _tell(self, *, closed: bool) -> list[SpeechFinding]:
        """What of the stretch has not been told and has to be now."""
        piece = self._stretch[self._told :]
        if not any(each.weight for each in piece) or self._weight() < OFF_WEIGHT_MIN:
            return []
        policy = self._policy(piece[0].word.start_us)
        if policy == "free":
            self._told = len(self._stretch)
            return []
        lasting_us = piece[-1].word.end_us - piece[0].word.start_us
        if not closed and (policy == "guided" or lasting_us < self._piece_us):
            return []
        self._told = len(self._stretch)
        words = [each.word for each in piece]
        return [self._finding(words, policy, f"{_quote(words)!r} is not in the {self._script.citation}.")]

    def _changed(self, placed: Placed) -> list[SpeechFinding]:
        policy = self._policy(placed.word.start_us)
        if policy == "free":
            return []
        said, written = placed.word.text.strip(" ,.;:!?"), placed.instead_of
        instead = f"where the {self._script.citation} says {written!r}" if written else "which is not in the line"
        return [self._finding([placed.word], policy, f"{said!r} {instead}.")]

    def _finding(self, words: Sequence[Word], policy: Literal["strict", "guided"], reason: str) -> SpeechFinding:
        segment = self._segment_at(words[0].start_us)
        title = self._script.segments[segment].title
        place = self._last_place
        line = ""
        if place is not None and place.segment == segment:
            line = self._script.segments[segment].lines[place.line]
        elif self._script.segments[segment].lines:
            line = self._script.segments[segment].lines[0]
        found = Found(
            RULE, TITLE, "hold" if policy == "strict" else "note", 0, len(words) - 1, _quote(words),
            f"{reason} The segment {title!r} is {policy}.", self._script.citation,
            {"segment": title, "policy": policy}, line,
        )  # fmt: skip
        return SpeechFinding(found, words[0].start_us, words[-1].end_us)

    def _policy(self, at_us: int) -> Policy:
        return self._script.segments[self._segment_at(at_us)].policy

    def _segment_at(self, at_us: int) -> int:
        aligned = self._last_place.segment if self._last_place is not None else 0
        for fired in reversed(self._fired):
            if fired.at_us <= at_us:
                segment = self._of_firing(fired, aligned)
                if segment is not None:
                    return segment
        return aligned

    def _of_firing(self, fired: Fired, aligned: int | None = None) -> int | None:
        """The segment that a firing calls for: of its cue, else of its product; of several the one aligned to."""
        cue_id, product_id = fired.cue_id, fired.product_id
        segments = list(enumerate(self._script.segments))
        of_cue = [at for at, each in segments if cue_id is not None and each.cue_id == cue_id]
        of_product = [at for at, each in segments if product_id is not None and each.product_id == product_id]
        found = of_cue or of_product
        return None if not found else aligned if aligned in found else found[0]


def _quote(words: Sequence[Word]) -> str:
    text = " ".join(word.text for word in words[:_QUOTE_WORDS_MAX]).strip(" ,.;:!?")
    return text + (" …" if len(words) > _QUOTE_WORDS_MAX else "")
