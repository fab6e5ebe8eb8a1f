"""What a place adds to a cart's price: its taxes, and how the order is sent there. Pure."""

from uuid import UUID

import msgspec

from tallylight.deals.facts import Facts
from tallylight.deals.shipping.choose import method_of, zone_of
from tallylight.deals.shipping.types import RateStep, ShippingMethod, ShippingZone
from tallylight.deals.tax.rates_at import tax_of_place
from tallylight.deals.tax.types import Place, PlaceTax

_FREE = ShippingMethod(id=UUID(int=0), name="Exchange", basis="value", steps=(RateStep(0, 0),))


class Ground(msgspec.Struct, frozen=True):
    """``method`` None: the shop's one fee for everywhere. ``tax`` None: no tax is collected there."""

    method: ShippingMethod | None
    tax: PlaceTax | None

    def edges(self) -> tuple[int, ...]:
        """Every moment at which a tax may change."""
        rates = () if self.tax is None else self.tax.rates
        known = None if self.tax is None else self.tax.known_until_us
        edges = (known, *(edge for rate in rates for edge in (rate.from_us, rate.until_us)))
        return tuple(edge for edge in edges if edge is not None)


def ground_of(facts: Facts, where: Place | None, method_id: UUID | None = None) -> Ground | None:
    """What holds for orders sent to ``where`` by the method (None: the first); to the shop's own place when unknown.

    None when the place makes no difference. Raises NotShippedError, ShippingMethodError, TaxUnknownError.
    """
    if not facts.zones and facts.taxes is None:
        return None
    where = where or facts.home
    method = method_of(_zone(facts, where), method_id) if facts.zones else None
    return Ground(method, None if facts.taxes is None or where is None else tax_of_place(facts.taxes, where))


def free_ground_of(facts: Facts, where: Place) -> Ground:
    """What holds for what is sent to ``where`` at no fee, as an exchange is. Raises NotShippedError."""
    if facts.zones:
        zone_of(facts.zones, where)
    return Ground(_FREE, None if facts.taxes is None else tax_of_place(facts.taxes, where))


def _zone(facts: Facts, where: Place | None) -> ShippingZone:
    """The first zone is home for a shop that has not said where it is."""
    return facts.zones[0] if where is None else zone_of(facts.zones, where)


def methods_to(facts: Facts, where: Place | None) -> tuple[ShippingMethod, ...]:
    """Every way of sending to ``where``; none for a shop with one fee for everywhere. Raises NotShippedError."""
    return _zone(facts, where or facts.home).methods if facts.zones else ()
