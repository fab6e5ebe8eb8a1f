"""Addresses by country: which fields, in whose words, and which mistakes are named."""

import msgspec
import pytest

from tallylight.checkout import Address
from tallylight.checkout.address_rules import address_rules, check_address, place_of
from tallylight.deals import Place
from tallylight.foundation.errors import InvalidInputError

RENO = Address("1 Main St", "Reno", "89501", "US")


def test_each_country_asks_in_its_own_words_and_order() -> None:
    american, irish, chinese = address_rules("US"), address_rules("IE"), address_rules("HK")
    assert american.fields == ["line1", "city", "region", "postal_code"]
    assert (american.region_label, american.postal_code_label) == ("State", "ZIP code")
    assert ("CA", "California") in [(each.code, each.name) for each in american.regions]
    assert (irish.region_label, irish.postal_code_label, irish.required) == ("County", "Eircode", ["city", "line1"])
    assert "postal_code" not in chinese.fields
    assert "region" not in address_rules("DE").fields


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"postal_code": "8950"}, "postal_code"),
        ({"postal_code": " "}, "postal_code"),
        ({"city": ""}, "city"),
        ({"line1": ""}, "line1"),
        ({"region": "Bavaria"}, "region"),
        ({"country": "XX"}, "country"),
        ({"country": "us"}, "country"),
        ({"country": "DE", "postal_code": "SW1A 1AA"}, "postal_code"),
    ],
)
def test_a_mistake_is_named_by_its_field(change: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        check_address(msgspec.structs.replace(RENO, **change))
    assert caught.value.fields["field"] == field


@pytest.mark.parametrize(
    "good",
    [
        RENO,
        msgspec.structs.replace(RENO, region="Nevada"),
        msgspec.structs.replace(RENO, region="NV", postal_code="89501-1234"),
        Address("1 Queen's Road", "Central", "", "HK"),
        Address("10 Downing St", "London", "sw1a 2aa", "GB"),
    ],
)
def test_what_a_carrier_could_find_is_taken(good: Address) -> None:
    check_address(good)


def test_a_region_counts_by_its_code_however_it_is_written() -> None:
    for written in ("California", "ca", " CA ", "US-CA"):
        assert place_of("US", written, "94 110") == Place("US", "CA", "94110")
    assert place_of("DE", None, "10115") == Place("DE", "", "10115")
