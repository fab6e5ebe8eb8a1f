"""What a refund takes: the worked numbers of docs/algorithms/refunds.md, and that shares sum to the whole."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.checkout.refunds.left import standing_of, take_pieces
from tallylight.checkout.refunds.plan import (
    LineLeft,
    OrderLeft,
    Pieces,
    Share,
    TaxLeft,
    share_of_amount,
    share_of_everything,
    share_of_pieces,
)
from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.money import split_minor

FLASH = uuid4()


def example(*, taxes: Sequence[TaxLeft] = ()) -> OrderLeft:
    """Two serums at 24.99 less 8.00 each (brand 50, platform 30, creator 20 %), a mug at 12.00, shipping 4.95."""
    return OrderLeft(
        (LineLeft(1, 2, 4998, {FLASH: 1600}), LineLeft(2, 1, 1200, {})), 495, taxes, {FLASH: (800, 480, 320)}
    )


def less(left: OrderLeft, share: Share) -> OrderLeft:
    """What is left of ``left`` after ``share``, worked out in another way than the product's."""
    taken = {line.position: line for line in share.lines}
    lines = []
    for line in left.lines:
        back = taken.get(line.position)
        if back is not None:
            discounts = {deal: minor - back.discounts.get(deal, 0) for deal, minor in line.discounts.items()}
            line = LineLeft(line.position, line.pieces - back.pieces, line.list_minor - back.list_minor, discounts)
        lines.append(line)
    funding = {
        deal: [minor - back for minor, back in zip(parts, share.funding.get(deal, [0] * len(parts)), strict=True)]
        for deal, parts in left.funding.items()
    }
    taxes = [
        TaxLeft(part.of, part.tax_minor - back.tax_minor, part.base_minor - back.base_minor, part.included)
        for part, back in zip(left.taxes, share.taxes, strict=True)
    ]
    return OrderLeft(lines, left.shipping_minor - share.shipping_minor, taxes, funding)


def nothing_left(left: OrderLeft) -> bool:
    return (
        all(not line.list_minor and not line.discount_minor for line in left.lines)
        and not left.shipping_minor
        and not any(part.tax_minor or part.base_minor for part in left.taxes)
        and not any(minor for parts in left.funding.values() for minor in parts)
    )


def test_one_serum_of_two_comes_back() -> None:
    share = share_of_pieces(example(), [Pieces(1, 1)], shipping=False)
    assert (share.payment_minor, share.lines[0].list_minor, share.lines[0].discount_minor) == (1699, 2499, 800)
    assert share.funding == {FLASH: [400, 240, 160]}
    assert not share.last


def test_five_dollars_of_goodwill_are_shared_by_what_each_line_cost() -> None:
    share = share_of_amount(example(), 500)
    # 33.98 and 12.00 of 45.98: 3.69509 and 1.30491, so 3.70 and 1.30; of 3.70, the discount's 16.00/33.98: 1.74.
    assert [(line.position, line.net_minor, line.discount_minor) for line in share.lines] == [
        (1, 370, 174),
        (2, 130, 0),
    ]
    assert share.funding == {FLASH: [87, 52, 35]}
    assert share.payment_minor == 500


def test_tax_goes_back_with_what_it_was_charged_on() -> None:
    # 8 % of 50.93 is 4.07: of the serums 2.72 (2.7184), the mug 0.96, shipping 0.39 (0.396, the smaller fraction).
    left = example(taxes=(TaxLeft(1, 272, 3398), TaxLeft(2, 96, 1200), TaxLeft(0, 39, 495)))
    share = share_of_pieces(left, [Pieces(2, 1)], shipping=True)
    assert (share.tax_minor, share.payment_minor) == (135, 1830)
    rest = share_of_everything(less(left, share))
    assert (rest.tax_minor, rest.payment_minor) == (272, 3670)


def test_the_last_piece_takes_every_rest() -> None:
    left = OrderLeft((LineLeft(1, 3, 1000, {FLASH: 100}),), 0, (), {FLASH: (34, 33, 33)})
    parts = []
    for _ in range(3):
        share = share_of_pieces(left, [Pieces(1, 1)], shipping=False)
        parts.append((share.payment_minor, share.funding[FLASH]))
        left = less(left, share)
    assert parts == [(300, [11, 11, 11]), (300, [12, 11, 11]), (300, [11, 11, 11])]
    assert share.last
    assert nothing_left(left)


def test_what_funders_paid_of_shipping_goes_back_with_the_rest() -> None:
    free = uuid4()
    left = OrderLeft((LineLeft(1, 2, 4998, {}),), 0, (), {free: (300, 195)})  # a fee of 4.95, paid by two funders
    first = share_of_pieces(left, [Pieces(1, 1)], shipping=False)
    assert (first.shipping_off_minor, first.funding) == (0, {})
    last = share_of_pieces(less(left, first), [Pieces(1, 1)], shipping=True)
    assert (last.last, last.shipping_off_minor, last.funding) == (True, 495, {free: [300, 195]})
    check_balanced(last)


def test_more_than_is_left_is_refused() -> None:
    with pytest.raises(ConflictError, match="only 2"):
        share_of_pieces(example(), [Pieces(1, 3)], shipping=False)
    with pytest.raises(ConflictError, match="more is asked for"):
        share_of_amount(example(), 4599)
    for wrong in ([Pieces(3, 1)], [Pieces(1, 0)], [Pieces(1, 1), Pieces(1, 1)]):
        with pytest.raises(InvalidInputError):
            share_of_pieces(example(), wrong, shipping=False)
    with pytest.raises(InvalidInputError):
        share_of_amount(example(), 0)


def test_an_order_is_called_after_what_happened_to_it() -> None:
    assert standing_of(["refund"], last=False) == "partly_refunded"
    assert standing_of(["refund", "cancel"], last=True) == "cancelled"
    assert standing_of(["cancel", "refund"], last=True) == "refunded"
    assert standing_of(["chargeback", "refund"], last=True) == "disputed"


def test_pieces_are_taken_oldest_variant_first() -> None:
    small, large = uuid4(), uuid4()
    held = {small: 1, large: 2}
    assert take_pieces(held, 2) == {small: 1, large: 1}
    assert held == {large: 1}


@st.composite
def some_taxes(draw: st.DrawFn, lines: Sequence[LineLeft], shipping: int) -> list[TaxLeft]:
    """Up to two rates on what costs something, on top or within."""
    included = draw(st.booleans())
    costs = {line.position: line.net_minor for line in lines} | {0: shipping}
    return [
        TaxLeft(of, draw(st.integers(0, cost // 2)), cost, included)
        for of, cost in costs.items()
        for _ in range(draw(st.integers(0, 2)))
        if cost
    ]


@st.composite
def orders(draw: st.DrawFn) -> OrderLeft:
    deals = draw(st.lists(st.uuids(), max_size=3, unique=True))
    lines = []
    totals: dict[UUID, int] = {}
    for position in range(1, draw(st.integers(1, 4)) + 1):
        list_minor = draw(st.integers(0, 100_000))
        room = list_minor
        discounts = {}
        for deal in deals:
            minor = draw(st.integers(0, room))
            room -= minor
            if minor:
                discounts[deal] = minor
                totals[deal] = totals.get(deal, 0) + minor
        lines.append(LineLeft(position, draw(st.integers(1, 20)), list_minor, discounts))
    funding = {
        deal: split_minor(minor, draw(st.sampled_from([(1,), (5, 3, 2), (1, 1, 1, 7)])))
        for deal, minor in totals.items()
    }
    shipping = draw(st.integers(0, 2_000))
    return OrderLeft(lines, shipping, draw(some_taxes(lines, shipping)), funding)


@settings(deadline=None)
@given(orders(), st.data())
def test_shares_never_exceed_what_is_left_and_sum_to_the_whole(left: OrderLeft, data: st.DataObject) -> None:
    paid, listed = left.payment_minor, sum(line.list_minor for line in left.lines)
    given_back = listed_back = 0
    for _ in range(data.draw(st.integers(0, 8))):
        whole = left.payment_minor
        if data.draw(st.booleans()) and whole:
            fee = data.draw(st.booleans())
            try:
                share = share_of_amount(left, data.draw(st.integers(1, whole)), shipping=fee)
            except ConflictError:
                continue
        else:
            rest = [line for line in left.lines if line.pieces]
            if not rest:
                break
            wanted = [
                Pieces(line.position, data.draw(st.integers(1, line.pieces)))
                for line in data.draw(st.lists(st.sampled_from(rest), min_size=1, unique_by=lambda line: line.position))
            ]
            share = share_of_pieces(left, wanted, shipping=data.draw(st.booleans()))
        left = less(left, share)
        given_back += share.payment_minor
        listed_back += sum(line.list_minor for line in share.lines)
        check_balanced(share)
        check_not_negative(left)
    share = share_of_everything(left)
    check_balanced(share)
    assert given_back + share.payment_minor == paid
    assert listed_back + sum(line.list_minor for line in share.lines) == listed
    assert nothing_left(less(left, share))


def check_balanced(share: Share) -> None:
    """Money and discounts on one side are goods, shipping and tax on the other."""
    funded = sum(minor for parts in share.funding.values() for minor in parts)
    goods = sum(line.list_minor for line in share.lines)
    assert share.payment_minor + funded == goods + share.shipping_minor + share.shipping_off_minor + share.tax_minor
    assert share.payment_minor >= 0


def check_not_negative(left: OrderLeft) -> None:
    assert min(left.shipping_minor, *(line.net_minor for line in left.lines)) >= 0
    assert all(part.tax_minor >= 0 and part.base_minor >= 0 for part in left.taxes)
    assert all(minor >= 0 for line in left.lines for minor in line.discounts.values())
    assert all(minor >= 0 for parts in left.funding.values() for minor in parts)
    for deal, parts in left.funding.items():
        assert sum(parts) == sum(line.discounts.get(deal, 0) for line in left.lines)
