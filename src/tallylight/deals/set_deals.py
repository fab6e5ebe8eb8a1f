"""Deals on several pieces together: bundles, buy X get Y, tiers. Each takes free pieces of the working cart.

A line's pieces all cost the same before sets, so that a piece is its line and nothing more.
"""

from collections.abc import Callable, Mapping, Sequence

from tallylight.deals.discount import discount_of
from tallylight.deals.facts import DealFact
from tallylight.deals.types import DealForm
from tallylight.deals.working_cart import WorkingLine, by_product, eligible, share_out


def apply_bundle(lines: Sequence[WorkingLine], deal: DealFact) -> None:
    """As many sets as the free pieces make; the dearest variants of a product go in first."""
    candidates = eligible_pieces(lines, deal)
    parts = deal.conditions.parts
    stocks = [sum(line.free for line in by_product(candidates, part.product_id)) // part.quantity for part in parts]
    sets = min(stocks, default=0)
    if not sets:
        return
    taken: list[WorkingLine] = []
    weights: list[int] = []
    for part in parts:
        wanted = sets * part.quantity
        for line in by_product(candidates, part.product_id):
            pieces = min(line.free, wanted)
            wanted -= pieces
            if pieces:
                line.free -= pieces
                taken.append(line)
                weights.append(pieces * line.unit_minor)
    figure = deal.figure if deal.kind == "percentage" else deal.figure * sets
    share_out(taken, deal, discount_of(deal.kind, figure, sum(weights)), weights)


def apply_buy_get(lines: Sequence[WorkingLine], deal: DealFact) -> None:
    """Pieces, the dearest first, are dealt into groups; the cheapest of each group are discounted."""
    pieces = [
        line
        for line in sorted(eligible_pieces(lines, deal), key=lambda line: -line.unit_minor)
        for _ in range(line.free)
    ]
    size = deal.conditions.buy + deal.conditions.get
    offs: dict[int, tuple[WorkingLine, int]] = {}
    for start in range(0, len(pieces) - size + 1, size):
        for place, line in enumerate(pieces[start : start + size]):
            line.free -= 1
            if place >= deal.conditions.buy:
                before = offs.get(id(line), (line, 0))[1]
                offs[id(line)] = (line, before + discount_of(deal.kind, deal.figure, line.unit_minor))
    for line, minor in offs.values():
        line.take_off(deal, minor)


def apply_tiers(lines: Sequence[WorkingLine], deal: DealFact) -> None:
    """The highest tier that the pieces reach holds for each of them."""
    chosen = eligible_pieces(lines, deal)
    count = sum(line.free for line in chosen)
    reached = [tier for tier in deal.conditions.tiers if tier.quantity <= count]
    if not reached:
        return
    figure = max(reached, key=lambda tier: tier.quantity).figure
    for line in chosen:
        line.take_off(deal, line.free * discount_of(deal.kind, figure, line.unit_minor))
        line.free = 0


def eligible_pieces(lines: Sequence[WorkingLine], deal: DealFact) -> list[WorkingLine]:
    """The lines that ``deal`` is for and that still have free pieces."""
    return [line for line in eligible(lines, deal) if line.free]


APPLY_SET: Mapping[DealForm, Callable[[Sequence[WorkingLine], DealFact], None]] = {
    "bundle": apply_bundle,
    "buy_get": apply_buy_get,
    "tiers": apply_tiers,
}
