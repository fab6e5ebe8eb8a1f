"""The tax of a cart as the quote shows it: each part with its words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tallylight.deals.schemas import TaxPart
from tallylight.deals.tax.compute import compute_tax
from tallylight.deals.tax.service import TaxUnknownError
from tallylight.deals.tax.types import PlaceTax, Taxable, TaxRate
from tallylight.foundation.money import Money

if TYPE_CHECKING:
    from tallylight.deals.working_cart import WorkingLine


def tax_parts(
    lines: "Sequence[WorkingLine]", shipping_minor: int, tax: PlaceTax | None, at_us: int, currency: str
) -> list[TaxPart]:
    """What the taxes of the place come to on ``lines`` in their order and on the shipping fee that is paid.

    Raises TaxUnknownError for a moment of which the shop's tax service has said nothing.
    """
    if tax is None:
        return []
    if tax.known_until_us is not None and at_us >= tax.known_until_us:
        raise TaxUnknownError
    taxable = [
        Taxable(position, line.net_minor, line.variant.tax_class, line.quantity)
        for position, line in enumerate(lines, 1)
    ]
    return [
        TaxPart(
            each.of,
            each.rate.authority,
            each.rate.name,
            each.rate.rate_ppm,
            Money(each.base_minor, currency),
            Money(each.tax_minor, currency),
            each.included,
            tax_words(each.rate, included=each.included),
        )
        for each in compute_tax(taxable, shipping_minor, tax, at_us)
    ]


def tax_words(rate: TaxRate, *, included: bool) -> str:
    """``VAT 19 % (DE), included``."""
    return f"{rate.name} {percent_of_ppm(rate.rate_ppm)} ({rate.authority}){', included' if included else ''}"


def percent_of_ppm(rate_ppm: int) -> str:
    """``19 %``, ``8.875 %``."""
    whole, rest = divmod(rate_ppm, 10_000)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".") + " %"
