"""Shippo's rates over HTTP: what is asked, what is made of the answers, and of bad days."""

import asyncio
from collections.abc import Iterator

import pytest

from tallylight.deals.shipping.service import (
    CarrierAwayError,
    CarrierQuestion,
    CarrierRate,
    CarrierRefusedError,
    understood,
)
from tallylight.deals.shipping.shippo import BELIEVED_US, BODY_BYTES_MAX, Shippo
from tallylight.deals.shipping.types import ClassFee, LevelFees, Parcel
from tallylight.deals.tax.types import Place
from tallylight.foundation.errors import TallyError
from tallylight.foundation.money import Money
from tests.support.local_shippo import TOKEN, Json, LocalShippo, local_shippo, rate, shipment

QUESTION = CarrierQuestion(
    Place("US", "NV", "89501"),
    Place("US", "CA", "94103"),
    "USD",
    (Parcel(1000, 200, 100, 50), Parcel(5000, 300, 200, 100)),
    frozenset({"usps_priority"}),
)


@pytest.fixture
def there() -> Iterator[LocalShippo]:
    with local_shippo() as running:
        yield running


def by_weight(asked: Json) -> tuple[int, bytes]:
    grams = int(asked["parcels"][0]["weight"])
    return 201, shipment(rate("usps_priority", f"{grams / 1000 + 4:.2f}"), rate("ups_ground", "9.5", days=None))


def ask(there: LocalShippo, token: str = TOKEN) -> list[CarrierRate]:
    service = Shippo(token, api_base=there.url, answer_s=0.5)
    found = asyncio.run(service.rates_for(QUESTION, now_us=1))
    assert found.until_us == 1 + BELIEVED_US
    return list(found.rates)


def refused(there: LocalShippo, token: str = TOKEN) -> TallyError:
    with pytest.raises(TallyError) as raised:
        understood(QUESTION, ask(there, token))
    return raised.value


def test_each_parcel_is_a_shipment_that_names_no_buyer(there: LocalShippo) -> None:
    there.answer = by_weight
    found = ask(there)
    assert found == [
        CarrierRate("usps_priority", 1000, Money(500, "USD"), 3),
        CarrierRate("ups_ground", 1000, Money(950, "USD"), None),
        CarrierRate("usps_priority", 5000, Money(900, "USD"), 3),
        CarrierRate("ups_ground", 5000, Money(950, "USD"), None),
    ]
    assert understood(QUESTION, found) == (LevelFees("usps_priority", (ClassFee(1000, 500), ClassFee(5000, 900)), 3),)
    [first, _] = sorted(there.asked, key=lambda asked: int(asked["parcels"][0]["weight"]))
    assert first == {
        "address_from": {"country": "US", "state": "CA", "zip": "94103"},
        "address_to": {"country": "US", "state": "NV", "zip": "89501"},
        "parcels": [
            {
                "length": "200", "width": "100", "height": "50", "distance_unit": "mm", "weight": "1000",
                "mass_unit": "g",
            }
        ],
        "async": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "body", "kind", "problem"),
    [
        (503, b"", CarrierAwayError, "cannot answer now"),
        (429, b"{}", CarrierAwayError, "cannot answer now"),
        (400, b'{"address_to": "no such place"}', CarrierRefusedError, "no such place"),
        (201, b"<html>", CarrierRefusedError, "not understood"),
        (201, b"[]", CarrierRefusedError, "not understood"),
        (201, b" " * (BODY_BYTES_MAX + 1), CarrierRefusedError, "too long"),
        (201, shipment(why="USPS does not go there"), CarrierRefusedError, "USPS does not go there"),
        (201, shipment(rate("usps_priority", "7.005")), CarrierRefusedError, "price that is none"),
        (201, shipment(rate("usps_priority", "NaN")), CarrierRefusedError, "price that is none"),
        (201, shipment(rate("usps_priority", "1e9")), CarrierRefusedError, "price that is none"),
        (201, shipment(rate("usps_priority", "7.00", "dollars")), CarrierRefusedError, "price that is none"),
        (201, shipment(rate("usps_priority", "7.00", "EUR")), CarrierRefusedError, "in EUR"),
        (201, shipment(rate("usps_priority", "-7.00")), CarrierRefusedError, "below 0"),
    ],
)
def test_bad_days_are_told_apart_and_never_priced(
    there: LocalShippo, status: int, body: bytes, kind: type[TallyError], problem: str
) -> None:
    there.answer = lambda _: (status, body)
    found = refused(there)
    assert type(found) is kind
    assert problem in found.message
    assert TOKEN not in found.message


def test_who_is_slow_or_gone_is_away_and_a_wrong_token_is_said(there: LocalShippo) -> None:
    there.answer, there.slow_s = by_weight, 2
    assert isinstance(refused(there), CarrierAwayError)
    assert "TALLYLIGHT_SHIPPO_TOKEN" in refused(there, "shippo_test_wrong").message
    gone = LocalShippo("http://127.0.0.1:9")
    assert isinstance(refused(gone), CarrierAwayError)
