"""What one cart takes from its deals, whether that fits what is left of them, and who pays for it. Pure."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tallylight.deals.facts import DealFact, Facts
from tallylight.deals.schemas import Quote
from tallylight.deals.types import RefusalCode
from tallylight.foundation.money import split_minor


class DealUse(msgspec.Struct):
    """What one cart takes from one deal: pieces or orders, discount in minor units, and its ``parts`` by funder."""

    deal: DealFact
    quantity: int = 0
    discount_minor: int = 0
    parts: Sequence[int] = ()


def deal_uses(quote: Quote, facts: Facts) -> dict[UUID, DealUse]:
    """What ``quote`` takes from each deal that it applied."""
    uses: dict[UUID, DealUse] = {}
    for line in quote.lines:
        for reason in line.reasons:
            if reason.deal_id is not None:
                product_id = facts.variants[line.variant_id].product_id
                _add(uses, facts, reason.deal_id, product_id, line.quantity, reason.discount.minor)
    for reason in quote.shipping_reasons:
        if reason.deal_id is not None:
            _add(uses, facts, reason.deal_id, None, 0, reason.discount.minor)
    for use in uses.values():
        use.parts = funder_parts(use.deal, use.discount_minor, quote.at_us)
    return uses


def _add(
    uses: dict[UUID, DealUse], facts: Facts, deal_id: UUID, product_id: UUID | None, quantity: int, minor: int
) -> None:
    use = uses.get(deal_id)
    if use is None:
        known = (*facts.deals.get(product_id, ()), *facts.cart_deals) if product_id else facts.cart_deals
        use = uses[deal_id] = DealUse(next(each for each in known if each.deal_id == deal_id))
    use.quantity = 1 if use.deal.counts == "orders" else use.quantity + quantity
    use.discount_minor += minor


def funder_parts(deal: DealFact, discount_minor: int, at_us: int) -> list[int]:
    """``discount_minor`` of one order split over the deal's funders, in their order, by largest remainder of the shares
    that hold at programme time ``at_us``.
    """
    return split_minor(discount_minor, deal.shares_at(at_us))


def moved_parts(parts: Sequence[int], rooms: Sequence[int]) -> list[int] | None:
    """What a funder has no room for is borne by the next ones in their order, and round; None when nobody can."""
    moved = [min(part, max(0, room)) for part, room in zip(parts, rooms, strict=True)]
    for place, part in enumerate(parts):
        over = part - min(part, max(0, rooms[place]))
        for step in range(1, len(parts)):
            other = (place + step) % len(parts)
            taken = max(0, min(over, rooms[other] - moved[other]))
            moved[other] += taken
            over -= taken
        if over:
            return None
    return moved


def fitted_parts(use: DealUse, rooms: Sequence[int]) -> Sequence[int] | None:
    """The parts of ``use`` that its funders bear, who have ``rooms`` left (minor units); None when they cannot."""
    if all(part <= room for part, room in zip(use.parts, rooms, strict=True)):
        return use.parts
    return moved_parts(use.parts, rooms) if use.deal.at_cap == "next_funder" else None


def refusal_of(use: DealUse, *, left: int | None, bought: int, rooms: Sequence[int]) -> RefusalCode | None:
    """Why ``use`` does not fit what is left of its deal; None when it fits.

    ``left``: pieces or orders under the total limit; ``bought``: what this buyer has; ``rooms``: what each funder can
    bear, minor units.
    """
    limit = use.deal.per_buyer_limit
    if limit is not None and bought + use.quantity > limit:
        return "buyer_limit_reached"
    if left is not None and use.quantity > left:
        return "deal_limit_reached"
    return "budget_exhausted" if fitted_parts(use, rooms) is None else None
