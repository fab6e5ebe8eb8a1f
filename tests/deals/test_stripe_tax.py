"""Stripe Tax through Stripe's own library: what is asked, what its breakdown comes to as rates, and what goes wrong."""

import asyncio
from collections.abc import Iterator

import pytest

from tallylight.deals.tax.check import check_rates
from tallylight.deals.tax.service import ServiceRates, TaxQuestion, TaxServiceAwayError, TaxServiceRefusedError
from tallylight.deals.tax.stripe_service import BELIEVED_US, StripeTax
from tallylight.deals.tax.types import Place
from tests.support.local_stripe_tax import KEY, Json, LocalTax, calculation, local_stripe_tax, part, refusal

NOW_US = 1_790_000_000_000_000
QUESTION = TaxQuestion(
    Place("US", "NY", "10001"), Place("US", "NV", "89501"), "USD", False, {"clothing": "txcd_30011000", "standard": ""}
)
STATE = part("4")
CITY = part("4.5", level="city")
EXEMPT = part("0", tax_rate_details=None, taxability_reason="product_exempt", taxable_amount=0)


@pytest.fixture
def there() -> Iterator[LocalTax]:
    with local_stripe_tax() as local:
        yield local


def ask(there: LocalTax, question: TaxQuestion = QUESTION, key: str = KEY) -> ServiceRates:
    return asyncio.run(StripeTax(key, api_base=there.url).rates_for(question, now_us=NOW_US))


def test_each_class_is_asked_for_by_its_code_at_the_place(there: LocalTax) -> None:
    there.answer = lambda _: (200, calculation({"clothing": [STATE], "standard": [STATE]}, [STATE]))
    assert ask(there).until_us == NOW_US + BELIEVED_US
    [asked] = there.asked
    assert [asked[f"line_items[{n}][tax_code]"] for n in (0, 1)] == ["txcd_30011000", "txcd_99999999"]
    assert {asked["line_items[0][tax_behavior]"], asked["shipping_cost[tax_behavior]"]} == {"exclusive"}
    assert asked["customer_details[address][postal_code]"] == "10001"
    assert asked["ship_from_details[address][state]"] == "NV"
    assert (asked["currency"], asked["expand[0]"]) == ("usd", "line_items")


def test_authorities_are_layers_and_what_is_exempt_has_a_rate_of_nothing(there: LocalTax) -> None:
    there.answer = lambda _: (200, calculation({"clothing": [EXEMPT, CITY], "standard": [STATE, CITY]}, [STATE]))
    rates = ask(there).rates
    check_rates(rates)
    found = {(rate.tax_class, rate.authority, rate.on_shipping): rate.rate_ppm for rate in rates if rate.rate_ppm}
    assert found == {
        ("clothing", "US-NY New York city", False): 45_000,
        ("standard", "US-NY New York city", False): 45_000,
        ("standard", "US-NY", True): 40_000,
    }
    layers = {(rate.tax_class, rate.layer) for rate in rates}
    assert {layer for name, layer in layers if name == "clothing"} == {
        layer for name, layer in layers if name == "standard"
    }


def test_a_tax_of_a_part_of_the_price_and_a_rate_with_many_places_are_counted_to_the_millionth(there: LocalTax) -> None:
    partly = part("6.25", taxability_reason="portion_product_exempt", taxable_amount=8_000)
    there.answer = lambda _: (200, calculation({"clothing": [partly], "standard": [part("8.87549")]}, []))
    assert sorted(rate.rate_ppm for rate in ask(there).rates) == [50_000, 88_755]


def test_tax_within_prices_is_of_the_country(there: LocalTax) -> None:
    vat = part("19.0", None, level="country", country="DE", taxable_amount=8_403)
    there.answer = lambda _: (200, calculation({"standard": [vat]}, [vat]))
    [rate] = ask(there, TaxQuestion(Place("DE"), Place("DE"), "EUR", True, {"standard": ""})).rates
    assert (rate.authority, rate.rate_ppm, rate.on_shipping) == ("DE", 190_000, True)
    assert there.asked[0]["line_items[0][tax_behavior]"] == "inclusive"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, refusal("customer_tax_location_invalid", "no such place"), "does not know the place"),
        (400, refusal("parameter_invalid", "Invalid tax code"), "Invalid tax code"),
        (200, calculation({"standard": [part("4")]}, []), "for each class"),
        (
            200,
            calculation({"clothing": [], "standard": [part("0", taxability_reason="not_collecting")]}, []),
            "register the place in the Stripe account",
        ),
        (200, calculation({"clothing": [], "standard": []}, []), "named 0 taxes"),
        (200, calculation({"clothing": [{}], "standard": [{}]}, []), "not understood"),
        (200, calculation({"clothing": [part("101")], "standard": [STATE]}, []), "a rate that is none"),
        (200, calculation({"clothing": [part("x")], "standard": [STATE]}, []), "not understood"),
    ],
)
def test_what_is_no_rate_is_never_taken_for_one(there: LocalTax, status: int, body: Json, words: str) -> None:
    there.answer = lambda _: (status, body)
    with pytest.raises(TaxServiceRefusedError, match=words):
        ask(there)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_cannot_answer_is_away(there: LocalTax, status: int) -> None:
    there.answer = lambda _: (status, refusal("", "later", "api_error"))
    with pytest.raises(TaxServiceAwayError):
        ask(there)


def test_a_wrong_key_and_a_closed_door_are_told_apart(there: LocalTax) -> None:
    with pytest.raises(TaxServiceRefusedError, match="TALLYLIGHT_STRIPE_SECRET_KEY"):
        ask(there, key="sk_test_other")
    nobody = StripeTax(KEY, api_base="http://127.0.0.1:1")
    with pytest.raises(TaxServiceAwayError):
        asyncio.run(nobody.rates_for(QUESTION, now_us=NOW_US))
