"""Money: exact, currency-aware, and split so that the parts are the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.foundation.money import CurrencyMismatchError, Money, basis_points_of, split_minor

amounts = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(any)


@given(amounts, weights)
def test_parts_sum_to_the_whole_and_stray_less_than_one_unit(minor: int, shares: list[int]) -> None:
    parts = split_minor(minor, shares)
    assert sum(parts) == minor
    for part, share in zip(parts, shares, strict=True):
        assert abs(part * sum(shares) - minor * share) < sum(shares)
        assert share or part == 0


@pytest.mark.parametrize(
    ("minor", "shares", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (800, [5_000, 3_000, 2_000], [400, 240, 160]),
        (799, [5_000, 3_000, 2_000], [399, 240, 160]),
        (1, [1, 1], [1, 0]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [0, 1], [0, 5]),
    ],
)
def test_worked_splits(minor: int, shares: list[int], parts: list[int]) -> None:
    assert split_minor(minor, shares) == parts


@pytest.mark.parametrize("shares", [[], [0, 0], [1, -1]])
def test_a_split_needs_weights(shares: list[int]) -> None:
    with pytest.raises(ValueError, match=r"weights|iterable"):
        split_minor(100, shares)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("19.99", "USD", 1999), (" 5 ", "EUR", 500), ("-0.05", "USD", -5), ("1200", "JPY", 1200), ("1.234", "KWD", 1234)],
)
def test_decimal_strings_read_and_write(text: str, currency: str, minor: int) -> None:
    money = Money.parse(text, currency)
    assert money == Money(minor, currency)
    assert Money.parse(money.decimal(), currency) == money


@given(amounts, st.sampled_from(["USD", "JPY", "KWD"]))
def test_decimal_survives_both_ways(minor: int, currency: str) -> None:
    assert Money.parse(Money(minor, currency).decimal(), currency).minor == minor


@pytest.mark.parametrize("text", ["", "abc", "1.999", "NaN", "Infinity", "1,99", "$5"])
def test_what_is_not_money_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount of money|decimals"):
        Money.parse(text, "USD")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(CurrencyMismatchError):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, "usd")


@pytest.mark.parametrize(("minor", "bps", "result"), [(1999, 1_000, 200), (5, 5_000, 3), (-5, 5_000, -3), (100, 0, 0)])
def test_basis_points_round_half_away_from_zero(minor: int, bps: int, result: int) -> None:
    assert basis_points_of(minor, bps) == result
