"""Zones and methods: which one an order is sent by, and for how much (docs/algorithms/shipping.md)."""

from uuid import uuid4

import pytest

from tallylight.deals import CartLine, Facts, VariantFact, ground_of, place, price
from tallylight.deals.shipping.choose import NotShippedError, ShippingMethodError, method_of, zone_of
from tallylight.deals.shipping.types import RateStep, ShippingMethod, ShippingZone
from tallylight.deals.tax.types import Place, Registration, TaxFacts, TaxRate

SERUM = uuid4()
STANDARD = ShippingMethod(
    id=uuid4(), name="Standard", basis="value", steps=(RateStep(0, 495), RateStep(3000, 295)), free_over_minor=6000,
    days_min=2, days_max=4,
)  # fmt: skip
PARCEL = ShippingMethod(
    id=uuid4(), name="Parcel", basis="weight", steps=(RateStep(0, 700), RateStep(1000, 900), RateStep(5000, 1500))
)
HOME = ShippingZone(id=uuid4(), name="Germany", places=("DE",), methods=(STANDARD, PARCEL))
COAST = ShippingZone(id=uuid4(), name="California", places=("US-CA",), methods=(PARCEL,))
ABROAD = ShippingZone(id=uuid4(), name="Elsewhere", places=("*",), methods=(PARCEL,))


def facts(*zones: ShippingZone, taxes: TaxFacts | None = None) -> Facts:
    serum = VariantFact(SERUM, uuid4(), "Dew Serum", "30 ml", 2499, 450)
    return Facts("EUR", {SERUM: serum}, {}, 123, None, zones=zones, taxes=taxes)


def test_the_fee_goes_by_what_the_goods_cost_until_it_is_free() -> None:
    assert [STANDARD.fee(goods, 0) for goods in (0, 2999, 3000, 5999, 6000)] == [495, 495, 295, 295, 0]


def test_the_fee_goes_by_what_the_goods_weigh() -> None:
    assert [PARCEL.fee(0, grams) for grams in (0, 999, 1000, 4999, 5000, 90_000)] == [700, 700, 900, 900, 1500, 1500]


def test_a_region_comes_before_its_country_and_the_rest_last() -> None:
    zones = (ABROAD, COAST, HOME)
    assert zone_of(zones, place("US", "ca")) == COAST
    assert zone_of(zones, place("US", "NY")) == ABROAD
    assert zone_of(zones, place("DE")) == HOME
    with pytest.raises(NotShippedError):
        zone_of((HOME, COAST), place("US", "NY"))


def test_who_chooses_nothing_gets_the_first_method() -> None:
    assert method_of(HOME, None) == STANDARD
    assert method_of(HOME, PARCEL.id) == PARCEL
    with pytest.raises(ShippingMethodError):
        method_of(COAST, STANDARD.id)


def test_a_quote_says_how_it_is_sent_and_what_that_costs_by_weight() -> None:
    selling = facts(HOME)
    quote = price([CartLine(SERUM, 3)], selling, 1, ground=ground_of(selling, place("DE"), PARCEL.id))
    assert (quote.subtotal.minor, quote.shipping.minor, quote.total.minor) == (7497, 900, 8397)  # 1,350 g
    assert quote.shipping_by is not None
    assert (quote.shipping_by.name, quote.shipping_by.days_min) == ("Parcel", None)
    first = price([CartLine(SERUM, 3)], selling, 1, ground=ground_of(selling, place("DE")))
    assert first.shipping.minor == 0


def test_a_shop_without_zones_has_one_fee_for_everywhere() -> None:
    selling = facts()
    assert ground_of(selling, place("NZ")) is None
    assert price([CartLine(SERUM, 1)], selling, 1).shipping.minor == 123


def test_tax_on_top_is_in_the_total_and_tax_within_is_not_added() -> None:
    vat = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=190_000)
    for included, total in ((False, 2499 + 495 + 475 + 94), (True, 2499 + 495)):
        taxes = TaxFacts(Place("DE"), registrations=(Registration("DE", included=included),), rates=(vat,))
        selling = facts(HOME, taxes=taxes)
        quote = price([CartLine(SERUM, 1)], selling, 1, ground=ground_of(selling, None))
        assert quote.total.minor == total
        assert quote.total == quote.subtotal - quote.discount + quote.shipping + quote.tax
        assert quote.tax_included_minor == (399 + 79 if included else 0)
