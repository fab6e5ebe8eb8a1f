"""The price engine: the worked numbers of docs/algorithms/money.md, and what holds for all numbers."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.deals import (
    CartLine,
    DealFact,
    DealKind,
    DealUse,
    Facts,
    FunderFact,
    VariantFact,
    deal_uses,
    funder_parts,
    price,
    priced_at,
    refusal_of,
)
from tallylight.deals.explain import deal_terms, in_words, percent
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money

SERUM, SMALL, LARGE, MUG, MUG_ONLY = (new_id() for _ in range(5))
SHARES = (5000, 3000, 2000)


def deal(
    kind: DealKind = "amount", figure: int = 800, *, shares: tuple[int, ...] = SHARES, budget: int = 10**9
) -> DealFact:
    parties = ("brand", "platform", "creator")
    funders = tuple(
        FunderFact(new_id(), new_id(), parties[index % 3], parties[index % 3], share, budget)  # type: ignore[arg-type]
        for index, share in enumerate(shares)
    )
    return DealFact(new_id(), SERUM, kind, "Flash deal", figure, 100, 200, None, None, funders, "until soon")


def facts(*deals: DealFact, small: int = 2499) -> Facts:
    return Facts(
        "USD",
        {
            SMALL: VariantFact(SMALL, SERUM, "Dew Serum", "30 ml", small),
            LARGE: VariantFact(LARGE, SERUM, "Dew Serum", "50 ml", 3499),
            MUG_ONLY: VariantFact(MUG_ONLY, MUG, "Mug", "Default", 1200),
        },
        {SERUM: deals} if deals else {},
        495,
        6000,
    )


def cart(**quantities: int) -> list[CartLine]:
    ids = {"small": SMALL, "large": LARGE, "mug": MUG_ONLY}
    return [CartLine(ids[name], quantity) for name, quantity in quantities.items()]


def test_the_worked_example() -> None:
    quote = price(cart(small=2, mug=1), facts(deal()), 150)
    assert (quote.subtotal.minor, quote.discount.minor, quote.shipping.minor) == (6198, 1600, 495)
    assert (quote.total.minor, quote.tax.minor) == (5093, 0)
    assert quote.lines[0].unit_price.minor == 1699
    assert quote.lines[0].reasons[0].text == "Flash deal −$8.00 until soon"
    assert price(cart(small=4), facts(deal()), 150).total.minor == 6796


@pytest.mark.parametrize(
    ("kind", "figure", "small", "unit_price"),
    [
        ("price", 1999, 2499, 1999),
        ("price", 1999, 1500, 1500),
        ("percentage", 1500, 2499, 2124),
        ("percentage", 10_000, 2499, 0),
        ("amount", 800, 2499, 1699),
        ("amount", 800, 500, 0),
    ],
)
def test_each_kind_of_deal(kind: DealKind, figure: int, small: int, unit_price: int) -> None:
    quote = price(cart(small=3), facts(deal(kind, figure), small=small), 150)
    assert quote.lines[0].unit_price.minor == unit_price
    assert quote.discount.minor == 3 * (small - unit_price)
    assert bool(quote.lines[0].reasons) == (unit_price < small)


@pytest.mark.parametrize(("at_us", "applies"), [(99, False), (100, True), (199, True), (200, False)])
def test_a_deal_holds_from_its_opening_until_just_before_its_end(at_us: int, applies: bool) -> None:
    assert (price(cart(small=1), facts(deal()), at_us).discount.minor > 0) == applies


def test_a_deal_can_be_left_out_and_an_unknown_variant_is_refused() -> None:
    flash = deal()
    assert price(cart(small=1), facts(flash), 150, without=[flash.deal_id]).discount.minor == 0
    with pytest.raises(NotFoundError):
        price([CartLine(new_id(), 1)], facts(), 150)


@pytest.mark.parametrize(
    ("discount", "shares", "parts"),
    [
        (800, SHARES, [400, 240, 160]),
        (99, SHARES, [49, 30, 20]),
        (100, (3333, 3333, 3334), [33, 33, 34]),
        (0, SHARES, [0, 0, 0]),
    ],
)
def test_the_split_over_funders(discount: int, shares: tuple[int, ...], parts: list[int]) -> None:
    assert funder_parts(deal(shares=shares), discount, 150) == parts


def test_limits_and_budgets() -> None:
    use = DealUse(deal(), quantity=2, discount_minor=1600, parts=[800, 480, 320])
    plenty = [10**6] * 3
    assert refusal_of(use, left=2, bought=0, rooms=plenty) is None
    assert refusal_of(use, left=1, bought=0, rooms=plenty) == "deal_limit_reached"
    assert refusal_of(use, left=None, bought=0, rooms=[800, 480, 320]) is None
    assert refusal_of(use, left=None, bought=0, rooms=[800, 479, 320]) == "budget_exhausted"


def test_which_moment_holds() -> None:
    second = 1_000_000
    now_us = 1_000 * second
    assert priced_at(now_us - 10 * second, now_us=now_us, delay_us=8 * second) == now_us - 10 * second
    assert priced_at(now_us - 28 * second, now_us=now_us, delay_us=8 * second) == now_us - 28 * second
    assert priced_at(now_us - 500 * second, now_us=now_us, delay_us=8 * second) == now_us - 28 * second
    assert priced_at(now_us + second, now_us=now_us, delay_us=8 * second) == now_us


def test_prices_in_words() -> None:
    assert in_words(Money(-800, "USD")) == "−$8.00"
    assert in_words(Money(1200, "CHF")) == "12.00 CHF"
    assert in_words(Money(1200, "JPY")) == "1200 JPY"
    assert percent(1250) == "12.5 %"
    five_past_two_us = 1_750_000_000_000_000 - 1_750_000_000_000_000 % 86_400_000_000 + (14 * 60 + 5) * 60_000_000
    day_before_us = five_past_two_us - 86_400_000_000
    assert deal_terms(five_past_two_us, [("brand", 10_000)], opens_us=day_before_us + 1).startswith("until 14:05 UTC")
    long = deal_terms(five_past_two_us, [("brand", 10_000)], opens_us=day_before_us)
    assert long.endswith(" 14:05 UTC, funded by brand 100 %")
    assert long != deal_terms(five_past_two_us, [("brand", 10_000)])
    terms = deal_terms(five_past_two_us, [("brand", 5000), ("platform", 3000), ("creator", 2000)])
    assert terms == "until 14:05 UTC, funded by brand 50 %, platform 30 %, creator 20 %"


_shares = st.lists(st.integers(1, 10_000), min_size=1, max_size=8).map(
    lambda cuts: tuple(b - a for a, b in zip([0, *sorted({*cuts, 10_000})], sorted({*cuts, 10_000}), strict=False))
)


@given(discount=st.integers(0, 10**12), shares=_shares)
def test_every_split_sums_and_is_within_a_cent_of_its_share(discount: int, shares: tuple[int, ...]) -> None:
    parts = funder_parts(deal(shares=shares), discount, 150)
    assert sum(parts) == discount
    assert all(abs(part * 10_000 - discount * share) < 10_000 for part, share in zip(parts, shares, strict=True))


@given(
    kind=st.sampled_from(["price", "percentage", "amount"]),
    figure=st.integers(1, 10_000),
    small=st.integers(0, 10**7),
    quantities=st.tuples(*[st.integers(1, 20)] * 3),
)
def test_a_quote_always_adds_up(kind: DealKind, figure: int, small: int, quantities: tuple[int, int, int]) -> None:
    known = facts(deal(kind, figure), small=small)
    lines = cart(small=quantities[0], large=quantities[1], mug=quantities[2])
    quote = price(lines, known, 150)
    assert quote.total == quote.subtotal - quote.discount + quote.shipping + quote.tax
    assert quote.discount.minor == sum(line.discount.minor for line in quote.lines)
    for line in quote.lines:
        assert 0 <= line.unit_price.minor <= line.unit_list.minor
        assert line.total == line.unit_price * line.quantity
        assert line.total + line.discount == line.unit_list * line.quantity
        assert sum(reason.discount.minor for reason in line.reasons) == line.discount.minor
    uses: dict[UUID, DealUse] = deal_uses(quote, known)
    assert sum(use.discount_minor for use in uses.values()) == quote.discount.minor
    assert price(lines, known, 150) == quote
