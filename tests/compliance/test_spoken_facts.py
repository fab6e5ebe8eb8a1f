"""Amounts, times and records as hosts really say them: what agrees with the facts airs, its twin does not."""

from decimal import Decimal

import pytest

from tallylight.compliance.check_line import Line, check_line
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.pack import load_pack

EVENING = {"now": "2026-11-26T20:30:00-05:00"}
LAMP = {"price": "59.00", "list_price": "80.00", "lowest_price_30d": "80.00", "reference_price_substantiated": True}


def stopped(text: str, facts: dict[str, object]) -> bool:
    line = check_line(Line("1", text, None, facts), load_pack("us-en").patterns_only())
    return line.verdict in ("hold", "block")


@pytest.mark.parametrize(
    ("text", "agreeing", "contradicting"),
    [
        ("A hundred and five dollars for the set.", {"price": "105.00"}, {"price": "150.00"}),
        ("We are under a hundred tonight.", {"price": "94.50"}, {"price": "104.50"}),
        ("One thousand two hundred and forty nine for the bike.", {"price": "1249.00"}, {"price": "1429.00"}),
        ("The price is thirty nine, thirty nine dollars.", {"price": "39.00"}, {"price": "49.00"}),
        ("That's a dollar forty nine for the pack.", {"price": "1.49"}, {"price": "2.49"}),
        ("Fifty nine for an eighty dollar lamp.", LAMP, LAMP | {"reference_price_substantiated": False}),
        (
            "Take the four pack and each jar comes out to nine dollars.",
            {"price": "9.95", "bundles": [{"quantity": 4, "price": "36.00"}]},
            {"price": "12.95", "bundles": [{"quantity": 4, "price": "48.00"}]},
        ),
        ("A half dozen left in the red.", {"stock": 6}, {"stock": 60}),
        ("It is a dollar and a quarter each.", {"price": "1.25"}, {"price": "2.25"}),
        ("It weighs four and a half pounds.", {"attributes": {"weight": "4.5 lb"}}, {"attributes": {"weight": "4 lb"}}),
        ("We have hundreds of these in stock, so send your friends.", {"stock": 240}, {"stock": 4}),
        ("There are dozens left in the warehouse.", {"stock": 60}, {"stock": 3}),
        ("Today you can have the tube for 1299, tap the button.", {"price": "12.99"}, {"price": "18.50"}),
        (
            "Half an hour to go on this deal.",
            EVENING | {"deal_ends_at": "2026-11-26T21:00:00-05:00"},
            EVENING | {"deal_ends_at": "2026-11-26T23:00:00-05:00"},
        ),
        (
            "This deal ends in an hour and a half.",
            EVENING | {"deal_ends_at": "2026-11-26T22:00:00-05:00"},
            EVENING | {"deal_ends_at": "2026-11-27T09:00:00-05:00"},
        ),
        (
            "Tonight is the last night for this price.",
            EVENING | {"deal_ends_at": "2026-11-26T23:59:00-05:00"},
            EVENING | {"deal_ends_at": "2026-11-29T23:59:00-05:00"},
        ),
        (
            "They extended it, the deal ends at ten now.",
            EVENING | {"deal_ends_at": "2026-11-26T22:00:00-05:00", "deal_extended": True},
            EVENING | {"deal_ends_at": "2026-11-26T23:00:00-05:00", "deal_extended": True},
        ),
        (
            "Certified organic, look at the seal.",
            {"attributes": {"certifications": "USDA Organic"}},
            {"attributes": {"certifications": "none"}},
        ),
        ("It is woven in Lithuania.", {"attributes": {"made_in": "Lithuania"}}, {"attributes": {"made_in": "Italy"}}),
        ("Made in Sri Lanka.", {"attributes": {"made_in": "Sri Lanka"}}, {"attributes": {"made_in": "India"}}),
        ("Leaping Bunny on the box.", {"attributes": {"certifications": "Leaping Bunny"}}, {"attributes": {}}),
        (
            "Made in the USA.",
            {"attributes": {"made_in": "USA, all parts and labor"}},
            {"attributes": {"made_in": "USA from imported parts"}},
        ),
        (
            "It is water resistant.",
            {"attributes": {"water": "water resistant only, not waterproof"}},
            {"attributes": {"water_resistant": "no"}},
        ),
        ("The lens is real glass.", {"attributes": {"lens": "glass"}}, {"attributes": {"lens": "acrylic"}}),
        ("Oven safe, honest.", {"attributes": {"oven_safe": "500 F"}}, {"attributes": {"oven_safe": "no"}}),
    ],
)
def test_what_agrees_airs_and_its_twin_does_not(
    text: str, agreeing: dict[str, object], contradicting: dict[str, object]
) -> None:
    assert not stopped(text, agreeing)
    assert stopped(text, contradicting)


def test_pounds_sterling_are_no_weight() -> None:
    assert not stopped("I got it down to £37.50.", {"price": "37.50", "currency": "GBP"})


@pytest.mark.parametrize(
    ("said", "parts"),
    [("seventeen fifty thirty", ["17.5", "30"]), ("eighty eighty", ["80"]), ("one forty nine", [])],
)
def test_numbers_that_follow_one_another_may_be_several(said: str, parts: list[str]) -> None:
    (number,) = find_numbers(said.split())
    assert {Decimal(part) for part in parts} <= set(number.parts)
    assert bool(parts) == bool(number.parts)


def test_no_number_goes_over_the_end_of_a_sentence() -> None:
    words = ["five", "forty", "forty", "percent"]
    assert [number.readings[0] for number in find_numbers(words, ends={2})] == [Decimal("5.4"), 40]
    (joined,) = find_numbers(words, pauses={2})
    assert Decimal(40) in joined.parts


def test_the_cents_of_dollars_that_were_not_understood_say_nothing() -> None:
    assert not stopped("It is aching dollars and 50 cents for the tube.", {"price": "18.50"})
    assert stopped("It is twelve dollars and 50 cents for the tube.", {"price": "18.50"})
    assert stopped("It is only 50 cents for the tube.", {"price": "18.50"})


def test_a_hundred_and_nineteen_may_be_heard_as_a_hundred_in_nineteen() -> None:
    for words in ("100 in 19", "a hundred in nineteen"):
        [number, _] = find_numbers(words.split()[-3 if words[0] == "1" else -4 :])
        assert number.may_be(Decimal(119))
    [number, _] = find_numbers(["100", "in", "60"])
    assert not number.may_be(Decimal(119))
