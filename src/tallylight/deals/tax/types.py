"""Values of the tax rules. Rates are parts per million (8.875 % is 88,750), amounts minor units."""

from collections.abc import Mapping
from typing import Literal

import msgspec

Rounding = Literal["line", "order"]
FOREVER_US = 1 << 62
STANDARD = "standard"
"""The class of a product that says nothing else."""


class Place(msgspec.Struct, frozen=True):
    """Where something is sent, or from where: ISO 3166-1 country, its region's code, its post code. Write it with
    ``place``.
    """

    country: str
    region: str = ""
    postal_code: str = ""


def place(country: str, region: str | None = None, postal_code: str | None = None) -> Place:
    """A place as the rules compare it: capitals, the post code without spaces, ``US-CA`` as ``CA``."""
    code = (region or "").strip().upper()
    land = country.strip().upper()
    return Place(land, code.removeprefix(f"{land}-"), "".join((postal_code or "").upper().split()))


class TaxRate(msgspec.Struct, frozen=True, kw_only=True):
    """A rate as the law has it: ``rate_ppm`` of what a product of ``tax_class`` costs at a place, for
    from_us <= t < until_us (None: open).

    ``authority`` is whom it is owed to. ``layer``: rates of different layers add up (a state's, a city's); within one
    the nearest place wins. ``on_shipping``: whether shipping such goods is taxed as they are.
    ``source``: where the figure is from and when it was looked up.
    """

    authority: str
    name: str
    country: str
    rate_ppm: int
    region: str = ""
    postal_prefix: str = ""
    tax_class: str = STANDARD
    layer: int = 1
    on_shipping: bool = True
    from_us: int | None = None
    until_us: int | None = None
    source: str = ""

    def holds(self, at_us: int) -> bool:
        """Whether it is in force at ``at_us``."""
        return (self.from_us is None or self.from_us <= at_us) and (self.until_us is None or at_us < self.until_us)

    def covers(self, where: Place) -> bool:
        """Whether it is a rate of that place."""
        return (
            self.country == where.country
            and self.region in ("", where.region)
            and where.postal_code.startswith(self.postal_prefix)
        )

    def nearness(self) -> tuple[int, bool]:
        """What decides between two that cover the same place: the longer post code, then a region."""
        return len(self.postal_prefix), bool(self.region)


class Registration(msgspec.Struct, frozen=True):
    """Where the shop collects tax. ``included``: its list prices hold the tax of this place already.

    ``number``: what the authority knows the shop by, printed on receipts.
    """

    country: str
    region: str = ""
    included: bool = False
    number: str = ""


class TaxAnswer(msgspec.Struct, frozen=True):
    """What a tax service said of a place, good for prices before ``serves_until_us``. No rates: it had no answer."""

    rates: tuple[TaxRate, ...]
    serves_until_us: int


class ServiceFacts(msgspec.Struct, frozen=True):
    """A shop's tax service. ``own_when_away``: where it has no answer that still serves, the shop's own table holds."""

    own_when_away: bool
    answers: Mapping[Place, TaxAnswer]


class TaxFacts(msgspec.Struct, frozen=True):
    """A shop's taxes. Where it is not registered it collects none.

    ``origin``: where it sends from. ``origin_in_eu``: sales into other EU countries are taxed as at the origin, which
    is the law for small sellers (Directive 2006/112/EC, Art. 59c) until they register elsewhere. ``rates``: its own
    table; ``service``: whose rates hold instead.
    """

    origin: Place
    rounding: Rounding = "line"
    origin_in_eu: bool = False
    registrations: tuple[Registration, ...] = ()
    rates: tuple[TaxRate, ...] = ()
    service: ServiceFacts | None = None


class PlaceTax(msgspec.Struct, frozen=True):
    """The rates that may hold at one place, whatever the moment and the class. ``known_until_us``: no more is known of
    later moments, and nothing can be sold in them.
    """

    rates: tuple[TaxRate, ...]
    included: bool
    rounding: Rounding
    known_until_us: int | None = None


class Taxable(msgspec.Struct, frozen=True):
    """What is taxed: ``net_minor`` of a line after its discounts. ``of``: its position from 1; 0 is shipping."""

    of: int
    net_minor: int
    tax_class: str
    pieces: int


class TaxAmount(msgspec.Struct, frozen=True):
    """What ``rate`` comes to on one line or on shipping: ``tax_minor`` on ``base_minor``, which is without tax."""

    of: int
    rate: TaxRate
    base_minor: int
    tax_minor: int
    included: bool
