"""Values of the shipping rules: zones and the methods in them. Amounts in minor units, weights in grams."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.deals.tax.types import Place

RateBasis = Literal["value", "weight"]


class RateStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From this much on (minor units of goods after discounts, or grams) the fee is this."""

    from_measure: int
    fee_minor: int


class ShippingMethod(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way of sending: "Standard", 2 to 4 days. ``steps`` begin at 0 and rise.

    ``free_over_minor``: goods after discounts from which it costs nothing.
    """

    id: UUID
    name: str
    basis: RateBasis
    steps: tuple[RateStep, ...]
    free_over_minor: int | None = None
    days_min: int | None = None
    days_max: int | None = None

    def fee(self, goods_minor: int, grams: int) -> int:
        """What it costs to send goods of that value and weight."""
        if self.free_over_minor is not None and goods_minor >= self.free_over_minor:
            return 0
        measure = goods_minor if self.basis == "value" else grams
        return [step.fee_minor for step in self.steps if step.from_measure <= measure][-1]


class ShippingZone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Places that cost the same. ``places``: countries (``DE``) and regions (``US-CA``); ``*`` is everywhere else."""

    id: UUID
    name: str
    places: tuple[str, ...]
    methods: tuple[ShippingMethod, ...]


class ShippingChoice(msgspec.Struct, frozen=True):
    """How an order is sent, as it was chosen. ``days_min``/``days_max``: days until it is there, when the shop says."""

    id: UUID
    name: str
    days_min: int | None
    days_max: int | None


def choice_of(method: ShippingMethod) -> ShippingChoice:
    """The method as an order keeps it."""
    return ShippingChoice(method.id, method.name, method.days_min, method.days_max)


class Parcel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the shop packs goods of up to so many grams in."""

    up_to_grams: int
    length_mm: int
    width_mm: int
    height_mm: int


class ClassFee(msgspec.Struct, frozen=True):
    """What goods of up to so many grams cost."""

    up_to_grams: int
    fee_minor: int


class LevelFees(msgspec.Struct, frozen=True):
    """What a carriers' service asks for one of its levels ("usps_priority"), a fee for each of the shop's parcels, the
    lightest first.
    """

    level: str
    fees: tuple[ClassFee, ...]
    days: int | None = None


class CarrierAnswer(msgspec.Struct, frozen=True):
    """What a service said of a place, good for prices before ``serves_until_us``. No levels: it had no answer."""

    levels: tuple[LevelFees, ...]
    serves_until_us: int


class CarrierFacts(msgspec.Struct, frozen=True):
    """A shop's service of carriers' rates. ``levels``: by method, the service's level whose fee it takes.
    ``own_when_away``: where there is no answer that still serves, the method's own fee holds.
    """

    own_when_away: bool
    levels: Mapping[UUID, str]
    answers: Mapping[Place, CarrierAnswer]


class CarriedMethod(ShippingMethod, frozen=True, kw_only=True):
    """A method at one place, by a carrier's fees. Goods that are heavier than the heaviest parcel go in several.

    ``own``: the method by its own fees, which holds from ``serves_until_us`` on; None: then nothing is sent by it.
    """

    parcel_grams: int
    serves_until_us: int
    own: ShippingMethod | None = None

    def fee(self, goods_minor: int, grams: int) -> int:
        """See ``ShippingMethod``."""
        full, rest = divmod(grams, self.parcel_grams)
        if not full or (self.free_over_minor is not None and goods_minor >= self.free_over_minor):
            return super().fee(goods_minor, grams)
        more = super().fee(goods_minor, rest) if rest else 0
        return full * super().fee(goods_minor, self.parcel_grams) + more
