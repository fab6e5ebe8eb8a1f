"""What a refund takes back of an order. Pure. Rules and worked numbers: docs/algorithms/refunds.md.

Everything is a share of what is **left**, rounded half up and never more than that, so that the last refund of an order
takes exactly the rest.
"""

from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.money import split_minor

SHIPPING = 0
"""Where tax parts name a line, shipping."""


class _OfLine(msgspec.Struct, frozen=True):
    """Some of a line, whether left or taken back."""

    position: int
    pieces: int
    list_minor: int
    discounts: Mapping[UUID, int]

    @property
    def discount_minor(self) -> int:
        return sum(self.discounts.values())

    @property
    def net_minor(self) -> int:
        """What the customer paid for the goods, before tax."""
        return self.list_minor - self.discount_minor


L = TypeVar("L", bound=_OfLine)


class LineLeft(_OfLine, frozen=True):
    """What is left of an order's line, minor units. ``discounts`` by deal; ``pieces`` not yet taken back."""


class LineShare(_OfLine, frozen=True):
    """What a refund takes of a line, minor units. ``pieces`` may be 0 when only money goes back."""


class TaxLeft(msgspec.Struct, frozen=True):
    """What is left of one part of an order's tax, minor units. ``of``: the line's position, 0 for shipping.

    ``included``: prices held it, so it goes back within them; else it comes on top.
    """

    of: int
    tax_minor: int
    base_minor: int = 0
    included: bool = False


class _OfOrder(msgspec.Struct, Generic[L], frozen=True):
    """Some of an order, whether left or taken back."""

    lines: Sequence[L]
    shipping_minor: int
    taxes: Sequence[TaxLeft]
    funding: Mapping[UUID, Sequence[int]]

    @property
    def tax_minor(self) -> int:
        """The tax that comes on top."""
        return sum(part.tax_minor for part in self.taxes if not part.included)

    @property
    def tax_included_minor(self) -> int:
        """The tax within prices."""
        return sum(part.tax_minor for part in self.taxes if part.included)

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def payment_minor(self) -> int:
        """What the customer paid."""
        return self.net_minor + self.shipping_minor + self.tax_minor


class OrderLeft(_OfOrder[LineLeft], frozen=True):
    """What is left of an order. ``funding``: by deal, each funder's part of the discount, in the agreement's order.

    ``shipping_minor`` is what the customer paid for it. ``taxes`` in the order of the quote's parts.
    """

    @property
    def shipping_off_minor(self) -> int:
        """What funders paid of the shipping fee: what is no line's discount."""
        funded = sum(minor for parts in self.funding.values() for minor in parts)
        return funded - sum(line.discount_minor for line in self.lines)


class Pieces(msgspec.Struct, frozen=True):
    """``quantity`` pieces of the line at ``position``."""

    position: int
    quantity: int


class Share(_OfOrder[LineShare], frozen=True):
    """What a refund takes of an order. ``last``: nothing is left afterwards, of a fee that deals paid for either."""

    last: bool
    shipping_off_minor: int = 0


def part_of(left_minor: int, take: int, whole: int) -> int:
    """``take``/``whole`` of ``left_minor``, half up; all of it when ``take`` is the whole, even of nothing."""
    return left_minor if take >= whole else (left_minor * take * 2 + whole) // (2 * whole)


def share_of_everything(left: OrderLeft) -> Share:
    """All that is left: a cancellation, a whole refund, a chargeback of the rest."""
    lines = [LineShare(line.position, line.pieces, line.list_minor, dict(line.discounts)) for line in left.lines]
    return Share(lines, left.shipping_minor, list(left.taxes), dict(left.funding), True, left.shipping_off_minor)


def share_of_pieces(left: OrderLeft, wanted: Sequence[Pieces], *, shipping: bool) -> Share:
    """Some pieces, and the shipping fee if ``shipping``.

    Raises InvalidInputError for a line that the order does not have, ConflictError for more pieces than are left.
    """
    by_position = {line.position: line for line in left.lines}
    if len({each.position for each in wanted}) < len(wanted):
        raise InvalidInputError("a line is named twice; add up its pieces", field="lines")
    shares = []
    for each in wanted:
        line = by_position.get(each.position)
        if line is None or each.quantity < 1:
            raise InvalidInputError("the order has no such line, or no piece is asked for", field="lines")
        if each.quantity > line.pieces:
            raise ConflictError(
                f"only {line.pieces} of the line's pieces are left to take back", position=each.position,
                left=line.pieces,
            )  # fmt: skip
        list_minor = part_of(line.list_minor, each.quantity, line.pieces)
        discount = part_of(line.discount_minor, each.quantity, line.pieces)
        shares.append(LineShare(each.position, each.quantity, list_minor, _over_deals(line, discount)))
    return _with_rest(left, shares, left.shipping_minor if shipping else 0)


def share_of_amount(
    left: OrderLeft, amount_minor: int, positions: Sequence[int] = (), *, shipping: bool = False
) -> Share:
    """``amount_minor`` of money without any piece, over the goods of ``positions`` (none named: all) with their tax,
    and over the shipping fee if ``shipping``.

    Raises InvalidInputError for less than one minor unit, ConflictError for more than is left there.
    """
    if amount_minor < 1:
        raise InvalidInputError("an amount to refund is at least one minor unit", field="amount")
    lines = [line for line in left.lines if not positions or line.position in positions]
    fee = left.shipping_minor if shipping else 0
    reached = {line.position for line in lines} | ({SHIPPING} if shipping else set())
    on_top = [place for place, part in enumerate(left.taxes) if part.of in reached and not part.included]
    weights = [*(line.net_minor for line in lines), fee, *(left.taxes[place].tax_minor for place in on_top)]
    if amount_minor > sum(weights):
        raise ConflictError("more is asked for than is left to refund here", left_minor=sum(weights), field="amount")
    split = split_minor(amount_minor, weights)
    parts, fee_part, tax_parts = split[: len(lines)], split[len(lines)], split[len(lines) + 1 :]
    shares = []
    for line, part in zip(lines, parts, strict=True):
        if part:
            discount = part_of(line.discount_minor, part, line.net_minor)
            shares.append(LineShare(line.position, 0, part + discount, _over_deals(line, discount)))
    return _with_rest(left, shares, fee_part, on_top=dict(zip(on_top, tax_parts, strict=True)))


def _over_deals(line: LineLeft, discount_minor: int) -> dict[UUID, int]:
    """``discount_minor`` of the line over its deals, by what is left of each."""
    if not discount_minor:
        return {}
    parts = split_minor(discount_minor, list(line.discounts.values()))
    return {deal_id: part for deal_id, part in zip(line.discounts, parts, strict=True) if part}


def _taxes(
    left: OrderLeft, shares: Sequence[LineShare], shipping: int, on_top: Mapping[int, int] | None
) -> list[TaxLeft]:
    """Of each part of the tax as much as goes back of what it was charged on; ``on_top``: what is known, by place."""
    whole = {line.position: line.net_minor for line in left.lines} | {SHIPPING: left.shipping_minor}
    going = {share.position: share.net_minor for share in shares} | ({SHIPPING: shipping} if shipping else {})
    taken = []
    for place, part in enumerate(left.taxes):
        tax = base = 0
        if part.of in going:
            tax = part_of(part.tax_minor, going[part.of], whole[part.of])
            base = part_of(part.base_minor, going[part.of], whole[part.of])
        if on_top is not None and not part.included:
            tax = on_top.get(place, 0)
        taken.append(TaxLeft(part.of, tax, base, part.included))
    return taken


def _with_rest(
    left: OrderLeft, shares: Sequence[LineShare], shipping: int, *, on_top: Mapping[int, int] | None = None
) -> Share:
    """Add tax and the funders' parts; a share that leaves nothing takes every rest."""
    list_minor = sum(share.list_minor for share in shares)
    last = list_minor == sum(line.list_minor for line in left.lines) and shipping == left.shipping_minor
    taxes = _taxes(left, shares, shipping, on_top)
    last = last and all(taken.tax_minor == part.tax_minor for taken, part in zip(taxes, left.taxes, strict=True))
    if last:
        return Share(shares, shipping, list(left.taxes), dict(left.funding), True, left.shipping_off_minor)
    by_deal: dict[UUID, int] = {}
    for share in shares:
        for deal_id, discount in share.discounts.items():
            by_deal[deal_id] = by_deal.get(deal_id, 0) + discount
    funding = {deal_id: split_minor(discount, left.funding[deal_id]) for deal_id, discount in by_deal.items()}
    return Share(shares, shipping, taxes, funding, last=False)
