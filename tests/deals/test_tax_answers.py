"""What a tax service's answers mean for a price: at which places they are asked for, and until when they serve."""

import pytest

from tallylight.deals.tax.explain import tax_parts
from tallylight.deals.tax.rates_at import rates_for, tax_of_place, taxes_to_plan_by
from tallylight.deals.tax.service import TaxUnknownError, asked_place
from tallylight.deals.tax.types import (
    STANDARD,
    Place,
    Registration,
    ServiceFacts,
    TaxAnswer,
    TaxFacts,
    TaxRate,
    place,
)

UNTIL_US = 1_790_000_000_000_000
OWN = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=190_000)
SAID = TaxRate(authority="DE", name="VAT", country="DE", rate_ppm=200_000, source="test")


def facts(*, own_when_away: bool, answers: dict[Place, TaxAnswer]) -> TaxFacts:
    collects = (Registration("DE", included=True),)
    return TaxFacts(Place("DE"), "line", True, collects, (OWN,), ServiceFacts(own_when_away, answers))


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        (place("US", "NY", "10001-1234"), Place("US", "NY", "10001")),
        (place("US", "NY", "100"), None),
        (place("US", "NY"), None),
        (place("CA", "ON", "k1a 0b1"), Place("CA", "ON", "K1A0B1")),
        (place("CA", "ON"), Place("CA", "ON")),
        (place("CA"), None),
        (place("DE", "BY", "80331"), Place("DE")),
        (place("DE", None, "78266"), Place("DE", "", "78266")),
        (place("ES", None, "35001"), Place("ES", "", "35001")),
        (place("NZ", None, "6011"), Place("NZ")),
    ],
)
def test_as_much_of_a_place_is_asked_for_as_matters(where: Place, asked: Place | None) -> None:
    assert asked_place(where) == asked


def test_answers_serve_until_their_end_and_then_the_own_table_or_nothing() -> None:
    answers = {Place("DE"): TaxAnswer((SAID,), UNTIL_US)}
    both = tax_of_place(facts(own_when_away=True, answers=answers), Place("DE", "BY", "80331"))
    assert both is not None
    for at_us, ppm in ((UNTIL_US - 1, 200_000), (UNTIL_US, 190_000)):
        assert [rate.rate_ppm for rate in rates_for(both.rates, STANDARD, at_us)] == [ppm]
    alone = tax_of_place(facts(own_when_away=False, answers=answers), Place("DE"))
    assert tax_parts([], 0, alone, UNTIL_US - 1, "EUR") == []
    with pytest.raises(TaxUnknownError):
        tax_parts([], 0, alone, UNTIL_US, "EUR")


def test_a_place_without_an_answer_is_never_one_without_tax() -> None:
    failed = {Place("DE"): TaxAnswer((), 0)}
    for own_when_away, answers in ((True, {}), (False, {}), (False, failed)):
        with pytest.raises(TaxUnknownError):
            tax_of_place(facts(own_when_away=own_when_away, answers=answers), Place("DE"))
    stood_in = tax_of_place(facts(own_when_away=True, answers=failed), Place("DE"))
    assert stood_in is not None
    assert stood_in.rates == (OWN,)


def test_a_small_seller_in_the_eu_has_its_origin_asked_for_and_others_collect_nothing() -> None:
    there = facts(own_when_away=False, answers={Place("DE"): TaxAnswer((SAID,), UNTIL_US)})
    french = tax_of_place(there, Place("FR", "", "75001"))
    assert french is not None
    assert french.rates == (SAID,)
    assert tax_of_place(there, Place("US", "NY", "10001")) is None


def test_a_plan_of_later_days_reckons_with_what_is_known_today() -> None:
    for answers, rate in (({Place("DE"): TaxAnswer((SAID,), UNTIL_US)}, SAID), ({}, OWN)):
        planned = tax_of_place(taxes_to_plan_by(facts(own_when_away=False, answers=answers)), Place("DE"))
        assert planned is not None
        [found] = rates_for(planned.rates, STANDARD, UNTIL_US * 2)
        assert found.rate_ppm == rate.rate_ppm
