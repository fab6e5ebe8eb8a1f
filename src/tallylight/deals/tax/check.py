"""Whether tax settings and rates can hold: what is ambiguous is refused, with both rates named."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise

from tallylight.deals.tax.types import FOREVER_US, Place, Registration, TaxRate
from tallylight.foundation.errors import ConflictError, InvalidInputError

RATES_MAX = 20_000
REGISTRATIONS_MAX = 300
CODES_MAX = 50
TEXT_MAX = 100
SOURCE_MAX = 300

_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"[A-Z0-9]{0,6}")
_PREFIX = re.compile(r"[A-Z0-9-]{0,12}")
_CLASS = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")


class AmbiguousRateError(ConflictError):
    """Two rates claim the same goods at the same place and moment."""

    code = "ambiguous_tax_rate"


def check_settings(origin: Place, registrations: Sequence[Registration]) -> None:
    """Raises InvalidInputError naming the first field that is wrong."""
    if not _COUNTRY.fullmatch(origin.country):
        raise InvalidInputError("the shop's country must be a two-letter code such as DE", field="origin")
    if len(registrations) > REGISTRATIONS_MAX:
        raise InvalidInputError(f"a shop collects tax in at most {REGISTRATIONS_MAX} places", field="registrations")
    seen = set()
    for each in registrations:
        _check_place(each.country, each.region, "registrations")
        if (each.country, each.region) in seen:
            raise InvalidInputError(f"{_name(each)} is there twice", field="registrations")
        if len(each.number) > TEXT_MAX:
            raise InvalidInputError(f"the number for {_name(each)} is too long", field="registrations")
        seen.add((each.country, each.region))


def check_codes(codes: Mapping[str, str]) -> None:
    """Codes of a tax service by tax class. Raises InvalidInputError."""
    if len(codes) > CODES_MAX:
        raise InvalidInputError(f"at most {CODES_MAX} tax classes have a code", field="codes")
    for tax_class, code in codes.items():
        if not _CLASS.fullmatch(tax_class):
            raise InvalidInputError("a tax class is a word like standard or reduced", field="codes")
        if not _CODE.fullmatch(code):
            raise InvalidInputError(f"{tax_class} needs a code of the service, such as txcd_99999999", field="codes")


def check_rates(rates: Sequence[TaxRate]) -> None:
    """Raises InvalidInputError for a rate that cannot be, AmbiguousRateError for two of which both would hold."""
    if len(rates) > RATES_MAX:
        raise InvalidInputError(f"a shop has at most {RATES_MAX} rates", field="rates")
    alike: dict[tuple[str, str, str, str, int], list[TaxRate]] = defaultdict(list)
    for rate in rates:
        _check_rate(rate)
        alike[rate.country, rate.region, rate.postal_prefix, rate.tax_class, rate.layer].append(rate)
    for group in alike.values():
        group.sort(key=lambda rate: rate.from_us or 0)
        for one, other in pairwise(group):
            if (other.from_us or 0) < (FOREVER_US if one.until_us is None else one.until_us):
                raise AmbiguousRateError(
                    f"{one.name} and {other.name} for {_name(one)} both hold for {one.tax_class} goods in layer "
                    f"{one.layer}; end one before the other begins",
                    field="rates",
                )


def _check_rate(rate: TaxRate) -> None:
    _check_place(rate.country, rate.region, "rates")
    if not _PREFIX.fullmatch(rate.postal_prefix):
        raise InvalidInputError("a post code begins with capitals and digits, without spaces", field="rates")
    if not _CLASS.fullmatch(rate.tax_class):
        raise InvalidInputError("a tax class is a word like standard or reduced", field="rates")
    for text, most in ((rate.authority, TEXT_MAX), (rate.name, TEXT_MAX), (rate.source, SOURCE_MAX)):
        if len(text) > most or not text.isprintable():
            raise InvalidInputError(f"a text of a rate has at most {most} characters", field="rates")
    if not rate.authority or not rate.name:
        raise InvalidInputError("a rate has a name and an authority that it is owed to", field="rates")
    if not 0 <= rate.rate_ppm <= 1_000_000:
        raise InvalidInputError("a rate is 0 to 100 %", field="rates")
    if not 1 <= rate.layer <= 9:
        raise InvalidInputError("a layer is 1 to 9", field="rates")
    if rate.from_us is not None and rate.until_us is not None and rate.from_us >= rate.until_us:
        raise InvalidInputError(f"{rate.name} for {_name(rate)} ends before it begins", field="rates")


def _check_place(country: str, region: str, field: str) -> None:
    if not _COUNTRY.fullmatch(country) or not _REGION.fullmatch(region):
        raise InvalidInputError(f"{country}-{region} is no country and region; write DE, or US and CA", field=field)


def _name(of: TaxRate | Registration) -> str:
    return f"{of.country}-{of.region}" if of.region else of.country
