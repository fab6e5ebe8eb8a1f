"""What a little more would bring: said to the cent, and kept by the price engine."""

from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tallylight.deals import CartLine, Facts, NextStep, VariantFact, next_steps, price
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money
from tests.deals.test_pricing import MUG, MUG_ONLY, SMALL, deal, facts

AT_US = 150


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def steps(known: Facts, *cart: CartLine) -> list[NextStep]:
    return next_steps(cart, price(cart, known, AT_US), known)


def test_free_shipping_is_said_to_the_cent() -> None:
    known = msgspec.structs.replace(facts(), shipping_fee_minor=495, free_shipping_over_minor=3000)
    assert steps(known, CartLine(SMALL, 1)) == [NextStep("free_shipping", usd(501))]
    assert steps(known, CartLine(SMALL, 2)) == []


def test_a_threshold_is_named_and_the_nearest_comes_first() -> None:
    known = facts(
        deal("threshold", "amount", 500, min_minor=5000),
        deal("free_shipping", "percentage", 10_000, min_minor=4000),
    )
    known = msgspec.structs.replace(known, shipping_fee_minor=495)
    assert steps(known, CartLine(SMALL, 1)) == [
        NextStep("free_shipping", usd(1501)),
        NextStep("deal", usd(2501), "Threshold"),
    ]


def test_a_higher_threshold_takes_the_place_of_a_lower_one() -> None:
    low = deal("threshold", "amount", 300, min_minor=2000)
    high = msgspec.structs.replace(deal("threshold", "amount", 900, min_minor=3000), title="The high one")
    assert steps(facts(low, high), CartLine(SMALL, 1)) == [NextStep("deal", usd(501), "The high one")]


def test_nothing_is_promised_of_a_deal_that_is_used_up_or_for_other_goods() -> None:
    used_up = deal("threshold", "amount", 500, left=0, min_minor=5000)
    # More of anything is not more of the mugs that this one is for.
    mugs = deal("threshold", "amount", 500, MUG, min_minor=5000)
    assert steps(facts(used_up, mugs), CartLine(SMALL, 1), CartLine(MUG_ONLY, 1)) == []


@given(
    pieces=st.integers(1, 5),
    ends=st.lists(st.integers(1, 20_000), min_size=1, max_size=4, unique=True),
    free_over=st.integers(1, 20_000),
)
def test_whoever_adds_what_is_missing_gets_what_was_said(pieces: int, ends: list[int], free_over: int) -> None:
    forms = [deal("threshold", "percentage", 1000, min_minor=end) for end in ends]
    known = msgspec.structs.replace(facts(*forms), shipping_fee_minor=495, free_shipping_over_minor=free_over)
    cart = [CartLine(SMALL, pieces)]
    before = price(cart, known, AT_US)
    for step in next_steps(cart, before, known):
        extra: UUID = new_id()
        piece = VariantFact(extra, new_id(), "Soap", "Default", step.missing.minor)
        richer = msgspec.structs.replace(known, variants={**known.variants, extra: piece})
        after = price([*cart, CartLine(extra, 1)], richer, AT_US)
        if step.kind == "free_shipping":
            assert (before.shipping.minor, after.shipping.minor) == (495, 0)
        else:
            given_now = {reason.deal_id for line in after.lines for reason in line.reasons}
            given_before = {reason.deal_id for line in before.lines for reason in line.reasons}
            assert given_now - given_before
