"""An utterance as it is judged: its words as tokens with what the pack knows of them, and the findings made on it."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from tallylight.compliance.chinese import join_words
from tallylight.compliance.claims import ClaimSpan
from tallylight.compliance.pack import Rule
from tallylight.compliance.patterns import Annotated, Match
from tallylight.compliance.tokens import Token
from tallylight.compliance.types import Circumstances, Found, Utterance


class Case(msgspec.Struct, frozen=True):
    """``excuses``: what each ``unless`` pattern asked so far matches, by its identity; many patterns share a rule's."""

    utterance: Utterance
    circumstances: Circumstances
    tokens: Sequence[Token]
    text: Annotated
    claims: Sequence[ClaimSpan]
    excuses: dict[int, list[Match]]

    @property
    def is_heard(self) -> bool:
        """Speech, and not a written line."""
        return self.utterance.gaps_ms is not None

    @property
    def first_fresh(self) -> int:
        """The token of the first word that is not context; their number when all are."""
        tokens = self.tokens
        return next((at for at, token in enumerate(tokens) if token.word >= self.utterance.context), len(tokens))

    def quote(self, start: int, end: int) -> str:
        """The words of tokens ``start`` to ``end``."""
        return quote_words(self.utterance.words[self.tokens[start].word : self.tokens[end - 1].word + 1])

    def found(
        self,
        rule: Rule,
        verdict: str,
        start: int,
        end: int,
        reason: str,
        facts: Mapping[str, str | int | bool] | None = None,
        *,
        note_below: float = 0,
    ) -> Found:
        """A finding on tokens ``start`` to ``end``; any other verdict than "block" and "hold" is a note."""
        kind: Literal["note", "hold", "block"] = (
            "block" if verdict == "block" else "hold" if verdict == "hold" else "note"
        )
        return Found(
            rule=rule.id,
            rule_title=rule.title,
            verdict=kind,
            first=self.tokens[start].word,
            last=self.tokens[end - 1].word,
            quote=self.quote(start, end),
            reason=reason,
            citation=rule.citation,
            facts=facts or {},
            say_instead=rule.say_instead,
            note_below=note_below,
        )


def quote_words(words: Sequence[str]) -> str:
    """``words`` as one text, without the punctuation around them."""
    return join_words(words).strip(" ,.;:!?。，！？")
