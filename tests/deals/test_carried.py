"""What carriers' answers mean for a fee: docs/algorithms/shipping.md, with its numbers."""

from uuid import UUID

import msgspec
import pytest

from tallylight.deals import CartLine, Facts, VariantFact, ground_of, methods_to, price, unchanged_around
from tallylight.deals.ground import Ground
from tallylight.deals.shipping.carried import ShippingUnknownError, carried_place
from tallylight.deals.shipping.choose import NotShippedError, ShippingMethodError
from tallylight.deals.shipping.service import CarrierQuestion, CarrierRate, CarrierRefusedError, understood
from tallylight.deals.shipping.types import (
    CarrierAnswer,
    CarrierFacts,
    ClassFee,
    LevelFees,
    Parcel,
    RateStep,
    ShippingMethod,
    ShippingZone,
)
from tallylight.deals.tax.types import Place, TaxFacts, place
from tallylight.foundation.money import Money

UNTIL_US = 1_790_000_000_000_000
VARIANT = UUID(int=1)
STANDARD = ShippingMethod(
    id=UUID(int=10), name="Standard", basis="value", steps=(RateStep(0, 495),), free_over_minor=6000
)
EXPRESS = ShippingMethod(
    id=UUID(int=11), name="Express", basis="value", steps=(RateStep(0, 990),), days_min=1, days_max=2
)
ZONES = (ShippingZone(id=UUID(int=20), name="Home", places=("US",), methods=(STANDARD, EXPRESS)),)
RENO = Place("US", "NV", "89501")
GROUND = LevelFees("usps_ground", (ClassFee(1000, 700), ClassFee(5000, 1000)), 4)
LEVELS = {STANDARD.id: "usps_ground", EXPRESS.id: "ups_air"}


def facts(
    *levels: LevelFees, asked: bool = True, own_when_away: bool = False, grams: int = 450, price_minor: int = 1000
) -> Facts:
    answers = {RENO: CarrierAnswer(levels, UNTIL_US if levels else 0)} if asked else {}
    return Facts(
        "USD",
        {VARIANT: VariantFact(VARIANT, UUID(int=2), "Serum", "Default", price_minor, grams)},
        {},
        zones=ZONES,
        taxes=TaxFacts(Place("US", "NV")),
        carriers=CarrierFacts(own_when_away, LEVELS, answers),
    )


def ground(selling: Facts, method: ShippingMethod | None = None) -> Ground:
    found = ground_of(selling, RENO, None if method is None else method.id)
    assert found is not None
    return found


def fee(selling: Facts, pieces: int, at_us: int = 1, method: ShippingMethod | None = None) -> int:
    quote = price([CartLine(VARIANT, pieces)], selling, at_us, ground=ground(selling, method))
    return quote.shipping.minor


@pytest.mark.parametrize(
    ("grams", "expected"),
    [(0, 700), (1000, 700), (1001, 1000), (5000, 1000), (5001, 1700), (10_000, 2000), (12_000, 3000)],
)
def test_a_fee_is_of_the_parcel_that_the_goods_fit_in_and_of_several_when_they_fit_in_none(
    grams: int, expected: int
) -> None:
    assert fee(facts(GROUND, grams=grams), 1) == expected


def test_what_is_free_stays_free_and_days_are_the_shops_own_before_the_carriers() -> None:
    selling = facts(GROUND, msgspec.structs.replace(GROUND, level="ups_air"))
    assert fee(selling, 6) == 0
    assert fee(facts(GROUND, grams=9000), 6) == 0
    chosen = [ground(selling, each).method for each in (STANDARD, EXPRESS)]
    assert [(each.days_min, each.days_max) for each in chosen if each is not None] == [(4, 4), (1, 2)]


def test_answers_serve_until_their_end_and_then_the_own_fee_or_nothing() -> None:
    selling = facts(GROUND, own_when_away=True)
    assert [fee(selling, 1, at_us) for at_us in (UNTIL_US - 1, UNTIL_US)] == [700, 495]
    assert unchanged_around([CartLine(VARIANT, 1)], selling, 1, ground(selling))[1] == UNTIL_US
    assert fee(facts(GROUND), 1, UNTIL_US - 1) == 700
    with pytest.raises(ShippingUnknownError):
        fee(facts(GROUND), 1, UNTIL_US)


def test_a_place_that_nobody_was_asked_for_has_no_fee_and_one_that_failed_the_own_or_none() -> None:
    for unknown in (facts(asked=False), facts(asked=False, own_when_away=True), facts()):
        with pytest.raises(ShippingUnknownError):
            fee(unknown, 1)
    assert fee(facts(own_when_away=True), 1) == 495


def test_a_level_that_does_not_go_there_is_not_offered() -> None:
    selling = facts(GROUND)
    assert [each.name for each in methods_to(selling, RENO, 1)] == ["Standard"]
    with pytest.raises(ShippingMethodError):
        ground(selling, EXPRESS)
    air = facts(msgspec.structs.replace(GROUND, level="ups_air"))
    assert fee(air, 1) == 700  # the first of those that go there
    with pytest.raises(NotShippedError):
        ground(facts(msgspec.structs.replace(GROUND, level="other")))
    assert methods_to(facts(), RENO, 1) == ()
    with pytest.raises(ShippingUnknownError):
        methods_to(facts(asked=False), RENO, 1)


def test_as_much_of_a_place_is_asked_for_as_matters() -> None:
    home = Place("DE")
    asked = {
        place("DE", "BY", "80331"): Place("DE", "BY", "80331"), place("DE"): None, place("US", "NV", "89501"): RENO,
        place("US", "NV"): None, place("CA", "ON"): None, place("FR", None, "75001"): Place("FR"),
        place("FR", None, "97100"): Place("FR", "", "97100"),
    }  # fmt: skip
    assert {where: carried_place(where, home) for where in asked} == asked


ASKED = CarrierQuestion(
    RENO, RENO, "USD", (Parcel(1000, 200, 100, 50), Parcel(5000, 300, 200, 100)), frozenset({"usps_ground", "ups_air"})
)
TOLD = [CarrierRate("usps_ground", 1000, Money(700, "USD"), 3), CarrierRate("usps_ground", 5000, Money(1000, "USD"), 4)]


def test_a_level_needs_a_fee_for_every_parcel_and_what_was_not_asked_for_is_left_out() -> None:
    more = [CarrierRate("ups_air", 1000, Money(9, "USD")), CarrierRate("fedex_2day", 1000, Money(-9, "EUR"))]
    assert understood(ASKED, [*TOLD, *TOLD, *more]) == (GROUND,)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ([], "it offers none at all"),
        ([CarrierRate("fedex_2day", 1000, Money(1, "USD"))], "none of your levels; it offers fedex_2day"),
        ([msgspec.structs.replace(TOLD[0], fee=Money(700, "EUR")), TOLD[1]], "in EUR, the shop's in USD"),
        ([msgspec.structs.replace(TOLD[0], fee=Money(-1, "USD")), TOLD[1]], "below 0"),
        ([msgspec.structs.replace(TOLD[0], fee=Money(10**9, "USD")), TOLD[1]], "far too high"),
        ([*TOLD, msgspec.structs.replace(TOLD[0], fee=Money(701, "USD"))], "two prices for usps_ground"),
        ([*TOLD, CarrierRate("ups_air", 7, Money(1, "USD"))], "not asked for"),
        (TOLD * 1000, "2000 rates for one place"),
    ],
)
def test_no_price_is_made_from_an_answer_that_cannot_be(told: list[CarrierRate], problem: str) -> None:
    with pytest.raises(CarrierRefusedError, match=problem):
        understood(ASKED, told)
