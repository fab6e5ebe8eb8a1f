"""Promises in what was said: words about an end, a number left, a last chance or a lowest price. Pure.

The market's rule pack already knows how hosts say these: patterns with one of the comparisons below. Whatever the
gate made of them at the time, what aired is a promise, and the days after it show whether it was kept.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

from tallylight.compliance.annotate import annotate
from tallylight.compliance.pack import CompiledPattern, CompiledRule, Pack
from tallylight.compliance.patterns import Annotated, Match
from tallylight.compliance.scope import asked, negated, told_as_false, unreal
from tallylight.compliance.tokens import read_tokens
from tallylight.speech.recogniser import Word

KIND_OF_COMPARISON: Mapping[str, str] = {
    "deadline": "deadline",
    "deal_ending": "deadline",
    "deadline_tomorrow": "deadline",
    "with_the_show": "deadline",
    "stock": "stock",
    "stock_one": "stock",
    "stock_of_many": "stock",
    "low_stock": "stock",
    "last_chance": "last chance",
    "lowest_ever": "lowest price",
}
_WORDS_MAX = 40
_PAUSE_US = 1_200_000


class Promised(msgspec.Struct, frozen=True):
    """Words that promise. Times: programme time."""

    kind: str
    quote: str
    start_us: int
    end_us: int


def promises_in(words: Sequence[Word], pack: Pack, *, product_names: Sequence[str] = ()) -> list[Promised]:
    """The promises in ``words`` (in order, only what aired), each once, the longest of those that overlap."""
    found: list[Promised] = []
    for portion in _portions(words):
        tokens = read_tokens(
            tuple(word.text for word in portion),
            (0, *(max(0, after.start_us - before.end_us) // 1000 for before, after in pairwise(portion))),
        )
        if not tokens:
            continue
        text = annotate(tokens, pack, "USD", (), tuple(product_names))
        for kind, match in _matches(text, pack):
            first, last = tokens[match.core_start].word, tokens[match.core_end - 1].word
            quote = " ".join(word.text for word in portion[first : last + 1]).strip(" ,.;:!?")
            found.append(Promised(kind, quote, portion[first].start_us, portion[last].end_us))
    return _without_overlaps(found)


def _matches(text: Annotated, pack: Pack) -> Iterator[tuple[str, Match]]:
    for compiled, pattern in pack.candidates(text.present):
        kind = KIND_OF_COMPARISON.get(pattern.data.compare or "")
        if kind is None:
            continue
        for match in pattern.pattern.matches(text):
            if _said(text, compiled, pattern, match):
                yield kind, match


def _said(text: Annotated, compiled: CompiledRule, pattern: CompiledPattern, match: Match) -> bool:
    """Whether the words mean it: not excused by the pack, denied, asked or told as false."""
    excuses = pattern.unless if pattern.data.firm else (*pattern.unless, *compiled.unless)
    if any(excuse.start < match.end and match.start < excuse.end for each in excuses for excuse in each.matches(text)):
        return False
    if pattern.data.negatable and negated(text.tokens, match.start, match.end):
        return False
    if unreal(text.tokens, match.core_start, fact=True):
        return False
    return not told_as_false(text.tokens, match.start, match.end) and not asked(text.tokens, match.start, match.end)


def _portions(words: Sequence[Word]) -> Iterator[list[Word]]:
    portion: list[Word] = []
    for word in words:
        if portion and (word.start_us - portion[-1].end_us > _PAUSE_US or len(portion) == _WORDS_MAX):
            yield portion
            portion = []
        portion.append(word)
    if portion:
        yield portion


def _without_overlaps(found: list[Promised]) -> list[Promised]:
    kept: list[Promised] = []
    for each in sorted(found, key=lambda one: (one.start_us, -one.end_us)):
        if not any(one.kind == each.kind and each.start_us < one.end_us for one in kept[-4:]):
            kept.append(each)
    return kept
