"""Which rates hold: at a place, for a class of goods, at a moment. Pure."""

from collections.abc import Sequence

from tallylight.deals.tax.types import STANDARD, Place, PlaceTax, Registration, TaxFacts, TaxRate

EU = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()  # noqa: SIM905
)
"""The member states, by ISO code (Greece is GR, not the EL of VAT numbers)."""


def tax_of_place(facts: TaxFacts, where: Place) -> PlaceTax | None:
    """The rates of ``where``, when the shop collects there; of its origin, for an EU seller below the threshold."""
    registration = _registration(facts, where)
    if registration is None and facts.origin_in_eu and {where.country, facts.origin.country} <= EU:
        where = facts.origin
        registration = _registration(facts, where)
    if registration is None:
        return None
    rates = tuple(rate for rate in facts.rates if rate.covers(where))
    return PlaceTax(rates, registration.included, facts.rounding) if rates else None


def _registration(facts: TaxFacts, where: Place) -> Registration | None:
    """The region's own registration before its country's."""
    found = [each for each in facts.registrations if each.country == where.country]
    own = next((each for each in found if each.region and each.region == where.region), None)
    return own or next((each for each in found if not each.region), None)


def rates_for(rates: Sequence[TaxRate], tax_class: str, at_us: int) -> list[TaxRate]:
    """Of a place's rates those for ``tax_class`` at ``at_us``: the nearest of each layer, the first layer first.

    A class without a rate of its own in a layer is taxed as standard goods are: too much tax can be given back, too
    little cannot be asked for again.
    """
    holding = [rate for rate in rates if rate.holds(at_us)]
    found = []
    for layer in sorted({rate.layer for rate in holding}):
        of_layer = [rate for rate in holding if rate.layer == layer]
        fitting = [rate for rate in of_layer if rate.tax_class == tax_class]
        fitting = fitting or [rate for rate in of_layer if rate.tax_class == STANDARD]
        if fitting:
            found.append(max(fitting, key=TaxRate.nearness))
    return found
