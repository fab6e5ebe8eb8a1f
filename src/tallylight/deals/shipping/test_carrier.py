"""The test service of carriers' rates: one of our own, for demos and tests. It takes its own time and has bad days.

It has two levels, ``test_ground`` and ``test_express``. By the last three digits of the post code: ``000`` is a place
that it does not go to, ``500`` is answered with a failure, ``408`` never, ``402`` in another currency, ``400`` with a
fee below 0, ``413`` with a hundred thousand rates, ``409`` with every rate twice, ``300`` with two prices for one.
"""

import asyncio

import msgspec

from tallylight.deals.shipping.service import (
    CarrierAwayError,
    CarrierQuestion,
    CarrierRate,
    CarrierRates,
    CarrierRefusedError,
)
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.money import Money

BELIEVED_US = 86_400 * MICROSECONDS
UNKNOWN, FAILING, SILENT, FOREIGN, NEGATIVE, HUGE, REPEATED, TORN = "000 500 408 402 400 413 409 300".split()  # noqa: SIM905
_MANY = 100_000
_DAYS = {"test_ground": 4, "test_express": 1}


class TestCarriers:
    """Implements ``CarrierService``. ``ground_minor``: the first fee from now on, express costs twice; ``away``:
    nothing is answered; ``busy``: answers wait for it.
    """

    __test__ = False
    name = "test"

    def __init__(self, ground_minor: int = 700) -> None:
        self.ground_minor = ground_minor
        self.away = False
        self.busy: asyncio.Event | None = None
        self.asked: list[CarrierQuestion] = []

    async def rates_for(self, question: CarrierQuestion, *, now_us: int) -> CarrierRates:
        """See ``CarrierService``. Each heavier parcel costs 3.00 more."""
        self.asked.append(question)
        del self.asked[:-1000]
        if self.busy is not None:
            await self.busy.wait()
        mood = question.where.postal_code[-3:]
        if mood == SILENT:
            await asyncio.Event().wait()
        if self.away or mood == FAILING:
            raise CarrierAwayError("the test carriers are away")
        if mood == UNKNOWN:
            raise CarrierRefusedError("the test carriers do not go there")
        return CarrierRates(_in_mood(self._rates(question), mood), now_us + BELIEVED_US)

    def _rates(self, question: CarrierQuestion) -> list[CarrierRate]:
        return [
            CarrierRate(
                level, parcel.up_to_grams, Money(self.ground_minor * times + 300 * number, question.currency),
                _DAYS[level],
            )
            for times, level in enumerate(_DAYS, 1)
            for number, parcel in enumerate(question.parcels)
        ]  # fmt: skip


def _in_mood(rates: list[CarrierRate], mood: str) -> list[CarrierRate]:
    first = rates[0]
    if mood == FOREIGN:
        return [msgspec.structs.replace(rate, fee=Money(rate.fee.minor, "XTS")) for rate in rates]
    if mood == NEGATIVE:
        return [msgspec.structs.replace(first, fee=-first.fee), *rates[1:]]
    if mood == HUGE:
        return rates * _MANY
    if mood == REPEATED:
        return rates * 2
    if mood == TORN:
        return [*rates, msgspec.structs.replace(first, fee=first.fee + first.fee)]
    return rates
