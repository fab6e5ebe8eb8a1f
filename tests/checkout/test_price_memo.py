"""Prices that are remembered: by what holds at a place, not by the place."""

from uuid import uuid4

from tallylight.checkout.desk.price_memo import PriceMemo
from tallylight.deals import CartLine, Facts, VariantFact, place
from tallylight.deals.shipping.types import RateStep, ShippingMethod, ShippingZone
from tallylight.deals.tax.types import Place, Registration, TaxFacts, TaxRate

SERUM = uuid4()
CART = [CartLine(SERUM, 1)]
SLOW, FAST = (
    ShippingMethod(id=uuid4(), name=name, basis="value", steps=(RateStep(0, fee),))
    for name, fee in (("Slow", 500), ("Fast", 900))
)
STATE = TaxRate(authority="US-NY", name="State", country="US", rate_ppm=40_000, from_us=100)
CITY = TaxRate(authority="US-NY", name="City", country="US", rate_ppm=45_000, postal_prefix="100", layer=2)


def memo() -> PriceMemo:
    taxes = TaxFacts(Place("US"), registrations=(Registration("US"),), rates=(STATE, CITY))
    zone = ShippingZone(id=uuid4(), name="Here", places=("US",), methods=(SLOW, FAST))
    return PriceMemo(Facts("USD", {SERUM: VariantFact(SERUM, uuid4(), "S", "", 2000)}, {}, zones=(zone,), taxes=taxes))


def test_places_where_the_same_holds_share_a_price() -> None:
    prices = memo()
    one, other = (prices.price(CART, 500, where=place("US", "NV", code)) for code in ("89501", "89502"))
    assert one is other
    city = prices.price(CART, 500, where=place("US", "NY", "10001"))
    assert (one.quote.tax.minor, city.quote.tax.minor) == (100, 213)  # 25.00 × 4 %; 20.00 and 5.00 × 8.5 %, by line


def test_a_way_of_shipping_and_a_new_rate_have_prices_of_their_own() -> None:
    prices = memo()
    there = place("US", "NV", "89501")
    assert prices.price(CART, 500, where=there, method_id=FAST.id).quote.total.minor == 2900 + 116
    assert prices.price(CART, 500, where=there, method_id=SLOW.id).quote.total.minor == 2500 + 100
    assert prices.price(CART, 99, where=there).quote.total.minor == 2500
