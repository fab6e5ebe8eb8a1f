"""The test tax service: one of our own, for demos and tests. It takes its own time and has bad days.

By post code: ``00000`` is a place that it does not know, ``00500`` is answered with a failure, ``00408`` never.
"""

import asyncio

from tallylight.deals.tax.service import ServiceRates, TaxQuestion, TaxServiceAwayError, TaxServiceRefusedError
from tallylight.deals.tax.types import TaxRate
from tallylight.foundation.clock import MICROSECONDS

BELIEVED_US = 86_400 * MICROSECONDS
UNKNOWN, FAILING, SILENT = "00000", "00500", "00408"


class TestTaxService:
    """Implements ``TaxService``. ``ppm``: the rate of every place from now on; ``away``: nothing is answered;
    ``busy``: answers wait for it.
    """

    __test__ = False
    name = "test"

    def __init__(self, ppm: int = 80_000) -> None:
        self.ppm = ppm
        self.away = False
        self.busy: asyncio.Event | None = None
        self.asked: list[TaxQuestion] = []

    async def rates_for(self, question: TaxQuestion, *, now_us: int) -> ServiceRates:
        """See ``TaxService``. A class with the code ``exempt`` is taxed at 0 %."""
        self.asked.append(question)
        del self.asked[:-1000]
        if self.busy is not None:
            await self.busy.wait()
        where = question.where
        if where.postal_code == SILENT:
            await asyncio.Event().wait()
        if self.away or where.postal_code == FAILING:
            raise TaxServiceAwayError("the test tax service is away")
        if where.postal_code == UNKNOWN:
            raise TaxServiceRefusedError("the test tax service does not know the place")
        authority = f"{where.country}-{where.region}" if where.region else where.country
        rates = (
            TaxRate(
                authority=authority, name="Test tax", country=where.country, region=where.region, tax_class=tax_class,
                rate_ppm=0 if code == "exempt" else self.ppm, source="test",
            )
            for tax_class, code in question.codes.items()
        )  # fmt: skip
        return ServiceRates(tuple(rates), now_us + BELIEVED_US)
