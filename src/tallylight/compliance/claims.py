"""Approved claims: wording that compliance signed off for one product and market, until it expires.

A claim clears only its own span: the words of the claim in order, with nothing of weight missing, swapped or added.
"""

from collections.abc import Callable, Sequence

import msgspec
from rapidfuzz import fuzz

from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.tokens import Token, read_tokens
from tallylight.compliance.word_sets import word_set

_LIGHT = word_set(
    "a an the is are it its it's this that to and of for so very really just in on with your you our we i "
    "my been has have also that's be"
)
_EXTRA_MAX = 2
_SAME_WORD = 84


class ApprovedClaim(msgspec.Struct, frozen=True):
    """A claim that may be made now, with the disclaimer that has to be spoken with it, if any, and how soon."""

    wording: str
    disclaimer: str | None = None
    within_s: int = 10


class ClaimSpan(msgspec.Struct, frozen=True):
    """Tokens ``start`` to ``end`` (exclusive) say ``claim``."""

    start: int
    end: int
    claim: ApprovedClaim


def claim_spans(
    texts: Sequence[str],
    claims: Sequence[ApprovedClaim],
    read: Callable[[Sequence[str]], Sequence[Token]] = read_tokens,
) -> list[ClaimSpan]:
    """Where ``texts`` (tokens) say an approved claim; ``read``: how the market's language reads a wording."""
    spoken = _weighty(texts)
    found = []
    for each in claims:
        wanted = [word for word, _, _ in _weighty([token.text for token in read(each.wording.split())])]
        if not wanted:
            continue
        for first in range(len(spoken)):
            last = _says(spoken, first, wanted)
            if last is not None:
                found.append(ClaimSpan(spoken[first][1], spoken[last][2], each))
    return found


def claim_begun(
    texts: Sequence[str],
    claims: Sequence[ApprovedClaim],
    read: Callable[[Sequence[str]], Sequence[Token]] = read_tokens,
) -> int | None:
    """The first token of a claim that ``texts`` breaks off in: two words of weight or more are said, the last not."""
    spoken = _weighty(texts)
    if spoken and spoken[-1][0][:1].isdigit():  # "twenty" may be growing into "twenty four"
        spoken = spoken[:-1]
    begun: int | None = None
    for each in claims:
        wanted = [word for word, _, _ in _weighty([token.text for token in read(each.wording.split())])]
        for first in range(max(0, len(spoken) - len(wanted) - _EXTRA_MAX), len(spoken) - 1):
            sizes = range(2, min(len(spoken) - first + 1, len(wanted)))
            said = any(_says(spoken, first, wanted[:size]) == len(spoken) - 1 for size in sizes)
            if said and (begun is None or spoken[first][1] < begun):
                begun = spoken[first][1]
    return begun


def _weighty(texts: Sequence[str]) -> list[tuple[str, int, int]]:
    """Words that carry the meaning, numbers as figures: (word, first token, end token)."""
    numbers = {number.start: number for number in find_numbers(texts)}
    words = []
    at = 0
    while at < len(texts):
        number = numbers.get(at)
        if number is not None:
            words.append((str(number.readings[0]), number.start, number.end))
            at = number.end
            continue
        if texts[at] not in _LIGHT:
            words.append((texts[at], at, at + 1))
        at += 1
    return words


def _says(spoken: Sequence[tuple[str, int, int]], first: int, wanted: Sequence[str]) -> int | None:
    """Index of the last spoken word when the claim is said from ``first``; None when it is not."""
    at, extra = first, 0
    for index, word in enumerate(wanted):
        while at < len(spoken) and not _same(spoken[at][0], word):
            if index == 0 or extra == _EXTRA_MAX or _denies(spoken[at][0]):
                return None
            at, extra = at + 1, extra + 1
        if at >= len(spoken):
            return None
        at += 1
    return at - 1


def _denies(word: str) -> bool:
    return word in ("not", "no", "never", "every", "all", "always", "completely", "percent")


def _same(spoken: str, wanted: str) -> bool:
    if spoken == wanted:
        return True
    return not spoken[:1].isdigit() and len(wanted) > 3 and fuzz.ratio(spoken, wanted) >= _SAME_WORD
