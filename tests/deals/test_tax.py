"""Taxes by place, class and date: the worked numbers of docs/algorithms/tax.md, and what always holds."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.deals.tax.check import AmbiguousRateError, check_rates
from tallylight.deals.tax.compute import compute_tax
from tallylight.deals.tax.explain import tax_words
from tallylight.deals.tax.rates_at import EU, rates_for, tax_of_place
from tallylight.deals.tax.rates_csv import SHIPPED, rates_from_csv, rates_to_csv, shipped_rates
from tallylight.deals.tax.types import Place, PlaceTax, Registration, Rounding, Taxable, TaxFacts, TaxRate, place
from tallylight.foundation.clock import from_datetime, to_datetime
from tallylight.foundation.errors import InvalidInputError

NOW_US = 1_790_000_000_000_000
VAT = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=190_000)
REDUCED = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=70_000, tax_class="reduced")
STATE = TaxRate(authority="US-NY", name="State sales tax", country="US", region="NY", rate_ppm=40_000)
CITY = TaxRate(
    authority="US-NY", name="City sales tax", country="US", region="NY", postal_prefix="100", rate_ppm=45_000, layer=2
)
CART = [Taxable(1, 3398, "standard", 2), Taxable(2, 1200, "reduced", 1)]
"""Two serums after their deal, and a mug; shipping is 4.95."""


def amounts(
    *rates: TaxRate, included: bool = False, rounding: Rounding = "line", fee: int = 495
) -> dict[tuple[int, int], int]:
    """By what is taxed (0: shipping) and rate."""
    found = compute_tax(CART, fee, PlaceTax(rates, included, rounding), NOW_US)
    return {(each.of, each.rate.rate_ppm): each.tax_minor for each in found}


def test_tax_within_prices_is_taken_out_of_them() -> None:
    found = compute_tax(CART, 495, PlaceTax((VAT, REDUCED), True, "line"), NOW_US)
    # 33.98 × 19/119 = 5.425; 12.00 × 7/107 = 0.785; of the fee 3.66 goes with the serums (0.584), 1.29 with the mug.
    assert [(each.of, each.rate.rate_ppm, each.base_minor, each.tax_minor) for each in found] == [
        (1, 190_000, 3398 - 543, 543),
        (2, 70_000, 1200 - 79, 79),
        (0, 190_000, 366 - 58, 58),
        (0, 70_000, 129 - 8, 8),
    ]
    assert tax_words(VAT, included=True) == "VAT 19 % (DE), included"


def test_tax_on_top_adds_its_layers_and_leaves_shipping_out_where_the_law_does() -> None:
    city = TaxRate(
        authority="US-NY", name="City", country="US", region="NY", rate_ppm=45_000, layer=2, on_shipping=False
    )
    # 33.98 × 4 % = 1.359, × 4.5 % = 1.529; 12.00: 0.48 and 0.54; shipping 0.198 by the state alone.
    assert amounts(STATE, city) == {
        (1, 40_000): 136,
        (1, 45_000): 153,
        (2, 40_000): 48,
        (2, 45_000): 54,
        (0, 40_000): 20,
    }


def test_an_order_is_rounded_by_line_or_as_a_whole() -> None:
    lines = [Taxable(position, 10, "standard", 1) for position in (1, 2, 3)]
    five = TaxRate(authority="X", name="Tax", country="US", rate_ppm=50_000)
    by_line = compute_tax(lines, 0, PlaceTax((five,), False, "line"), NOW_US)
    by_order = compute_tax(lines, 0, PlaceTax((five,), False, "order"), NOW_US)
    # Half a cent each: three whole ones, or 1.5 cents of 30, which are two.
    assert [each.tax_minor for each in by_line] == [1, 1, 1]
    assert [each.tax_minor for each in by_order] == [1, 1, 0]


def test_shipping_of_what_costs_nothing_is_taxed_by_pieces() -> None:
    free = [Taxable(1, 0, "standard", 1), Taxable(2, 0, "reduced", 3)]
    found = compute_tax(free, 400, PlaceTax((VAT, REDUCED), False, "line"), NOW_US)
    assert [(each.of, each.base_minor, each.tax_minor) for each in found] == [(0, 100, 19), (0, 300, 21)]


def test_the_nearest_rate_of_a_layer_wins_and_layers_add_up() -> None:
    country = TaxRate(authority="US", name="Use tax", country="US", rate_ppm=10_000)
    facts = TaxFacts(Place("US"), registrations=(Registration("US"),), rates=(country, STATE, CITY))

    def at(where: Place) -> list[str]:
        tax = tax_of_place(facts, where)
        return [] if tax is None else [rate.name for rate in rates_for(tax.rates, "standard", NOW_US)]

    assert at(place("us", "US-NY", "100 01")) == ["State sales tax", "City sales tax"]
    assert at(place("US", "ny", "12207")) == ["State sales tax"]
    assert at(place("US", "TX", "73301")) == ["Use tax"]
    assert at(place("CA", "ON")) == []


def test_a_class_without_a_rate_is_taxed_as_standard() -> None:
    assert rates_for((VAT, REDUCED), "books", NOW_US) == [VAT]
    assert rates_for((VAT, REDUCED), "reduced", NOW_US) == [REDUCED]


def test_a_region_has_its_own_registration_and_elsewhere_no_tax_is_collected() -> None:
    registered = (Registration("US", "NY"), Registration("DE", included=True))
    facts = TaxFacts(Place("DE"), registrations=registered, rates=(VAT, STATE))
    german = tax_of_place(facts, Place("DE"))
    assert german is not None
    assert german.included
    assert tax_of_place(facts, Place("US", "NY")) == PlaceTax((STATE,), False, "line")
    assert tax_of_place(facts, Place("US", "TX")) is None
    assert tax_of_place(facts, Place("FR")) is None


def test_a_small_seller_in_the_eu_taxes_its_neighbours_as_at_home_until_it_registers_there() -> None:
    french = TaxRate(authority="FR", name="VAT", country="FR", rate_ppm=200_000)
    home = Registration("DE", included=True)
    facts = TaxFacts(Place("DE"), origin_in_eu=True, registrations=(home,), rates=(VAT, french))
    there = TaxFacts(Place("DE"), origin_in_eu=True, registrations=(home, Registration("FR")), rates=(VAT, french))
    assert tax_of_place(facts, Place("FR")) == PlaceTax((VAT,), True, "line")
    assert tax_of_place(there, Place("FR")) == PlaceTax((french,), False, "line")
    assert tax_of_place(facts, Place("GB")) is None


def test_a_rate_ends_where_the_next_begins_and_never_overlaps_it() -> None:
    [old, new] = [rate for rate in shipped_rates("eu") if rate.country == "EE"]
    assert old.until_us == new.from_us
    assert new.from_us is not None
    assert rates_for((old, new), "standard", new.from_us - 1) == [old]
    assert rates_for((old, new), "standard", new.from_us) == [new]
    twice = TaxRate(authority="DE", name="Umsatzsteuer", country="DE", rate_ppm=160_000, from_us=5)
    with pytest.raises(AmbiguousRateError, match=r"VAT and Umsatzsteuer for DE"):
        check_rates([VAT, twice])


def test_the_rates_that_come_along_are_sound_and_say_where_they_are_from() -> None:
    for name in SHIPPED:
        rates = shipped_rates(name)
        check_rates(rates)
        assert all(rate.source for rate in rates)
        assert rates_from_csv(rates_to_csv(rates)) == rates
    assert {rate.country for rate in shipped_rates("eu")} == EU
    assert to_datetime(from_datetime(to_datetime(NOW_US))) == to_datetime(NOW_US)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("DE,VAT,DE,nineteen,", "percent"),
        ("DE,VAT,DE,19.00001,", "percent"),
        ("DE,VAT,DE,120,", "percent"),
        ("DE,VAT,DE,19,2025-13-01", "from"),
    ],
)
def test_a_wrong_row_of_a_file_is_named(row: str, wrong: str) -> None:
    with pytest.raises(InvalidInputError, match="row 2") as caught:
        rates_from_csv(f"authority,name,country,percent,from\n{row}\n")
    assert caught.value.fields["field"] == wrong


lines_of_orders = st.lists(
    st.tuples(st.integers(0, 1_000_000), st.sampled_from(["standard", "reduced"]), st.integers(1, 9)),
    min_size=1,
    max_size=6,
)
some_rates = st.lists(st.integers(0, 400_000), min_size=1, max_size=3)


@given(lines_of_orders, some_rates, st.integers(0, 5_000), st.booleans(), st.sampled_from(["line", "order"]))
def test_parts_are_near_what_is_exact_and_never_take_more_than_the_price(
    lines: list[tuple[int, str, int]], ppms: list[int], fee: int, included: bool, rounding: Rounding
) -> None:
    rates = tuple(
        TaxRate(authority="X", name="Tax", country="US", rate_ppm=ppm, layer=layer) for layer, ppm in enumerate(ppms, 1)
    )
    taxable = [Taxable(place, *line) for place, line in enumerate(lines, 1)]
    found = compute_tax(taxable, fee, PlaceTax(rates, included, rounding), NOW_US)
    gross = {line.of: line.net_minor for line in taxable} | {0: fee}
    whole = 1_000_000 + (sum(ppms) if included else 0)
    for rate in rates:
        exact = Fraction(sum(gross.values()) * rate.rate_ppm, whole)
        total = sum(each.tax_minor for each in found if each.rate == rate)
        most = Fraction(1, 2) if rounding == "order" else Fraction(len(gross), 2)
        assert abs(total - exact) <= most
    for of, price in gross.items():
        parts = [each for each in found if each.of == of]
        assert all(each.tax_minor >= 0 for each in parts)
        if included and len(parts) == 1:
            assert parts[0].base_minor + parts[0].tax_minor == price
        if not included:
            assert all(each.base_minor == price for each in parts)
