"""How much more a cart needs for the next thing that it is near to: free shipping, a spend threshold, a gift, a
follower's voucher; and how many pieces more for the next tier. Pure.

Nothing is promised that the price engine does not keep: each step is tried, with a piece of exactly that price, or with
so many pieces more.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.deals.facts import CartLine, DealFact, Facts, VariantFact, VoucherFact
from tallylight.deals.ground import Ground
from tallylight.deals.price_engine import price
from tallylight.deals.schemas import Quote
from tallylight.foundation.money import Money

STEPS_MAX = 3
PIECES_MAX = 5
"""Further away than so many pieces is not near."""
_SPEND_FORMS = ("threshold", "free_shipping", "gift")
_MORE = UUID(int=0)
"""Stands for goods that no deal on certain products is for."""


class NextStep(msgspec.Struct, frozen=True):
    """``missing``: of goods, at the price that is paid for them. ``title``: the deal's; empty for free shipping.

    Of the kind ``pieces``, ``pieces`` more of ``variant_id`` bring the next step of the deal; ``missing`` is then what
    the goods cost more with them.
    """

    kind: Literal["free_shipping", "deal", "pieces"]
    missing: Money
    title: str = ""
    pieces: int = 0
    variant_id: UUID | None = None


def next_steps(
    cart: Sequence[CartLine],
    quote: Quote,
    facts: Facts,
    *,
    voucher: VoucherFact | None = None,
    ground: Ground | None = None,
    available: Mapping[UUID, int] | None = None,
) -> list[NextStep]:
    """What ``quote``, the price of ``cart``, is near to: at most STEPS_MAX, the nearest first. ``available``: pieces of
    each variant that can be had; None is no limit.
    """
    applied = {reason.deal_id for line in quote.lines for reason in line.reasons}
    applied |= {reason.deal_id for reason in quote.shipping_reasons}
    waiting = [
        deal
        for deal in facts.cart_deals
        if (deal.form in _SPEND_FORMS or (voucher is not None and voucher.deal_id == deal.deal_id))
        and deal.holds(quote.at_us)
        and deal.deal_id not in applied
        and deal.left != 0
    ]
    gifts = [each for deal in waiting if (each := _gift(deal, cart, facts, available)) is not None]
    steps: set[NextStep] = set(_by_pieces(cart, quote, facts, voucher, ground, available))
    for missing in _amounts(quote, facts, waiting, ground):
        more = VariantFact(_MORE, _MORE, "", "", missing)
        with_more = msgspec.structs.replace(facts, variants={**facts.variants, _MORE: more})
        then = price([*cart, CartLine(_MORE, 1)], with_more, quote.at_us, voucher=voucher, ground=ground)
        steps |= _reached(quote, then, waiting, Money(missing, facts.currency))
        for gift in gifts:
            given = price([*cart, gift, CartLine(_MORE, 1)], with_more, quote.at_us, voucher=voucher, ground=ground)
            own = [deal for deal in waiting if gift.variant_id in deal.conditions.gifts]
            steps |= {
                each for each in _reached(quote, given, own, Money(missing, facts.currency)) if each.kind == "deal"
            }
    return _nearest(steps)


def _gift(
    deal: DealFact, cart: Sequence[CartLine], facts: Facts, available: Mapping[UUID, int] | None
) -> CartLine | None:
    """The piece that the deal would give, when it is none that the cart has already."""
    there = {line.variant_id for line in cart}
    for variant_id in deal.conditions.gifts:
        if variant_id in facts.variants and variant_id not in there and _has(available, variant_id, 1):
            return CartLine(variant_id, 1)
    return None


def _has(available: Mapping[UUID, int] | None, variant_id: UUID, pieces: int) -> bool:
    return available is None or available.get(variant_id, 0) >= pieces


def _by_pieces(
    cart: Sequence[CartLine],
    quote: Quote,
    facts: Facts,
    voucher: VoucherFact | None,
    ground: Ground | None,
    available: Mapping[UUID, int] | None,
) -> list[NextStep]:
    """Sets that some pieces more of what is in the cart would make."""
    steps = []
    for deal in facts.cart_deals:
        pieces, line = _pieces_missing(deal, cart, facts, quote.at_us)
        if line is None or deal.left == 0 or not _has(available, line.variant_id, line.quantity + pieces):
            continue
        others = [each for each in cart if each.variant_id != line.variant_id]
        more = CartLine(line.variant_id, line.quantity + pieces)
        then = price([*others, more], facts, quote.at_us, voucher=voucher, ground=ground)
        if _taken(then, deal) > _taken(quote, deal):
            costs = max(0, _goods(then) - _goods(quote))
            steps.append(NextStep("pieces", Money(costs, facts.currency), deal.title, pieces, line.variant_id))
    return steps


def _pieces_missing(deal: DealFact, cart: Sequence[CartLine], facts: Facts, at_us: int) -> tuple[int, CartLine | None]:
    """How many pieces the deal's next set is away, and of which line: the cheapest that it is for."""
    lines = [line for line in cart if deal.is_for(facts.variants[line.variant_id].product_id, at_us)]
    count = sum(line.quantity for line in lines)
    if deal.form not in ("tiers", "buy_get") or not deal.holds(at_us) or not count:
        return 0, None
    if deal.form == "tiers":
        missing = min((tier.quantity - count for tier in deal.conditions.tiers if tier.quantity > count), default=0)
    else:
        size = deal.conditions.buy + deal.conditions.get
        # Only when what is missing are the pieces that are given: else it is as far away as at the start.
        missing = size - count % size if count % size >= deal.conditions.buy else 0
    cheapest = min(lines, key=lambda line: (facts.variants[line.variant_id].price_minor, line.variant_id))
    return missing, cheapest if 0 < missing <= PIECES_MAX else None


def _taken(quote: Quote, deal: DealFact) -> int:
    reasons = [reason for line in quote.lines for reason in line.reasons]
    return sum(reason.discount.minor for reason in reasons if reason.deal_id == deal.deal_id)


def _goods(quote: Quote) -> int:
    return quote.subtotal.minor - quote.discount.minor


def _amounts(quote: Quote, facts: Facts, waiting: Sequence[DealFact], ground: Ground | None) -> list[int]:
    """Amounts that may be what is missing, minor units. A higher threshold takes the place of a lower one, whose
    discount does not count against it.
    """
    thresholds = {deal.deal_id for deal in facts.cart_deals if deal.form == "threshold"}
    reasons = [reason for line in quote.lines for reason in line.reasons]
    goods = _goods(quote)
    without = goods + sum(reason.discount.minor for reason in reasons if reason.deal_id in thresholds)
    method = None if ground is None else ground.method
    free_over = facts.free_shipping_over_minor if method is None else method.free_over_minor
    ends = {deal.conditions.min_minor for deal in waiting} | ({free_over} if free_over is not None else set())
    return sorted({end - base for end in ends for base in (goods, without) if end > base})


def _reached(quote: Quote, then: Quote, waiting: Sequence[DealFact], missing: Money) -> set[NextStep]:
    free = quote.shipping.minor > 0 and not then.shipping.minor
    given = {reason.deal_id for line in then.lines for reason in line.reasons}
    given |= {reason.deal_id for reason in then.shipping_reasons}
    steps = {
        NextStep("deal", missing, deal.title)
        for deal in waiting
        if deal.deal_id in given and not (free and deal.form == "free_shipping")
    }
    return steps | {NextStep("free_shipping", missing)} if free else steps


def _nearest(steps: set[NextStep]) -> list[NextStep]:
    """Each thing once, as near as it is."""
    found: dict[tuple[str, str], NextStep] = {}
    for step in sorted(steps, key=lambda each: (each.missing.minor, each.title)):
        found.setdefault((step.kind, step.title), step)
    return list(found.values())[:STEPS_MAX]
