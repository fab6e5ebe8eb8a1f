"""Near sounds: what a small recogniser writes for a word that it does not know.

"eczema" comes out as "exima" or "X M A", "psoriasis" as "soriasis", "arthritis" as "or thrytous". A sound key keeps the
consonants that stay put under such errors (voiced and voiceless together, vowels dropped), and short spellings
are compared letter by letter. Near sounds are only looked for among a rule's own rare words.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

_KEY_MIN = 3
_KEY_MIN_JOINED = 4
_KEY_LONG = 5
"""Keys at least this long may differ in one sound when several words are run together."""
_JOINED_RATIO = 60
_SPELLING_MIN = 5
_KEY_RATIO = 44
"""Even with the same sound key, a word must share nearly half of its letters."""
_SPELLING_RATIO = 82
_TOKENS_MAX = 3
_REMEMBERED_MAX = 16_384
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_LETTERS_AS_SOUNDS = "- P S T - F S S - SK K L M N - P K R S T - F TPL KS - S"
_LETTER_SOUNDS = {letter: sound.strip("-") for letter, sound in zip(_ALPHABET, _LETTERS_AS_SOUNDS.split(), strict=True)}
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^(ps|pn|kn|gn|wr)(.)", r"\2"),
        (r"^x", "s"),
        (r"cz|x|cs|ks|cks", "KS"),
        (r"tch|sch|sh|ch(?=[ei])|sci", "S"),
        (r"ph|gh(?=t?$)", "F"),
        (r"th", "F"),
        (r"dg", "S"),
        (r"ck|qu|q|ch|cc", "K"),
        (r"c(?=[eiy])", "S"),
        (r"g(?=[eiy])", "S"),
        (r"[cg]", "K"),
        (r"[sz]+|j", "S"),
        (r"[bp]+", "P"),
        (r"[dt]+", "T"),
        (r"[fv]+", "F"),
        (r"k+", "K"),
        (r"l+", "L"),
        (r"r+", "R"),
        (r"m+", "M"),
        (r"n+", "N"),
        (r"[aeiouywh0-9.']+", "-"),
    )
)


class NearEntry(msgspec.Struct, frozen=True):
    """One rare word or phrase to listen for."""

    text: str
    key: str


@lru_cache(maxsize=16_384)
def sound_key(text: str) -> str:
    """The consonant skeleton of ``text`` (one or more words)."""
    words = text.lower().split()
    if len(words) > 1 and all(len(word) == 1 for word in words):
        return "".join(_LETTER_SOUNDS.get(word, "") for word in words)
    key = "".join(_word_sounds(word) for word in words)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"-+", "-", key)).replace("-", "")


@lru_cache(maxsize=16_384)
def _word_sounds(word: str) -> str:
    """A word's sounds, with a dash at its end and where vowels were."""
    if word[:1] == "x" and len(word) <= 4:
        word = "e" + word
    if word[:2] == "ps":
        word = word[1:]
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return word + "-"


class NearSounds:
    """Finds near-sounding entries in token runs. ``common``: words that are never taken for something rarer."""

    def __init__(self, entries: Iterable[str], common: frozenset[str]) -> None:
        self._entries = [NearEntry(text, sound_key(text)) for text in entries]
        self._common = common
        self._by_key: dict[str, str] = {}
        for entry in self._entries:
            if len(entry.key) >= _KEY_MIN:
                self._by_key.setdefault(entry.key, entry.text)
        longest = max((len(entry.key) for entry in self._entries), default=0)
        # One sound apart means one longer or shorter at most, so most entries need no comparing.
        self._by_length = {
            size: [entry for entry in self._entries if abs(len(entry.key) - size) <= (len(entry.key) >= _KEY_LONG)]
            for size in range(_KEY_MIN_JOINED, longest + 2)
        }
        self._long = [entry for entry in self._entries if len(entry.text) >= _SPELLING_MIN]
        # Speech says the same words over and over; what one of them stands for is worked out once.
        self._one = lru_cache(maxsize=_REMEMBERED_MAX)(self._one_token)
        self._several = lru_cache(maxsize=_REMEMBERED_MAX)(self._joined)

    def at(self, tokens: Sequence[str], start: int) -> list[tuple[int, str]]:
        """(end, entry) for what the tokens from ``start`` may stand for."""
        found = []
        for end in range(start + 1, min(start + _TOKENS_MAX, len(tokens)) + 1):
            entry = self._one(tokens[start]) if end == start + 1 else self._several(tuple(tokens[start:end]))
            if entry is not None:
                found.append((end, entry))
        return found

    def _one_token(self, token: str) -> str | None:
        if token in self._common or not token.isalpha():
            return None
        key = sound_key(token)
        exact = self._by_key.get(key)
        if exact is not None and fuzz.ratio(token, exact) >= _KEY_RATIO:
            return exact
        if len(token) < _SPELLING_MIN:
            return None
        for entry in self._long:
            if fuzz.ratio(token, entry.text) >= _SPELLING_RATIO:
                return entry.text
        return None

    def _joined(self, run: tuple[str, ...]) -> str | None:
        longest = max(run, key=len)
        if len(longest) > 1 and longest in self._common:
            return None
        written = "".join(run)
        if not written.isalpha():
            return None
        if len(longest) == 1:  # spelled letter by letter
            return self._by_key.get(sound_key(" ".join(run)))
        key = sound_key(" ".join(run))
        if len(key) < _KEY_MIN_JOINED:
            return None
        for entry in self._by_length.get(len(key), ()):
            near = Levenshtein.distance(key, entry.key, score_cutoff=1)
            if near <= (1 if len(entry.key) >= _KEY_LONG else 0) and fuzz.ratio(written, entry.text) >= _JOINED_RATIO:
                return entry.text
        return None
