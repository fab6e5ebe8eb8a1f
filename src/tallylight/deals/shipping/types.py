"""Values of the shipping rules: zones and the methods in them. Amounts in minor units, weights in grams."""

from typing import Literal
from uuid import UUID

import msgspec

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
