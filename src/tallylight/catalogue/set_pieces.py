"""How many pieces a product sold as a set holds: stated as an attribute or an option, or said by its title."""

import re
from collections.abc import Mapping

from text_to_num import text2num

PIECES_MAX = 144
_STATED = ("pieces", "set_of", "pack_of", "count", "pack size", "pack", "pieces per pack")
_NAMED = {"duo": 2, "pair": 2, "trio": 3, "quartet": 4, "dozen": 12}
_SET = re.compile(r"\b(?:set|pack|box|bundle) of (?P<count>[\w-]+)", re.IGNORECASE)
_PACK = re.compile(r"\b(?P<count>[\w]+)[- ](?:pack|piece|pc|pcs)\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def pieces_of(title: str, stated: Mapping[str, str]) -> int | None:
    """The number of pieces (2 to PIECES_MAX) in what ``title`` names; None when it does not seem to be a set.

    ``stated``: attributes and options, which count more than the title.
    """
    for name, value in stated.items():
        if name.casefold() in _STATED and (count := _number(value.split()[0] if value.split() else "")) is not None:
            return count
    for pattern in (_SET, _PACK):
        match = pattern.search(title)
        if match is not None and (count := _number(match["count"])) is not None:
            return count
    return next((_NAMED[word] for word in (each.casefold() for each in _WORD.findall(title)) if word in _NAMED), None)


def _number(text: str) -> int | None:
    try:
        value = int(text) if text.isdecimal() else int(text2num(text.casefold(), "en"))
    except ValueError:
        return None
    return value if 2 <= value <= PIECES_MAX else None
