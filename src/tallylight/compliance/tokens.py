"""Spoken words as tokens that rules can read: lower case, contractions opened, figures apart from their units.

A token remembers which word it came from, so that a finding ends up on words, and what stands before it: nothing,
a comma (soft) or the end of a sentence (hard). In speech a full stop without a breath is soft: recognisers end
every window with one.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from tallylight.compliance.word_sets import word_set

NONE, SOFT, HARD = 0, 1, 2
_BREATH_MS = 200
_LONG_PAUSE_MS = 1200
_CALL_TOKENS_MAX = 3
"""A question this short ("Eczema? Gone in a week.") only calls up what the next words are about: one sentence."""

_FILLERS = word_set("um uh er erm hmm mm mhm uhm ah")
_WHOLE = {
    "cannot": "can not",
    "can't": "can not",
    "won't": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "dr": "doctor",
    "dr.": "doctor",
    "o'clock": "oclock",
    "let's": "let us",
    "y'all": "you all",
    "yall": "you all",
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "isnt": "is not",
    "arent": "are not",
    "wasnt": "was not",
    "cant": "can not",
    "wont": "will not",
    "havent": "have not",
    "im": "i am",
    "ive": "i have",
    "youre": "you are",
    "theyre": "they are",
    "thats": "that is",
    "lemme": "let me",
    "gimme": "give me",
    "kinda": "kind of",
    "cuz": "because",
    "'cause": "because",
    "ok": "okay",
    "no.1": "number one",
    "bogo": "buy one get one free",
    "fda-approved": "fda approved",
    "#1": "number one",
    "lbs": "pounds",
    "lb": "pounds",
    "colour": "color",
    "colours": "colors",
    "moisturiser": "moisturizer",
    "mins": "minutes",
    "secs": "seconds",
    "hrs": "hours",
}
_IS_WORDS = word_set(
    "it that he she what there here who where how this one everything nothing everyone everybody somebody someone "
    "nobody"
)
_SPLIT = re.compile(r"[\s\-\u2013\u2014/]+")
_MONEY = re.compile(r"([$£€])(\d[\d,]*(?:\.\d+)?|\.\d+)(k)?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_FIGURE_UNIT = re.compile(r"(\d+(?:\.\d+)?)(pm|am|oz|lbs?|kg|g|ml|mg|x|hrs?|hours?|mins?|minutes?|days?|k|th|st|nd|rd)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(am|pm)?")
_SIGN_WORDS = {"$": "dollars", "£": "quid", "€": "euros"}
"""Words that name nothing but money: pounds are a weight as well."""


class Token(msgspec.Struct, frozen=True):
    """One token. ``word``: index of the word it came from; ``before``: NONE, SOFT or HARD boundary before it."""

    text: str
    word: int
    before: int
    capital: bool = False
    question: bool = False
    """The sentence that this token ends was written with a question mark."""


def read_tokens(words: Sequence[str], gaps_ms: Sequence[int] | None = None) -> list[Token]:
    """Tokens of ``words`` (with their punctuation, as written or recognised).

    ``gaps_ms``: for speech, the silence before each word; None for text, where punctuation alone decides.
    """
    tokens: list[Token] = []
    before = HARD
    for index, word in enumerate(words):
        gap = gaps_ms[index] if gaps_ms is not None else None
        if gap is not None and gap >= _LONG_PAUSE_MS:
            before = HARD
        elif gap is not None and before == HARD and tokens and gap < _BREATH_MS:
            before = SOFT
        stripped = word.strip().strip("\"'“”‘’()[]…*")
        pieces = _pieces(stripped)
        for piece in pieces:
            if piece in _FILLERS:
                continue
            tokens.append(Token(piece, index, before, stripped[:1].isupper()))
            before = NONE
        mark = _mark(stripped)
        before = max(before, mark)
        if stripped.rstrip("\"'”’)").endswith("?") and tokens:
            tokens[-1] = msgspec.structs.replace(tokens[-1], question=True)
            if _since_hard(tokens) <= _CALL_TOKENS_MAX and before == HARD:
                before = SOFT
    return tokens


def _since_hard(tokens: Sequence[Token]) -> int:
    """How many tokens the last sentence has so far."""
    return next(count for count, token in enumerate(reversed(tokens), 1) if token.before == HARD)


def boundaries(tokens: Sequence[Token]) -> tuple[frozenset[int], frozenset[int]]:
    """(where a sentence begins, where a comma or a breath stands before): indexes into ``tokens`` after the first."""
    ends = frozenset(at for at, token in enumerate(tokens) if at and token.before == HARD)
    pauses = frozenset(at for at, token in enumerate(tokens) if at and token.before == SOFT)
    return ends, pauses


def text_words(text: str) -> list[tuple[str, int, int]]:
    """The words of written text with their character positions: (word, start, end)."""
    return [(match.group(), match.start(), match.end()) for match in re.finditer(r"\S+", text)]


def _mark(word: str) -> int:
    tail = word.rstrip("\"'”’)")
    if tail.lower() in ("dr.", "mr.", "mrs.", "ms.", "vs.", "no."):
        return NONE
    if tail.endswith((".", "!", "?")):
        return HARD
    if tail.endswith((",", ";", ":", "—", "–")):
        return SOFT
    return NONE


@lru_cache(maxsize=16_384)
def _pieces(word: str) -> tuple[str, ...]:
    pieces: list[str] = []
    for part in _SPLIT.split(word):
        clean = part.lower().replace("’", "'").strip('.,!?;:"()[]…*&')
        if clean:
            pieces.extend(_opened(clean))
    return tuple(pieces)


def _opened(word: str) -> list[str]:
    if word in _WHOLE:
        return _WHOLE[word].split()
    money = _MONEY.fullmatch(word)
    if money:
        figure = money.group(2).replace(",", "")
        return [f"{figure}000" if money.group(3) else figure, _SIGN_WORDS[money.group(1)]]
    percent = _PERCENT.fullmatch(word)
    if percent:
        return [percent.group(1), "percent"]
    clock = _CLOCK.fullmatch(word)
    if clock:
        return [word.removesuffix("am").removesuffix("pm"), *([clock.group(3)] if clock.group(3) else [])]
    unit = _FIGURE_UNIT.fullmatch(word)
    if unit:
        return [unit.group(1), *_opened(unit.group(2))] if unit.group(2) not in ("th", "st", "nd", "rd") else [word]
    return _contraction(word)


def _contraction(word: str) -> list[str]:
    for ending, opened in (("n't", "not"), ("'ll", "will"), ("'re", "are"), ("'ve", "have"), ("'m", "am")):
        if word.endswith(ending) and len(word) > len(ending):
            return [word[: -len(ending)], opened]
    if word.endswith("'d"):
        return [word[:-2], "would"]
    if word.endswith("'s"):
        return [word[:-2], "is"] if word[:-2] in _IS_WORDS else [word[:-2]]
    return [word.replace("'", "")]
