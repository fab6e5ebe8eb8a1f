"""Disclaimers over utterances: a claim that needs one clears only with it spoken within its seconds, before or after.

A disclaimer that does not come is found when its seconds are over. While the claim's own words are still held by the
delay, with DECIDE_US left for the desk, that is a hold; once they have aired it is a note. Pure.
"""

from collections.abc import Sequence

import msgspec

from tallylight.compliance.claims import ApprovedClaim, claim_spans
from tallylight.compliance.speech_finding import SpeechFinding
from tallylight.compliance.tokens import read_tokens
from tallylight.compliance.types import Found
from tallylight.speech.recogniser import Word

RULE, TITLE, CITATION = "DISCLAIMER", "Required disclaimer", "claims library"
DECIDE_US = 4_000_000
"""Recognition, with some seconds for the desk: a hold that comes later than this before the words air is none."""
_REMEMBERED_US = 600_000_000


class _Span(msgspec.Struct, frozen=True):
    claim: ApprovedClaim
    start_us: int
    end_us: int
    quote: str


class DisclaimerWatch:
    """Remembers which claims were made and which disclaimers spoken."""

    def __init__(self) -> None:
        self._owed: list[_Span] = []
        self._spoken: list[_Span] = []

    def follow(
        self,
        words: Sequence[Word],
        context: int,
        claims: Sequence[ApprovedClaim],
        judged_us: int,
        delay_us: int,
    ) -> list[SpeechFinding]:
        """Take in ``words``, of which the first ``context`` were there before; what is overdue at ``judged_us``."""
        conditional = [claim for claim in claims if claim.disclaimer is not None]
        wanted = {each.disclaimer or "" for each in (*conditional, *(span.claim for span in self._owed))}
        if len(words) > context and wanted:
            self._owed += _fresh(words, context, conditional)
            self._spoken += _fresh(words, context, [ApprovedClaim(text) for text in sorted(wanted)])
        self._owed = [span for span in self._owed if not self._honoured(span)]
        overdue = [span for span in self._owed if judged_us > _due_us(span)]
        self._owed = [span for span in self._owed if judged_us <= _due_us(span)]
        self._spoken = [span for span in self._spoken if span.end_us > judged_us - _REMEMBERED_US]
        return [_finding(span, held=judged_us + DECIDE_US <= span.start_us + delay_us) for span in overdue]

    def _honoured(self, span: _Span) -> bool:
        within_us = span.claim.within_s * 1_000_000
        return any(
            said.claim.wording == span.claim.disclaimer
            and said.start_us <= span.end_us + within_us
            and said.end_us >= span.start_us - within_us
            for said in self._spoken
        )


def _due_us(span: _Span) -> int:
    return span.end_us + span.claim.within_s * 1_000_000


def _fresh(words: Sequence[Word], context: int, claims: Sequence[ApprovedClaim]) -> list[_Span]:
    """Where ``words`` say a claim with at least one word that is new."""
    tokens = read_tokens([word.text for word in words])
    found = []
    for span in claim_spans([token.text for token in tokens], claims):
        first, last = tokens[span.start].word, tokens[span.end - 1].word
        if last >= context:
            quote = " ".join(word.text for word in words[first : last + 1]).strip(" ,.;:!?")
            found.append(_Span(span.claim, words[first].start_us, words[last].end_us, quote))
    return found


def _finding(span: _Span, *, held: bool) -> SpeechFinding:
    claim = span.claim
    reason = f'"{span.quote}" is approved with a disclaimer, which was not heard within {claim.within_s} s of it.'
    found = Found(
        RULE, TITLE, "hold" if held else "note", 0, 0, span.quote, reason, CITATION,
        {"disclaimer": claim.disclaimer or "", "disclaimer_within_s": claim.within_s}, claim.disclaimer or "",
    )  # fmt: skip
    return SpeechFinding(found, span.start_us, span.end_us)
