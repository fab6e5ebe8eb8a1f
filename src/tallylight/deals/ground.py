"""What a place adds to a cart's price: its taxes, and how the order is sent there. Pure."""

from uuid import UUID

import msgspec

from tallylight.deals.facts import Facts
from tallylight.deals.shipping.carried import ShippingUnknownError, carried, carried_place, method_at
from tallylight.deals.shipping.choose import NotShippedError, ShippingMethodError, method_of, zone_of
from tallylight.deals.shipping.types import CarriedMethod, RateStep, ShippingMethod, ShippingZone
from tallylight.deals.tax.rates_at import tax_of_place
from tallylight.deals.tax.types import Place, PlaceTax

_FREE = ShippingMethod(id=UUID(int=0), name="Exchange", basis="value", steps=(RateStep(0, 0),))


class Ground(msgspec.Struct, frozen=True):
    """``method`` None: the shop's one fee for everywhere. ``tax`` None: no tax is collected there."""

    method: ShippingMethod | None
    tax: PlaceTax | None

    def edges(self) -> tuple[int, ...]:
        """Every moment at which a tax or a carrier's fee may change."""
        rates = () if self.tax is None else self.tax.rates
        known = None if self.tax is None else self.tax.known_until_us
        served = self.method.serves_until_us if isinstance(self.method, CarriedMethod) else None
        edges = (known, served, *(edge for rate in rates for edge in (rate.from_us, rate.until_us)))
        return tuple(edge for edge in edges if edge is not None)

    def method_at(self, at_us: int) -> ShippingMethod | None:
        """How the order is sent at ``at_us``. Raises ShippingUnknownError."""
        return None if self.method is None else method_at(self.method, at_us)


def ground_of(facts: Facts, where: Place | None, method_id: UUID | None = None) -> Ground | None:
    """What holds for orders sent to ``where`` by the method (None: the first); to the shop's own place when unknown.

    None when the place makes no difference. Raises NotShippedError, ShippingMethodError, ShippingUnknownError,
    TaxUnknownError.
    """
    if not facts.zones and facts.taxes is None:
        return None
    where = where or facts.home
    method = _method(facts, where, method_id) if facts.zones else None
    return Ground(method, None if facts.taxes is None or where is None else tax_of_place(facts.taxes, where))


def free_ground_of(facts: Facts, where: Place) -> Ground:
    """What holds for what is sent to ``where`` at no fee, as an exchange is. Raises NotShippedError."""
    if facts.zones:
        zone_of(facts.zones, where)
    return Ground(_FREE, None if facts.taxes is None else tax_of_place(facts.taxes, where))


def _zone(facts: Facts, where: Place | None) -> ShippingZone:
    """The first zone is home for a shop that has not said where it is."""
    return facts.zones[0] if where is None else zone_of(facts.zones, where)


def _method(facts: Facts, where: Place | None, method_id: UUID | None) -> ShippingMethod:
    """The chosen method, or the first of those by which anybody goes there."""
    zone = _zone(facts, where)
    if method_id is not None:
        chosen = carried(facts.carriers, method_of(zone, method_id), where, facts.home)
        if chosen is None:
            raise ShippingMethodError(
                "this way of shipping is not offered there; choose another", field="shipping_method"
            )
        return chosen
    for method in zone.methods:
        found = carried(facts.carriers, method, where, facts.home)
        if found is not None:
            return found
    raise NotShippedError("this shop does not ship there; choose another address", field="country")


def methods_to(facts: Facts, where: Place | None, at_us: int) -> tuple[ShippingMethod, ...]:
    """Every way of sending to ``where`` at ``at_us``; none for a shop with one fee for everywhere.

    Raises NotShippedError, and ShippingUnknownError for a place that nobody was asked for yet.
    """
    if not facts.zones:
        return ()
    where = where or facts.home
    found = []
    for method in _zone(facts, where).methods:
        try:
            there = carried(facts.carriers, method, where, facts.home)
            if there is not None:
                found.append(method_at(there, at_us))
        except ShippingUnknownError:
            if not _is_known(facts, where):
                raise
    return tuple(found)


def _is_known(facts: Facts, where: Place | None) -> bool:
    """Whether the carriers were asked for the place."""
    if facts.carriers is None or where is None or facts.home is None:
        return False
    return carried_place(where, facts.home) in facts.carriers.answers
