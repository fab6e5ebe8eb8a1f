"""A shop's shipping zones: read, and set as a whole."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.shipping.choose import zone_of
from tallylight.deals.shipping.models import shipping_method, shipping_zone
from tallylight.deals.shipping.types import RateStep, ShippingMethod, ShippingZone
from tallylight.deals.tax.settings import tax_facts
from tallylight.foundation.errors import InvalidInputError, TallyError
from tallylight.foundation.ids import ShopId

ZONES_MAX = 50
PLACES_MAX = 300
METHODS_MAX = 10
STEPS_MAX = 50
NAME_MAX = 60
FEE_MINOR_MAX = 100_000_000
MEASURE_MAX = 1_000_000_000
DAYS_MAX = 365

_PLACE = re.compile(r"\*|[A-Z]{2}(-[A-Z0-9]{1,6})?")


async def shipping_zones(connection: AsyncConnection, shop_id: ShopId) -> list[ShippingZone]:
    """The shop's zones and methods in their order; none for a shop with one fee for everywhere."""
    zones = await connection.execute(
        sa.select(shipping_zone).where(shipping_zone.c.shop_id == shop_id).order_by(shipping_zone.c.position)
    )
    methods = (
        await connection.execute(
            sa.select(shipping_method)
            .join(shipping_zone, shipping_zone.c.id == shipping_method.c.zone_id)
            .where(shipping_zone.c.shop_id == shop_id)
            .order_by(shipping_method.c.position)
        )
    ).all()
    return [
        ShippingZone(
            id=zone.id,
            name=zone.name,
            places=tuple(zone.places),
            methods=tuple(_method(row) for row in methods if row.zone_id == zone.id),
        )
        for zone in zones
    ]


async def set_shipping_zones(connection: AsyncConnection, shop_id: ShopId, zones: Sequence[ShippingZone]) -> None:
    """Ship from now on by ``zones``; by none, for the shop's one fee to everywhere.

    Hosts are held to the first method of the home zone: its first fee, its limit and its days become the shop's terms.
    Raises InvalidInputError naming what is wrong.
    """
    _check(zones)
    await catalogue.touch_selling_facts(connection, shop_id)
    await connection.execute(shipping_zone.delete().where(shipping_zone.c.shop_id == shop_id))
    for position, zone in enumerate(zones):
        await connection.execute(
            shipping_zone.insert().values(
                id=zone.id, shop_id=shop_id, position=position, name=zone.name.strip(), places=list(zone.places)
            )
        )
        await connection.execute(
            shipping_method.insert(), [_row(zone, method, place) for place, method in enumerate(zone.methods)]
        )
    if zones:
        await _set_terms(connection, shop_id, zones)


async def _set_terms(connection: AsyncConnection, shop_id: ShopId, zones: Sequence[ShippingZone]) -> None:
    taxes = await tax_facts(connection, shop_id)
    home = zones[0]
    if taxes is not None:
        try:
            home = zone_of(zones, taxes.origin)
        except TallyError:
            home = zones[0]  # the shop does not sell at home: then the first zone is what its hosts speak of
    first = home.methods[0]
    await catalogue.set_shop_terms(
        connection,
        shop_id,
        shipping_fee_minor=first.steps[0].fee_minor,
        free_shipping_over_minor=first.free_over_minor,
        delivery_days_min=first.days_min,
    )


def _method(row: sa.Row[tuple[object, ...]]) -> ShippingMethod:
    values = row._mapping
    return ShippingMethod(
        id=values["id"],
        name=values["name"],
        basis=values["basis"],
        steps=tuple(
            RateStep(measure, fee) for measure, fee in zip(values["from_measures"], values["fees_minor"], strict=True)
        ),
        free_over_minor=values["free_over_minor"],
        days_min=values["days_min"],
        days_max=values["days_max"],
    )


def _row(zone: ShippingZone, method: ShippingMethod, position: int) -> dict[str, object]:
    return {
        "id": method.id,
        "zone_id": zone.id,
        "position": position,
        "name": method.name.strip(),
        "basis": method.basis,
        "from_measures": [step.from_measure for step in method.steps],
        "fees_minor": [step.fee_minor for step in method.steps],
        "free_over_minor": method.free_over_minor,
        "days_min": method.days_min,
        "days_max": method.days_max,
    }


def _check(zones: Sequence[ShippingZone]) -> None:
    if len(zones) > ZONES_MAX:
        raise InvalidInputError(f"a shop has at most {ZONES_MAX} zones", field="zones")
    claimed: dict[str, str] = {}
    for zone in zones:
        _check_name(zone.name, "zone")
        if not 1 <= len(zone.places) <= PLACES_MAX or not 1 <= len(zone.methods) <= METHODS_MAX:
            raise InvalidInputError(f"{zone.name} needs a place and a way of shipping, and not too many", field="zones")
        for where in zone.places:
            if not _PLACE.fullmatch(where):
                raise InvalidInputError(f"{where} is no place; write DE, US-CA, or * for the rest", field="places")
            if where in claimed:
                raise InvalidInputError(f"{where} is in {claimed[where]} and in {zone.name}", field="places")
            claimed[where] = zone.name
        for method in zone.methods:
            _check_method(method)
    ids = [zone.id for zone in zones] + [method.id for zone in zones for method in zone.methods]
    if len(set(ids)) < len(ids):
        raise InvalidInputError("every zone and method has an id of its own", field="id")


def _check_method(method: ShippingMethod) -> None:
    _check_name(method.name, "way of shipping")
    measures = [step.from_measure for step in method.steps]
    if not 1 <= len(measures) <= STEPS_MAX or measures[0] != 0 or measures != sorted(set(measures)):
        raise InvalidInputError(f"the steps of {method.name} begin at 0 and rise", field="steps")
    limits = [(step.from_measure, MEASURE_MAX) for step in method.steps]
    limits += [(step.fee_minor, FEE_MINOR_MAX) for step in method.steps]
    limits.append((method.free_over_minor or 0, MEASURE_MAX))
    if any(not 0 <= value <= most for value, most in limits):
        raise InvalidInputError(f"a figure of {method.name} is below 0 or far too high", field="steps")
    days = (method.days_min, method.days_max)
    if None in days and days != (None, None):
        raise InvalidInputError(f"say for {method.name} both the fewest and the most days, or neither", field="days")
    if not 0 <= (days[0] or 0) <= (days[1] or 0) <= DAYS_MAX:
        raise InvalidInputError(f"the days of {method.name} are 0 to {DAYS_MAX}, the fewest first", field="days")


def _check_name(name: str, what: str) -> None:
    if not 1 <= len(name.strip()) <= NAME_MAX or not name.isprintable():
        raise InvalidInputError(f"the name of a {what} has 1 to {NAME_MAX} characters", field="name")
