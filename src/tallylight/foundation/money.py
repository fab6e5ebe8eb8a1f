"""Money is an integer of minor units with its currency. No floats, ever.

Shares are split by largest remainder (Hare quota, ties to the earlier share), so that the parts always sum
to the whole: 100 split 1:1:1 is 34, 33, 33.
"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Self

import msgspec

BASIS_POINTS = 10_000

# ISO 4217 exponents that differ from two. Everything unlisted has two decimals.
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV",
         "XAF", "XOF", "XPF"),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
_CURRENCY = re.compile(r"[A-Z]{3}")
# Codes found well-formed: at most 26 to the third, and money is made too often to match each one again.
_seen_currencies: set[str] = set()


def _is_currency(code: str) -> bool:
    if _CURRENCY.fullmatch(code) is None:
        return False
    _seen_currencies.add(code)
    return True


def exponent(currency: str) -> int:
    """Decimals of ``currency`` (ISO 4217): 2 for USD, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


class CurrencyMismatchError(ValueError):
    """Two currencies met in one sum."""


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount: ``minor`` units (cents, yen, fils; may be negative) of ``currency`` (ISO 4217 code)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in _seen_currencies and not _is_currency(self.currency):
            raise ValueError(f"currency {self.currency!r} is not a three-letter ISO 4217 code")

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Money from a decimal string such as ``"19.99"``.

        Raises ValueError for anything that is not a plain decimal or has more decimals than the currency.
        """
        try:
            amount = Decimal(text.strip())
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount of money; write it like 19.99") from None
        if not amount.is_finite():
            raise ValueError(f"{text!r} is not an amount of money; write it like 19.99")
        scaled = amount.scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise ValueError(f"{text!r} has more decimals than {currency} has")
        return cls(int(scaled), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        self._same(other)
        return self.minor <= other.minor

    def decimal(self) -> str:
        """The amount as a decimal string: ``"19.99"``, ``"-0.05"``, ``"1200"`` for yen."""
        places = exponent(self.currency)
        sign = "-" if self.minor < 0 else ""
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)

    def split(self, weights: Sequence[int]) -> list["Money"]:
        """Split by ``weights`` (>= 0, not all 0) with the largest remainder; the parts sum to the whole."""
        return [Money(part, self.currency) for part in split_minor(self.minor, weights)]

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency} do not add up")


def split_minor(minor: int, weights: Sequence[int]) -> list[int]:
    """``Money.split`` on bare minor units, for hot paths."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be >= 0 and not all zero")
    sign = -1 if minor < 0 else 1
    whole = abs(minor)
    parts = [whole * weight // total for weight in weights]
    remainders = [whole * weight % total for weight in weights]
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[: whole - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def basis_points_of(minor: int, basis_points: int) -> int:
    """``basis_points``/10,000 of ``minor``, rounded half away from zero."""
    sign = -1 if minor < 0 else 1
    return sign * ((abs(minor) * basis_points * 2 + BASIS_POINTS) // (2 * BASIS_POINTS))
