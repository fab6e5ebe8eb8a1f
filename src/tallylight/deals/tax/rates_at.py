"""Which rates hold: at a place, for a class of goods, at a moment. Pure."""

from collections.abc import Sequence

import msgspec

from tallylight.deals.tax.service import TaxUnknownError, asked_place
from tallylight.deals.tax.types import (
    FOREVER_US,
    STANDARD,
    Place,
    PlaceTax,
    Registration,
    Rounding,
    ServiceFacts,
    TaxAnswer,
    TaxFacts,
    TaxRate,
)

EU = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()  # noqa: SIM905
)
"""The member states, by ISO code (Greece is GR, not the EL of VAT numbers)."""


def tax_of_place(facts: TaxFacts, where: Place) -> PlaceTax | None:
    """The rates of ``where``, when the shop collects there; of its origin, for an EU seller below the threshold.

    Raises TaxUnknownError when its tax service has no answer for it and the own table does not stand in.
    """
    taxed = taxed_at(facts, where)
    if taxed is None:
        return None
    where, registration = taxed
    own = tuple(rate for rate in facts.rates if rate.covers(where))
    asked = None if facts.service is None else asked_place(where)
    if facts.service is not None and asked is not None:
        return _answered(facts.service, asked, own, registration.included, facts.rounding)
    return PlaceTax(own, registration.included, facts.rounding) if own else None


def taxed_at(facts: TaxFacts, where: Place) -> tuple[Place, Registration] | None:
    """The place whose taxes a sale to ``where`` bears, and the registration by which; None: the shop collects none."""
    registration = _registration(facts, where)
    if registration is None and facts.origin_in_eu and {where.country, facts.origin.country} <= EU:
        where = facts.origin
        registration = _registration(facts, where)
    return None if registration is None else (where, registration)


def _answered(
    service: ServiceFacts, where: Place, own: tuple[TaxRate, ...], included: bool, rounding: Rounding
) -> PlaceTax | None:
    """What the service said, as long as it serves; after that the own table, if it may stand in."""
    answer = service.answers.get(where)
    if answer is None or not (answer.rates or service.own_when_away):
        raise TaxUnknownError
    if not service.own_when_away:
        return PlaceTax(answer.rates, included, rounding, answer.serves_until_us)
    until_us = answer.serves_until_us
    if not answer.rates:
        return PlaceTax(own, included, rounding) if own else None
    then = [
        msgspec.structs.replace(rate, from_us=max(rate.from_us or 0, until_us))
        for rate in own
        if rate.until_us is None or rate.until_us > until_us
    ]
    now = [msgspec.structs.replace(rate, until_us=until_us) for rate in answer.rates]
    return PlaceTax((*now, *then), included, rounding)


def _registration(facts: TaxFacts, where: Place) -> Registration | None:
    """The region's own registration before its country's."""
    found = [each for each in facts.registrations if each.country == where.country]
    own = next((each for each in found if each.region and each.region == where.region), None)
    return own or next((each for each in found if not each.region), None)


def taxes_to_plan_by(facts: TaxFacts) -> TaxFacts:
    """The taxes as far as they are known, without an end: a plan is of later days, and nothing is sold by it."""
    home = asked_place(facts.origin)
    if facts.service is None or home is None:
        return facts
    known = facts.service.answers.get(home, TaxAnswer((), 0))
    service = ServiceFacts(own_when_away=True, answers={home: TaxAnswer(known.rates, FOREVER_US)})
    return msgspec.structs.replace(facts, service=service)


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
