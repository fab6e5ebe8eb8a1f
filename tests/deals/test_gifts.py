"""Gifts that a cart has earned: put in unasked when they cost nothing, chosen, declined, never at a price."""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tallylight.deals import (
    CartLine,
    DealFact,
    Facts,
    Gifts,
    NextStep,
    RefusalCode,
    Tier,
    next_steps,
    price,
    with_gifts,
)
from tallylight.deals.deal_use import DealUse
from tallylight.foundation.money import Money
from tests.deals.test_pricing import LARGE, MUG_ONLY, SMALL, cart, deal, facts

AT_US = 150
PLENTY = {SMALL: 10, LARGE: 10, MUG_ONLY: 10}
MUG_FREE = deal("gift", "percentage", 10_000, gift_variant_id=MUG_ONLY, min_minor=4000)
ONE_OF_TWO = deal("gift", "percentage", 10_000, gift_variant_id=MUG_ONLY, gift_choices=(SMALL,), min_minor=4000)


def nothing_refused(uses: Mapping[UUID, DealUse]) -> dict[UUID, RefusalCode]:
    return {}


def gifts(
    known: Facts, lines: list[CartLine], wishes: Mapping[UUID, UUID | None] | None = None, *,
    available: Mapping[UUID, int] = PLENTY,
) -> Gifts:  # fmt: skip
    return with_gifts(lines, known, AT_US, nothing_refused, available=available, wishes=wishes or {}, lines_max=20)


def taken(found: Gifts) -> list[UUID | None]:
    return [offer.taken for offer in found.offers]


def test_an_earned_gift_is_put_in_and_costs_nothing() -> None:
    known = facts(MUG_FREE)
    small = gifts(known, cart(small=1))
    assert (small.offers, small.lines) == ([], cart(small=1))
    found = gifts(known, cart(small=2))
    assert found.lines == [*cart(small=2), CartLine(MUG_ONLY, 1)]
    assert (found.quote.total.minor, taken(found)) == (2 * 2499 + 495, [MUG_ONLY])
    assert found.quote.total == price(cart(small=2), known, AT_US).total
    assert MUG_FREE.deal_id in found.uses


def test_one_tap_declines_it_and_it_stays_on_offer() -> None:
    found = gifts(facts(MUG_FREE), cart(small=2), {MUG_FREE.deal_id: None})
    assert (found.lines, taken(found)) == (cart(small=2), [None])
    assert [choice.variant_id for choice in found.offers[0].choices] == [MUG_ONLY]


def test_of_several_one_is_chosen_and_another_does_not_come_along() -> None:
    known = facts(ONE_OF_TWO)
    usual = gifts(known, cart(large=2))
    assert (taken(usual), [choice.variant_id for choice in usual.offers[0].choices]) == ([MUG_ONLY], [MUG_ONLY, SMALL])
    other = gifts(known, cart(large=2), {ONE_OF_TWO.deal_id: SMALL})
    assert (taken(other), other.lines) == ([SMALL], [*cart(large=2), CartLine(SMALL, 1)])
    assert other.quote.total.minor == 2 * 3499  # over 60.00: shipping is free


def test_what_is_out_of_stock_is_not_offered() -> None:
    known = facts(ONE_OF_TWO)
    assert taken(gifts(known, cart(large=2), available={LARGE: 2, SMALL: 1, MUG_ONLY: 0})) == [SMALL]
    assert gifts(known, cart(large=2), available={LARGE: 2}).offers == []
    # The piece in the cart is not there a second time.
    mugs = gifts(facts(deal("gift", "percentage", 10_000, gift_variant_id=SMALL, min_minor=4000)), cart(small=2),
                 available={SMALL: 2})  # fmt: skip
    assert mugs.offers == []


def test_a_gift_that_is_only_cheaper_waits_to_be_asked_for() -> None:
    half = deal("gift", "percentage", 5000, gift_variant_id=MUG_ONLY, min_minor=4000)
    known = facts(half)
    found = gifts(known, cart(small=2))
    assert (found.lines, taken(found), found.offers[0].costs.minor) == (cart(small=2), [None], 600)
    asked = gifts(known, cart(small=2), {half.deal_id: MUG_ONLY})
    assert (taken(asked), asked.quote.total.minor - found.quote.total.minor) == ([MUG_ONLY], 600)


def test_a_gift_that_the_buyer_put_in_is_free_and_no_second_one_comes() -> None:
    found = gifts(facts(MUG_FREE), cart(small=2, mug=1))
    assert (found.lines, taken(found)) == (cart(small=2, mug=1), [MUG_ONLY])


def test_a_used_up_gift_is_not_offered() -> None:
    def used_up(uses: Mapping[UUID, DealUse]) -> dict[UUID, RefusalCode]:
        return dict.fromkeys(uses, "deal_limit_reached")

    found = with_gifts(cart(small=2), facts(MUG_FREE), AT_US, used_up, available=PLENTY, wishes={}, lines_max=20)
    assert (found.offers, found.lines) == ([], cart(small=2))


@given(
    quantities=st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)).filter(any),
    known=st.lists(
        st.one_of(
            st.builds(
                lambda least, off, of_two: deal(
                    "gift", "percentage", off, gift_variant_id=MUG_ONLY, min_minor=least,
                    gift_choices=(SMALL,) if of_two else (),
                ),
                st.integers(0, 9000), st.sampled_from([5000, 10_000]), st.booleans(),
            ),
            st.just(deal("buy_get", "percentage", 10_000, buy=2, get=1)),
            st.just(deal("threshold", "amount", 500, min_minor=5000)),
        ),
        max_size=3,
    ),
    stock=st.integers(0, 6),
)  # fmt: skip
def test_nobody_pays_more_for_a_gift_that_nobody_asked_for(
    quantities: tuple[int, int, int], known: list[DealFact], stock: int
) -> None:
    lines = [CartLine(each, many) for each, many in zip((SMALL, LARGE, MUG_ONLY), quantities, strict=True) if many]
    available = {line.variant_id: max(stock, line.quantity) for line in lines} | {MUG_ONLY: stock}
    found = gifts(facts(*known), lines, available=available)
    assert found.quote.total.minor <= price(lines, facts(*known), AT_US).total.minor
    assert found.quote == price(found.lines, facts(*known), AT_US)
    asked = {line.variant_id: line.quantity for line in lines}
    for line in found.lines:
        more = line.quantity - asked.get(line.variant_id, 0)
        assert more == 0 or line.quantity <= available.get(line.variant_id, 0)


def test_what_is_missing_for_a_gift_is_said_to_the_cent() -> None:
    known = facts(MUG_FREE)
    lines = cart(small=1)
    steps = next_steps(lines, price(lines, known, AT_US), known, available=PLENTY)
    assert NextStep("deal", Money(4000 - 2499, "USD"), "Gift") in steps
    gone = next_steps(lines, price(lines, known, AT_US), known, available={SMALL: 10})
    assert [step for step in gone if step.kind == "deal"] == []


def test_pieces_that_are_missing_for_the_next_tier_are_counted() -> None:
    of_serum = deal("tiers", "percentage", 1000, tiers=(Tier(2, 1000), Tier(3, 2000)))
    known = msgspec.structs.replace(facts(of_serum), free_shipping_over_minor=None)

    def pieces(lines: list[CartLine], available: Mapping[UUID, int] = PLENTY) -> list[NextStep]:
        steps = next_steps(lines, price(lines, known, AT_US), known, available=available)
        return [step for step in steps if step.kind == "pieces"]

    # Two at 22.49 instead of one at 24.99; three at 19.99 instead of two at 22.49.
    assert pieces(cart(small=1)) == [NextStep("pieces", Money(4498 - 2499, "USD"), "Tiers", 1, SMALL)]
    assert pieces(cart(small=2)) == [NextStep("pieces", Money(5997 - 4498, "USD"), "Tiers", 1, SMALL)]
    assert pieces(cart(small=3)) == []
    assert pieces(cart(small=1), {SMALL: 1}) == []


def test_the_piece_that_is_given_is_named_when_only_it_is_missing() -> None:
    known = msgspec.structs.replace(
        facts(deal("buy_get", "percentage", 10_000, buy=2, get=1)), free_shipping_over_minor=None
    )

    def pieces(lines: list[CartLine]) -> list[NextStep]:
        return [step for step in next_steps(lines, price(lines, known, AT_US), known) if step.kind == "pieces"]

    assert pieces(cart(small=1)) == []
    assert pieces(cart(small=2)) == [NextStep("pieces", Money(0, "USD"), "Buy get", 1, SMALL)]
    assert pieces(cart(small=3)) == []
