"""Which fee a method has at a place: its own, or as the shop's service of carriers' rates says. Pure."""

from tallylight.deals.shipping.types import (
    CarriedMethod,
    CarrierAnswer,
    CarrierFacts,
    LevelFees,
    RateStep,
    ShippingMethod,
)
from tallylight.deals.tax.service import asked_place
from tallylight.deals.tax.types import FOREVER_US, Place
from tallylight.foundation.errors import UnavailableError


class ShippingUnknownError(UnavailableError):
    """Nobody can say what sending to a place costs right now, and the shop does not sell on a guess."""

    code = "shipping_unknown"

    def __init__(self, message: str = "what sending there costs is not known right now; try again in a minute") -> None:
        super().__init__(message)


def carried_place(where: Place, origin: Place) -> Place | None:
    """As much of ``where`` as carriers' fees depend on, so that a crowd asks for few places; None when it is too little
    yet: at home the post code, in the USA and Canada too, elsewhere the country and its territories.
    """
    if where.country == origin.country and where.country not in ("US", "CA"):
        return Place(where.country, where.region, where.postal_code) if where.postal_code else None
    asked = asked_place(where)
    return None if asked is None or (asked.country == "CA" and not asked.postal_code) else asked


def carried(
    carriers: CarrierFacts | None, method: ShippingMethod, where: Place | None, origin: Place | None
) -> ShippingMethod | None:
    """The method as it is sent to ``where``; None when the carriers do not go there by it.

    Raises ShippingUnknownError when there is no answer and its own fee does not stand in.
    """
    level = None if carriers is None else carriers.levels.get(method.id)
    asked = None if where is None or origin is None else carried_place(where, origin)
    if carriers is None or level is None or asked is None:
        return method
    answer = carriers.answers.get(asked)
    if answer is None or not (answer.levels or carriers.own_when_away):
        raise ShippingUnknownError
    own = method if carriers.own_when_away else None
    fees = next((each for each in answer.levels if each.level == level), None)
    return own if fees is None else _at_fees(method, fees, own, answer.serves_until_us)


def _at_fees(method: ShippingMethod, fees: LevelFees, own: ShippingMethod | None, until_us: int) -> CarriedMethod:
    """Each parcel's fee holds from the first gram that the one before it does not take."""
    starts = [0, *(each.up_to_grams + 1 for each in fees.fees[:-1])]
    said = method.days_min is not None
    return CarriedMethod(
        id=method.id,
        name=method.name,
        basis="weight",
        steps=tuple(RateStep(start, each.fee_minor) for start, each in zip(starts, fees.fees, strict=True)),
        free_over_minor=method.free_over_minor,
        days_min=method.days_min if said else fees.days,
        days_max=method.days_max if said else fees.days,
        parcel_grams=fees.fees[-1].up_to_grams,
        serves_until_us=until_us,
        own=own,
    )


def method_at(method: ShippingMethod, at_us: int) -> ShippingMethod:
    """The method as it holds at ``at_us``. Raises ShippingUnknownError when no more is known of that moment."""
    if isinstance(method, CarriedMethod) and at_us >= method.serves_until_us:
        if method.own is None:
            raise ShippingUnknownError
        return method.own
    return method


def carriers_to_plan_by(carriers: CarrierFacts | None, home: Place | None) -> CarrierFacts | None:
    """The fees as far as they are known, without an end: a plan is of later days, and nothing is sold by it."""
    asked = None if home is None else carried_place(home, home)
    if carriers is None or asked is None:
        return None
    known = carriers.answers.get(asked, CarrierAnswer((), 0))
    return CarrierFacts(True, carriers.levels, {asked: CarrierAnswer(known.levels, FOREVER_US)})
