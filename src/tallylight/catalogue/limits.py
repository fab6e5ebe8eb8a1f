"""Limits of the catalogue, and the checks of texts and amounts against them."""

import re

from tallylight.foundation.errors import InvalidInputError

TITLE_MAX = 255
DESCRIPTION_MAX = 20_000
URL_MAX = 2_000
TAGS_MAX = 50
VARIANTS_MAX = 250
PHOTOS_MAX = 50
OPTIONS_MAX = 3
ATTRIBUTES_MAX = 50
PRICE_MINOR_MAX = 100_000_000_000
STOCK_MAX = 10_000_000
WEIGHT_GRAMS_MAX = 10_000_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


def clean_text(text: str) -> str:
    """Without control characters (PostgreSQL takes no NUL) and outer white space."""
    return _CONTROL.sub("", text).strip()


def checked_text(value: str, what: str, longest: int, *, shortest: int = 0) -> str:
    """``value`` cleaned; InvalidInputError when its length is not ``shortest`` to ``longest`` characters."""
    text = clean_text(value)
    if len(text) < shortest:
        raise InvalidInputError(f"{what} is missing", field=what)
    if len(text) > longest:
        raise InvalidInputError(f"{what} has {len(text)} characters; the limit is {longest}", field=what)
    return text


def checked_range(value: int, what: str, most: int) -> int:
    """``value``; InvalidInputError unless it is 0 to ``most``."""
    if not 0 <= value <= most:
        raise InvalidInputError(f"{what} is {value}; it must be 0 to {most}", field=what)
    return value


def is_web_address(url: str) -> bool:
    """Whether ``url`` is a plain http or https address of reasonable length."""
    return len(url) <= URL_MAX and _WEB_ADDRESS.fullmatch(url) is not None


def is_file_name(name: str) -> bool:
    """Whether ``name`` is one safe path component."""
    return _FILE_NAME.fullmatch(name) is not None
