"""Judging a stream: which words are ripe, what was found on them, and how far the judged watermark may go.

A word is ripe when SETTLE_US of speech after it is known, or when the host has paused for PAUSE_US: then enough is
known to tell a denial, a correction or the rest of a phrase. The judged watermark trails the speech watermark by at
most SETTLE_US, so recognition lag + SETTLE_US must stay under the show's delay (bench.speech_lag, bench.air_safety). An
approved claim that has begun is waited for longer: its first words would be stopped before the last ones are known.
What is stopped takes some words of its clause along, as far as they are known by then.

Everything found on ripe words is handed over before the watermark passes them; what grows later is handed over as a
finding of its own on the words that came to it. A phrase that a pause cuts in two is found when its second half is
heard: its span then reaches back behind the watermark, to words that the delay still holds.

Pure: no clock, no I/O. The caller fetches the facts between ``take`` and ``judge``.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from tallylight.compliance.claims import ApprovedClaim, claim_begun
from tallylight.compliance.disclaimers import DisclaimerWatch
from tallylight.compliance.judge import judge
from tallylight.compliance.pack import Pack
from tallylight.compliance.speech_finding import SpeechFinding
from tallylight.compliance.types import RANK, Circumstances, Found, Utterance
from tallylight.compliance.word_sets import word_set
from tallylight.speech.recogniser import Heard, Word

__all__ = ["Portion", "SpeechFinding", "SpeechJudge"]

SETTLE_US = 1_000_000
PAUSE_US = 500_000
CLAIM_WAIT_US = 4_000_000
"""An approved claim that has begun is heard out for so long: judged before its end, it would be stopped."""
CONTEXT_US = 10_000_000
CONTEXT_WORDS_MAX = 40
STRICT_US = 30_000_000
DISCLOSE_EVERY_US = 600_000_000
"""How long a paid host may speak without saying so (16 CFR 255.5: disclosures must be repeated in live streams)."""
REMIND_US = 60_000_000
"""So long before it is overdue the host is reminded."""
_DISCLOSURE_WORDS = 6
CLAUSE_WORDS_MAX = 4
_BREATH_US = 250_000
_CLAUSE_BEGINS = word_set("and but so or because while when if which who where then plus although though")
_CLAUSE_ENDS = (".", ",", "?", "!", ";", ":")
_LEAD_US = 120_000
"""The watermark stays this much before the first word that is not judged: word times are not exact."""


class Portion(msgspec.Struct, frozen=True):
    """Words to judge now. The first ``context`` of them were judged before; ``ripe`` of them are ripe, in all."""

    words: tuple[Word, ...]
    context: int
    ripe: int
    judged_us: int

    @property
    def spoken(self) -> str:
        """The portion as text, to find named products in."""
        return " ".join(word.text for word in self.words)

    @property
    def at_us(self) -> int:
        """The programme time that facts are looked up for: where the words to judge begin."""
        fresh = self.words[self.context :] or self.words[-1:]
        return fresh[0].start_us if fresh else self.judged_us


class _Given(msgspec.Struct, frozen=True):
    """Words that a rule was found on before, and how grave it was."""

    rule: str
    rank: int
    start_us: int
    end_us: int


class SpeechJudge:
    """One broadcast's stream of words. Give it what is ``hear``d, take a portion, judge it, then go on."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._words: list[Word] = []
        self._judged_words = 0
        self._known_us = 0
        self._paused = False
        self._judged_us = 0
        self._question: str | None = None
        self._given: list[_Given] = []
        self._stops: dict[str, int] = {}
        self._disclosed_us: int | None = None
        self._disclaimers = DisclaimerWatch()
        self._claims: tuple[ApprovedClaim, ...] = ()

    @property
    def judged_us(self) -> int:
        """Programme time before which every word has been judged."""
        return self._judged_us

    @property
    def disclosure_due_us(self) -> int | None:
        """By when a paid host must say so (again), programme time; None before the first word of a paid host."""
        return None if self._disclosed_us is None else self._disclosed_us + DISCLOSE_EVERY_US

    def begin(self, judged_us: int, context: Sequence[Word]) -> None:
        """Go on after a restart: words up to ``judged_us`` were judged before and only give context."""
        self._judged_us = judged_us
        self._words = [word for word in context if word.end_us > judged_us - CONTEXT_US]
        self._judged_words = len(self._words)

    def hear(self, heard: Heard) -> None:
        """Take in what became final."""
        self._words.extend(heard.words)
        self._known_us = max(self._known_us, heard.known_us)
        self._paused = heard.pause

    def take(self) -> Portion | None:
        """What can be judged now; None when the watermark would not move. Judge it before hearing more."""
        ripe = self._ripe()
        judged_us = self._watermark(ripe)
        if judged_us <= self._judged_us and ripe <= self._judged_words:
            return None
        return Portion(tuple(self._words), self._judged_words, ripe, max(judged_us, self._judged_us))

    def judge(self, portion: Portion, circumstances: Circumstances) -> list[SpeechFinding]:
        """The new findings that begin on ripe words. Afterwards ``judged_us`` is the portion's."""
        found: list[SpeechFinding] = []
        if portion.ripe > portion.context:
            # Stricter on what is said after a stop, not on the rest of the phrase that was stopped.
            strict = (
                frozenset(rule for rule, at_us in self._stops.items() if 0 <= portion.at_us - at_us < STRICT_US)
                | circumstances.strict_rules
            )
            # Disclaimers have seconds of their own, beyond one utterance: they are watched here, not judged there.
            claims = tuple(ApprovedClaim(each.wording) for each in circumstances.claims)
            self._claims = (*claims, *_of_products(circumstances))
            judged = judge(
                _utterance(portion, self._question),
                msgspec.structs.replace(circumstances, strict_rules=strict, claims=claims),
                self._pack,
            )
            found = [
                timed for each in judged.findings if each.first < portion.ripe for timed in self._new(portion, each)
            ]
            if portion.ripe == len(portion.words):
                self._question = judged.question
        found.extend(self._disclosure(portion, circumstances))
        found.extend(
            self._disclaimers.follow(
                portion.words[: portion.ripe],
                portion.context,
                circumstances.claims,
                portion.judged_us,
                circumstances.subject.delay_ms * 1000,
            )
        )
        self._settle(portion)
        return found

    # -- inside

    def _ripe(self) -> int:
        if not self._words:
            return 0
        if self._paused and self._known_us - self._words[-1].end_us >= PAUSE_US:
            return len(self._words)
        ripe = self._judged_words
        while ripe < len(self._words) and self._words[ripe].end_us + SETTLE_US <= self._known_us:
            ripe += 1
        return min(ripe, self._unfinished_claim()) if ripe > self._judged_words else ripe

    def _unfinished_claim(self) -> int:
        """The first word of an approved claim that the words break off in; behind all words when there is none."""
        tokens = self._pack.read([word.text for word in self._words]) if self._claims else ()
        begun = claim_begun([token.text for token in tokens], self._claims, self._pack.read) if tokens else None
        if begun is None:
            return len(self._words)
        first = max(tokens[begun].word, self._judged_words)
        return first if self._known_us - self._words[first].start_us <= CLAIM_WAIT_US else len(self._words)

    def _watermark(self, ripe: int) -> int:
        if ripe < len(self._words):
            return min(self._known_us, self._words[ripe].start_us - _LEAD_US)
        return self._known_us

    def _new(self, portion: Portion, found: Found) -> list[SpeechFinding]:
        """``found`` in programme time, without the words at its ends that its rule has as gravely stopped before."""
        uncovered = [
            at for at in range(found.first, found.last + 1) if not self._is_given(found, portion.words[at].start_us)
        ]
        if not uncovered:
            return []
        first, last = uncovered[0], uncovered[-1]
        words = portion.words[first : last + 1]
        start_us, end_us = words[0].start_us, words[-1].end_us
        self._given.append(_Given(found.rule, RANK[found.verdict], start_us, end_us))
        if found.verdict in ("hold", "block"):
            self._stops[found.rule] = end_us
            start_us, end_us = _with_its_clause(portion.words, first, last)
        quote = " ".join(word.text for word in words).strip(" ,.;:!?")
        return [SpeechFinding(msgspec.structs.replace(found, first=first, last=last, quote=quote), start_us, end_us)]

    def _is_given(self, found: Found, at_us: int) -> bool:
        return any(
            each.rule == found.rule and each.rank >= RANK[found.verdict] and each.start_us <= at_us < each.end_us
            for each in self._given
        )

    def _disclosure(self, portion: Portion, circumstances: Circumstances) -> list[SpeechFinding]:
        """R14's reminder: a paid host who has not said so for DISCLOSE_EVERY_US. A note; it stops nothing."""
        rule = self._pack.data.disclosure
        if not circumstances.subject.host_is_paid or rule is None or not portion.words:
            return []
        if self._disclosed_us is None:
            self._disclosed_us = portion.words[0].start_us
        # A phrase may have begun in the portion before.
        near = portion.words[max(0, portion.context - _DISCLOSURE_WORDS) : portion.ripe]
        if portion.ripe > portion.context and self._pack.discloses(" ".join(word.text for word in near)):
            self._disclosed_us = portion.words[portion.ripe - 1].end_us
            return []
        ripe = portion.words[portion.context : portion.ripe]
        if not ripe or ripe[-1].end_us - self._disclosed_us < DISCLOSE_EVERY_US:
            return []
        minutes = (ripe[-1].end_us - self._disclosed_us) // 60_000_000
        self._disclosed_us = ripe[-1].end_us
        found = Found(
            rule.id, rule.title, "note", portion.ripe - 1, portion.ripe - 1, ripe[-1].text,
            f"A paid host has not said so for {minutes} minutes.", rule.citation, {"host_is_paid": True},
            rule.say_instead,
        )  # fmt: skip
        return [SpeechFinding(found, ripe[-1].start_us, ripe[-1].end_us)]

    def _settle(self, portion: Portion) -> None:
        self._judged_us = max(self._judged_us, portion.judged_us)
        self._judged_words = max(self._judged_words, portion.ripe)
        keep = 0
        while keep < self._judged_words and (
            self._words[keep].end_us < self._judged_us - CONTEXT_US or self._judged_words - keep > CONTEXT_WORDS_MAX
        ):
            keep += 1
        self._words = self._words[keep:]
        self._judged_words -= keep
        self._given = [each for each in self._given if each.end_us > self._judged_us - 2 * CONTEXT_US]


def _with_its_clause(words: Sequence[Word], first: int, last: int) -> tuple[int, int]:
    """What airs no more when words ``first`` to ``last`` are stopped: they and what belongs to them in their clause.

    "Nobody sells it cheaper" leaves "than we do" behind, "marble" leaves "carved from one block of". A clause ends at
    a comma, a full stop, a breath or a word that begins another, and at most CLAUSE_WORDS_MAX words go with the
    stopped ones on either side. The edges lie at the neighbours', where these are near: a recogniser's times end words
    early.
    """
    for _ in range(CLAUSE_WORDS_MAX):
        if first == 0 or _apart(words[first - 1], words[first]):
            break
        first -= 1
    for _ in range(CLAUSE_WORDS_MAX):
        if last + 1 == len(words) or _apart(words[last], words[last + 1]):
            break
        last += 1
    start_us, end_us = words[first].start_us, words[last].end_us
    if first and start_us - words[first - 1].end_us < _BREATH_US:
        start_us = words[first - 1].end_us
    if last + 1 < len(words) and words[last + 1].start_us - end_us < _BREATH_US:
        end_us = words[last + 1].start_us
    return start_us, end_us


def _apart(before: Word, after: Word) -> bool:
    return (
        before.text[-1:] in _CLAUSE_ENDS
        or after.start_us - before.end_us >= _BREATH_US
        or after.text.lower().strip("\"',") in _CLAUSE_BEGINS
    )


def _of_products(circumstances: Circumstances) -> tuple[ApprovedClaim, ...]:
    wordings = {wording for product in circumstances.products for wording in product.facts.approved_claims or []}
    return tuple(ApprovedClaim(wording) for wording in sorted(wordings))


def _utterance(portion: Portion, question: str | None) -> Utterance:
    words = portion.words
    gaps = [
        0,
        *(max(0, after.start_us - before.end_us) // 1000 for before, after in pairwise(words)),
    ]
    return Utterance(
        words=tuple(word.text for word in words), gaps_ms=tuple(gaps), context=portion.context, question=question
    )
