"""Packs for commands: one that ships, or a file; what is wrong with it as a sentence."""

import tomllib
from pathlib import Path

import msgspec

from tallylight.compliance.pack import MARKETS, Pack, load_pack, read_pack
from tallylight.compliance.patterns import PatternError
from tallylight.foundation.errors import InvalidInputError


def market_pack(market: str) -> Pack:
    """The pack that ships for ``market``. InvalidInputError says which there are."""
    try:
        return load_pack(market)
    except KeyError:
        raise InvalidInputError(
            f"there is no pack for the market {market!r}: the markets are {', '.join(MARKETS)}", field="market"
        ) from None


def pack_from_file(file: Path) -> Pack:
    """A pack that somebody wrote. InvalidInputError says what is wrong with it."""
    try:
        return read_pack(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}", field="pack") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, PatternError) as error:
        raise InvalidInputError(f"{file}: {error}", field="pack") from None
    except KeyError as error:
        raise InvalidInputError(f"{file} extends {error}, a pack that does not ship", field="pack") from None
