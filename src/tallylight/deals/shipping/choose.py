"""Which zone a place is in, and which of its methods an order is sent by. Pure."""

from collections.abc import Sequence
from uuid import UUID

from tallylight.deals.shipping.types import ShippingMethod, ShippingZone
from tallylight.deals.tax.types import Place
from tallylight.foundation.errors import ConflictError

ELSEWHERE = "*"


class NotShippedError(ConflictError):
    """The shop does not send to that place."""

    code = "not_shipped"


class ShippingMethodError(ConflictError):
    """The method that was chosen is not one of the place's (any more)."""

    code = "no_such_shipping_method"


def zone_of(zones: Sequence[ShippingZone], where: Place) -> ShippingZone:
    """The zone that names the place's region, else its country, else the rest of the world. Raises NotShippedError."""
    for name in (f"{where.country}-{where.region}", where.country, ELSEWHERE):
        for zone in zones:
            if name in zone.places:
                return zone
    raise NotShippedError("this shop does not ship there; choose another address", field="country")


def method_of(zone: ShippingZone, method_id: UUID | None) -> ShippingMethod:
    """The chosen method; the zone's first when none was chosen. Raises ShippingMethodError."""
    if method_id is None:
        return zone.methods[0]
    for method in zone.methods:
        if method.id == method_id:
            return method
    raise ShippingMethodError("this way of shipping is not offered there; choose another", field="shipping_method")
