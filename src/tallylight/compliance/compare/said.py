"""What was said, as comparisons see it, and what comes of comparing."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from tallylight.compliance.numbers import NumberSpan, find_numbers
from tallylight.compliance.patterns import Annotated, Match
from tallylight.compliance.tokens import boundaries
from tallylight.compliance.word_sets import word_set

State = Literal["fine", "contradicted", "unknown"]
_ABOUT = word_set("about around roughly almost nearly approximately like maybe")


class Comparison(msgspec.Struct, frozen=True):
    """What came of comparing: ``said`` in words for the desk, ``facts`` as compared."""

    state: State
    said: str
    facts: Mapping[str, str | int | bool]


class Said(msgspec.Struct, frozen=True):
    """The match that is compared, in its text. ``heard``: from a recogniser, so near readings count."""

    match: Match
    text: Annotated
    heard: bool

    @property
    def core(self) -> str:
        """The words of the match itself."""
        return " ".join(self.words(self.match.core_start, self.match.core_end))

    def words(self, start: int, end: int) -> list[str]:
        return [token.text for token in self.text.tokens[start:end]]

    def numbers(self, start: int, end: int) -> list[NumberSpan]:
        """The numbers among these tokens, none over the end of a sentence."""
        return find_numbers(self.words(start, end), *boundaries(self.text.tokens[start:end]))

    def capture(self, *names: str) -> tuple[int, int] | None:
        return next((span for name in names if (span := self.match.capture(name)) is not None), None)

    def about(self, start: int) -> bool:
        return bool(_ABOUT & set(self.words(max(0, start - 2), start)))


def state_of(known: bool, fits: bool) -> State:
    """Fine when it fits; otherwise contradicted by what is known, or unknown."""
    return "fine" if fits else "contradicted" if known else "unknown"
