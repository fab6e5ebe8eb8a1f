"""What the rates come to on the lines of an order and its shipping, to the minor unit. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

from tallylight.deals.tax.rates_at import rates_for
from tallylight.deals.tax.types import PlaceTax, Taxable, TaxAmount, TaxRate
from tallylight.foundation.money import split_minor

SHIPPING = 0
MILLION = 1_000_000

Key = tuple[int, TaxRate]
"""What is taxed, and at which rate."""


def compute_tax(lines: Sequence[Taxable], shipping_minor: int, tax: PlaceTax, at_us: int) -> list[TaxAmount]:
    """The tax of each line and of shipping, by rate. Lines that cost nothing bear none.

    Shipping is part of what it carries: it is split over the lines by what they cost, and each part is taxed as its
    line is, where the rate says that it is on shipping too.
    """
    exact: dict[Key, Fraction] = defaultdict(Fraction)
    before: dict[Key, Fraction] = defaultdict(Fraction)
    for line in lines:
        _add(exact, before, line, rates_for(tax.rates, line.tax_class, at_us), included=tax.included)
    if shipping_minor:
        for part in _of_shipping(lines, shipping_minor):
            rates = [rate for rate in rates_for(tax.rates, part.tax_class, at_us) if rate.on_shipping]
            _add(exact, before, part, rates, included=tax.included)
    minor = _rounded(exact, by_order=tax.rounding == "order")
    return [
        TaxAmount(
            key[0], key[1], max(0, _half_up(before[key]) - (tax_minor if tax.included else 0)), tax_minor, tax.included
        )
        for key, tax_minor in minor.items()
    ]


def _of_shipping(lines: Sequence[Taxable], shipping_minor: int) -> list[Taxable]:
    """The fee over the lines by what they cost; by pieces when all of them are free."""
    weights = [line.net_minor for line in lines]
    if not any(weights):
        weights = [line.pieces for line in lines]
    parts = split_minor(shipping_minor, weights)
    return [Taxable(SHIPPING, part, line.tax_class, line.pieces) for line, part in zip(lines, parts, strict=True)]


def _add(
    exact: dict[Key, Fraction],
    before: dict[Key, Fraction],
    of: Taxable,
    rates: Sequence[TaxRate],
    *,
    included: bool,
) -> None:
    """Tax on top is a share of the price; tax inside is what is left of it without the price before tax.

    ``before``: what the rate's base is part of: the price, less what other rates hold of it when they are inside.
    """
    if not of.net_minor:
        return
    within = sum(rate.rate_ppm for rate in rates) if included else 0
    whole = MILLION + within
    for rate in rates:
        exact[of.of, rate] += Fraction(of.net_minor * rate.rate_ppm, whole)
        others = within - rate.rate_ppm if included else 0
        before[of.of, rate] += Fraction(of.net_minor * (whole - others), whole)


def _rounded(exact: Mapping[Key, Fraction], *, by_order: bool) -> dict[Key, int]:
    """Each amount half up; or, by order, each rate's sum half up, its cents to the largest fractions."""
    if not by_order:
        return {key: _half_up(amount) for key, amount in exact.items()}
    found = {key: amount.numerator // amount.denominator for key, amount in exact.items()}
    for rate in {rate for _, rate in exact}:
        keys = [key for key in exact if key[1] == rate]
        rest = _half_up(sum((exact[key] for key in keys), Fraction())) - sum(found[key] for key in keys)
        for key in sorted(keys, key=lambda key: found[key] - exact[key])[:rest]:
            found[key] += 1
    return found


def _half_up(amount: Fraction) -> int:
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)
