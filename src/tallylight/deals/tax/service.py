"""What a tax service can do. One adapter a service; whoever asks knows only this.

A service is asked ahead of the sale and never within one: what it says is kept as rows (``answers``), and prices are
made from those. A question holds no buyer and no cart: a place, and the shop's classes of goods.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from tallylight.deals.tax.types import Place, TaxRate
from tallylight.foundation.errors import ConflictError, UnavailableError

LAYERS_MAX = 9

_WHOLE_POST_CODE = {"US": 5, "CA": 6}
"""Countries whose taxes depend on the post code, and as much of it as matters."""
_TERRITORIES: Mapping[str, tuple[str, ...]] = {
    "AT": ("6691", "6991"), "DE": ("27498", "78266"), "ES": ("35", "38", "51", "52"), "FI": ("22",),
    "FR": ("97", "98"), "GB": ("BT", "GY", "IM", "JE"), "GR": ("63086",), "IT": ("22061", "23041"), "PT": ("9",),
}  # fmt: skip
"""Post codes with taxes other than their country's: Canary Islands, Büsingen, Livigno, Northern Ireland and the like
(Directive 2006/112/EC, Art. 6, and the states' own laws).
"""


class TaxUnknownError(UnavailableError):
    """Nobody can say what the tax at a place is right now, and the shop does not sell on a guess."""

    code = "tax_unknown"

    def __init__(self, message: str = "the tax for this place is not known right now; try again in a minute") -> None:
        super().__init__(message)


class TaxServiceAwayError(UnavailableError):
    """The service does not answer, or says that it cannot now."""

    code = "tax_service_away"


class TaxServiceRefusedError(ConflictError):
    """The service answers, and has no rates: it does not know the place, or the account is not set up for it."""

    code = "tax_service_refused"


class TaxQuestion(msgspec.Struct, frozen=True):
    """``codes``: the shop's classes of goods with the service's code, empty for its default. ``included``: whether list
    prices hold the tax at ``where``.
    """

    where: Place
    origin: Place
    currency: str
    included: bool
    codes: Mapping[str, str]


class ServiceRates(msgspec.Struct, frozen=True):
    """Every rate of a place, each class in each layer, and the wall time until which they should be believed."""

    rates: tuple[TaxRate, ...]
    until_us: int


class TaxService(Protocol):
    name: str

    async def rates_for(self, question: TaxQuestion, *, now_us: int) -> ServiceRates:
        """What holds at a place now. Raises TaxServiceAwayError, TaxServiceRefusedError."""
        ...


def asked_place(where: Place) -> Place | None:
    """As much of ``where`` as taxes depend on, so that a crowd asks for few places; None when it is too little yet.

    Regions alone are enough in Canada; in the USA a state has many rates.
    """
    digits = _WHOLE_POST_CODE.get(where.country)
    if digits is not None:
        code = where.postal_code.replace("-", "")[:digits]
        if len(code) < digits:
            return Place(where.country, where.region) if where.country == "CA" and where.region else None
        return Place(where.country, where.region, code)
    apart = where.postal_code.startswith(_TERRITORIES.get(where.country, ("\0",)))
    return Place(where.country, "", where.postal_code if apart else "")
