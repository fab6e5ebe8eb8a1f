"""The gifts that a cart has earned: offered, put in when nobody has said no, and never at a price. Pure.

Nothing is promised that the price engine does not keep: each gift is tried in the cart.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight.deals.deal_use import DealUse
from tallylight.deals.facts import CartLine, DealFact, Facts, VoucherFact
from tallylight.deals.fitting_price import Refusals, fitting_price
from tallylight.deals.ground import Ground
from tallylight.deals.schemas import Quote
from tallylight.foundation.money import Money

GiftWishes = Mapping[UUID, UUID | None]
"""By deal, the variant that the buyer wants as its gift; None is none. A deal that is not named: the usual one."""


class GiftChoice(msgspec.Struct, frozen=True):
    """A piece that may be the gift. ``price``: what it costs alone."""

    variant_id: UUID
    product_title: str
    variant_title: str
    price: Money


class GiftOffer(msgspec.Struct, frozen=True):
    """A gift that the cart has earned. ``taken``: the one that is in the cart; ``costs``: what is paid for it."""

    deal_id: UUID
    title: str
    choices: list[GiftChoice]
    taken: UUID | None
    costs: Money


class Gifts(msgspec.Struct, frozen=True):
    """``lines``: the cart with its gifts; ``quote`` and ``uses`` are of that."""

    lines: list[CartLine]
    quote: Quote
    uses: Mapping[UUID, DealUse]
    offers: list[GiftOffer]


def with_gifts(
    cart: Sequence[CartLine],
    facts: Facts,
    at_us: int,
    refusals: Refusals,
    *,
    available: Mapping[UUID, int],
    wishes: GiftWishes,
    lines_max: int,
    voucher: VoucherFact | None = None,
    ground: Ground | None = None,
) -> Gifts:
    """``cart`` with every gift that it has earned and that nobody has declined.

    A gift is put in unasked only when it costs nothing and the total stays as it is: one that is only cheaper, or
    that makes the parcel dearer, waits to be asked for. ``available``: pieces of each variant that can be had.
    """

    def priced(lines: Sequence[CartLine]) -> tuple[Quote, Mapping[UUID, DealUse]]:
        return fitting_price(lines, facts, at_us, refusals, voucher=voucher, ground=ground)[:2]

    lines = list(cart)
    quote, uses = priced(lines)
    offers = []
    for deal in sorted(_gift_deals(facts, at_us), key=lambda each: (each.opens_us, each.deal_id)):
        if deal.deal_id in uses:  # the buyer put it in
            there = next((line.variant_id for line in lines if _costs(quote, line.variant_id, deal) is not None), None)
            offers.append(_offer(deal, facts, [] if there is None else [there], there, quote))
            continue
        earned: dict[UUID, tuple[list[CartLine], Quote, Mapping[UUID, DealUse]]] = {}
        for variant_id in deal.conditions.gifts:
            more = _add(lines, variant_id, available, lines_max)
            if more is None or variant_id not in facts.variants:
                continue
            then, then_uses = priced(more)
            if _costs(then, variant_id, deal) is not None:
                earned[variant_id] = more, then, then_uses
        if not earned:
            continue
        wish = wishes.get(deal.deal_id, next(iter(earned)))
        asked_for = wishes.get(deal.deal_id) in earned
        taken = wish if wish in earned else None if wish is None else next(iter(earned))
        if taken is not None and not asked_for and earned[taken][1].total.minor > quote.total.minor:
            taken = None
        if taken is not None:
            lines, quote, uses = earned[taken]
        offers.append(_offer(deal, facts, list(earned), taken, quote if taken else next(iter(earned.values()))[1]))
    return Gifts(lines, quote, uses, offers)


def _gift_deals(facts: Facts, at_us: int) -> list[DealFact]:
    return [deal for deal in facts.cart_deals if deal.form == "gift" and deal.holds(at_us)]


def _add(
    lines: Sequence[CartLine], variant_id: UUID, available: Mapping[UUID, int], lines_max: int
) -> list[CartLine] | None:
    """One piece more of the variant; None when there is none, or no room."""
    there = next((line.quantity for line in lines if line.variant_id == variant_id), 0)
    if available.get(variant_id, 0) <= there or (not there and len(lines) >= lines_max):
        return None
    others = [line for line in lines if line.variant_id != variant_id]
    return [*others, CartLine(variant_id, there + 1)]


def _costs(quote: Quote, variant_id: UUID, deal: DealFact) -> int | None:
    """What the piece that the deal gives costs in ``quote``, minor units; None when it gives none of this variant."""
    line = next((each for each in quote.lines if each.variant_id == variant_id), None)
    if line is None:
        return None
    off = [reason.discount.minor for reason in line.reasons if reason.deal_id == deal.deal_id]
    return max(0, line.unit_price.minor - sum(off)) if off else None


def _offer(deal: DealFact, facts: Facts, variant_ids: Sequence[UUID], taken: UUID | None, quote: Quote) -> GiftOffer:
    choices = [
        GiftChoice(each.variant_id, each.product_title, each.variant_title, Money(each.price_minor, facts.currency))
        for each in (facts.variants[variant_id] for variant_id in variant_ids)
    ]
    costs = next((cost for each in variant_ids if (cost := _costs(quote, each, deal)) is not None), 0)
    return GiftOffer(deal.deal_id, deal.title, choices, taken, Money(costs, facts.currency))
