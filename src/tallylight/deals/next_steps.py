"""How much more a cart needs for the next thing that it is near to: free shipping, a spend threshold, a gift. Pure.

Nothing is promised that the price engine does not keep: each step is tried with a piece of exactly that price.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.deals.facts import CartLine, DealFact, Facts, VariantFact, VoucherFact
from tallylight.deals.ground import Ground
from tallylight.deals.price_engine import price
from tallylight.deals.schemas import Quote
from tallylight.foundation.money import Money

STEPS_MAX = 3
_SPEND_FORMS = ("threshold", "free_shipping", "gift")
_MORE = UUID(int=0)
"""Stands for goods that no deal on certain products is for."""


class NextStep(msgspec.Struct, frozen=True):
    """``missing``: of goods, at the price that is paid for them. ``title``: the deal's; empty for free shipping."""

    kind: Literal["free_shipping", "deal"]
    missing: Money
    title: str = ""


def next_steps(
    cart: Sequence[CartLine],
    quote: Quote,
    facts: Facts,
    *,
    voucher: VoucherFact | None = None,
    ground: Ground | None = None,
) -> list[NextStep]:
    """What ``quote``, the price of ``cart``, is near to: at most STEPS_MAX, the nearest first."""
    applied = {reason.deal_id for line in quote.lines for reason in line.reasons}
    applied |= {reason.deal_id for reason in quote.shipping_reasons}
    waiting = [
        deal
        for deal in facts.cart_deals
        if deal.form in _SPEND_FORMS and deal.holds(quote.at_us) and deal.deal_id not in applied and deal.left != 0
    ]
    steps: set[NextStep] = set()
    for missing in _amounts(quote, facts, waiting, ground):
        more = VariantFact(_MORE, _MORE, "", "", missing)
        with_more = msgspec.structs.replace(facts, variants={**facts.variants, _MORE: more})
        then = price([*cart, CartLine(_MORE, 1)], with_more, quote.at_us, voucher=voucher, ground=ground)
        steps |= _reached(quote, then, waiting, Money(missing, facts.currency))
    return _nearest(steps)


def _amounts(quote: Quote, facts: Facts, waiting: Sequence[DealFact], ground: Ground | None) -> list[int]:
    """Amounts that may be what is missing, minor units. A higher threshold takes the place of a lower one, whose
    discount does not count against it.
    """
    thresholds = {deal.deal_id for deal in facts.cart_deals if deal.form == "threshold"}
    reasons = [reason for line in quote.lines for reason in line.reasons]
    goods = quote.subtotal.minor - quote.discount.minor
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
