"""Makes viewers' words safe to put beside others': pure rules, no judgement of what they say.

Goes: control and format characters (bidirectional overrides turn a line around, zero-width ones hide in a name),
private-use and unassigned ones, invisible letters, stacks of combining marks that climb over other lines. Stays:
every script, emoji with their joiners, and the joiners that Arabic-script words need (Unicode Standard, 23.2).
"""

import unicodedata

from tallylight.foundation.errors import InvalidInputError

NAME_LENGTH_MAX = 40
TEXT_LENGTH_MAX = 300
MARKS_IN_A_ROW_MAX = 3
# What a body may hold before cleaning: hostile input is not worth normalising.
RAW_LENGTH_MAX = 2_000

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_ZERO_WIDTH_JOINER = "\u200d"
_ZERO_WIDTH_NON_JOINER = "\u200c"


def clean_name(raw: str) -> str:
    """A viewer's name of 1 to 40 characters, or InvalidInputError for the field ``name``."""
    return _clean(raw, NAME_LENGTH_MAX, "name")


def clean_text(raw: str) -> str:
    """A chat line of 1 to 300 characters, or InvalidInputError for the field ``text``."""
    return _clean(raw, TEXT_LENGTH_MAX, "text")


def _clean(raw: str, length_max: int, field: str) -> str:
    if len(raw) > RAW_LENGTH_MAX:
        raise InvalidInputError(f"{field} has at most {length_max} characters", field=field)
    cleaned = " ".join(_visible(unicodedata.normalize("NFC", raw)).split())
    if not 1 <= len(cleaned) <= length_max:
        raise InvalidInputError(f"{field} has 1 to {length_max} characters that can be seen", field=field)
    if all(unicodedata.category(character)[0] in "MZC" for character in cleaned):
        raise InvalidInputError(f"{field} has nothing in it that can be seen", field=field)
    return cleaned


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for index, character in enumerate(text):
        category = unicodedata.category(character)
        if character in _INVISIBLE_LETTERS or category in ("Zs", "Zl", "Zp") or character in "\t\n\r":
            kept.append(" ")
        elif category == "Cf":
            if _joins(character, text[index - 1] if index else "", text[index + 1 : index + 2]):
                kept.append(character)
        elif category in ("Mn", "Me", "Mc"):
            marks += 1
            if marks <= MARKS_IN_A_ROW_MAX:
                kept.append(character)
            continue
        elif not category.startswith("C"):
            kept.append(character)
        marks = 0
    return "".join(kept)


def _joins(joiner: str, before: str, after: str) -> bool:
    """Whether a zero-width (non-)joiner stands where it does its work."""
    if not before or not after:
        return False
    if joiner == _ZERO_WIDTH_JOINER and unicodedata.category(after) == "So":
        return before == "\ufe0f" or unicodedata.category(before) in ("So", "Sk")
    if joiner in (_ZERO_WIDTH_JOINER, _ZERO_WIDTH_NON_JOINER):
        return unicodedata.bidirectional(before) == unicodedata.bidirectional(after) == "AL"
    return False
