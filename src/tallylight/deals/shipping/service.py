"""What a service of carriers' rates can do. One adapter a service; whoever asks knows only this.

A service is asked ahead of the sale and never within one: what it says is kept as rows (``answers``), and prices are
made from those. A question holds no buyer and no cart: a place, and the parcels that the shop packs.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import msgspec

from tallylight.deals.shipping.settings import FEE_MINOR_MAX
from tallylight.deals.shipping.types import ClassFee, LevelFees, Parcel
from tallylight.deals.tax.types import Place
from tallylight.foundation.errors import ConflictError, UnavailableError
from tallylight.foundation.money import Money

RATES_MAX = 1_000
DAYS_MAX = 365
NAMED_MAX = 8


class CarrierAwayError(UnavailableError):
    """The service does not answer, or says that it cannot now."""

    code = "carrier_away"


class CarrierRefusedError(ConflictError):
    """The service answers, and its answer is no price: it does not go there, or says what cannot be."""

    code = "carrier_refused"


class CarrierQuestion(msgspec.Struct, frozen=True):
    """What it costs to send each of ``parcels`` from ``origin`` to ``where``, by any of ``levels`` (the service's own
    names), in ``currency``.
    """

    where: Place
    origin: Place
    currency: str
    parcels: tuple[Parcel, ...]
    levels: frozenset[str]


class CarrierRate(msgspec.Struct, frozen=True):
    """What a parcel of up to so many grams costs by a level. ``days``: until it is there, where that is said."""

    level: str
    up_to_grams: int
    fee: Money
    days: int | None = None


class CarrierRates(msgspec.Struct, frozen=True):
    """Every rate to a place, and the wall time until which they should be believed."""

    rates: Sequence[CarrierRate]
    until_us: int


class CarrierService(Protocol):
    name: str

    async def rates_for(self, question: CarrierQuestion, *, now_us: int) -> CarrierRates:
        """What sending costs now. Raises CarrierAwayError, CarrierRefusedError."""
        ...


def understood(question: CarrierQuestion, told: Sequence[CarrierRate]) -> tuple[LevelFees, ...]:
    """The fees of the levels that were asked for, each with one for every parcel; a level with a gap is left out.

    Raises CarrierRefusedError for what no price can be made from: nobody is charged by an answer that contradicts
    itself.
    """
    if len(told) > RATES_MAX:
        raise CarrierRefusedError(f"the service named {len(told)} rates for one place; at most {RATES_MAX} are read")
    fees: dict[str, dict[int, CarrierRate]] = defaultdict(dict)
    for rate in told:
        if rate.level not in question.levels:
            continue
        _check(rate, question)
        before = fees[rate.level].setdefault(rate.up_to_grams, rate)
        if before.fee != rate.fee:
            raise CarrierRefusedError(f"the service named two prices for {rate.level}")
    sizes = [parcel.up_to_grams for parcel in question.parcels]
    found = tuple(
        _level(level, by_size, sizes) for level, by_size in sorted(fees.items()) if len(by_size) == len(sizes)
    )
    if not found:
        others = sorted({rate.level for rate in told})[:NAMED_MAX]
        raise CarrierRefusedError(
            f"the service goes there by none of your levels; it offers {', '.join(others) or 'none at all'}"
        )
    return found


def _check(rate: CarrierRate, question: CarrierQuestion) -> None:
    if rate.fee.currency != question.currency:
        raise CarrierRefusedError(f"the service's prices are in {rate.fee.currency}, the shop's in {question.currency}")
    if not 0 <= rate.fee.minor <= FEE_MINOR_MAX:
        raise CarrierRefusedError(f"the service named a price for {rate.level} that is below 0 or far too high")
    if rate.up_to_grams not in {parcel.up_to_grams for parcel in question.parcels}:
        raise CarrierRefusedError("the service answered for a parcel that was not asked for")


def _level(level: str, by_size: dict[int, CarrierRate], sizes: Sequence[int]) -> LevelFees:
    days = [rate.days for rate in by_size.values() if rate.days is not None and 0 <= rate.days <= DAYS_MAX]
    return LevelFees(level, tuple(ClassFee(size, by_size[size].fee.minor) for size in sizes), max(days, default=None))
