"""Deals on the order as a whole: gifts, spend thresholds, codes, free shipping."""

from collections.abc import Sequence

from tallylight.deals.discount import discount_of
from tallylight.deals.explain import in_words
from tallylight.deals.facts import DealFact, VoucherFact
from tallylight.deals.working_cart import WorkingLine, eligible, share_out
from tallylight.foundation.money import Money


def apply_gift(lines: Sequence[WorkingLine], deal: DealFact) -> None:
    """One piece of the gift, when it is in the cart and the other goods come to enough; of several to choose from the
    dearest that is there.
    """
    there = [line for line in lines if line.variant.variant_id in deal.conditions.gifts and line.free]
    for gift in sorted(there, key=lambda line: -line.unit_minor):
        others = [line for line in eligible(lines, deal) if line is not gift]
        if others and sum(line.net_minor for line in others) >= deal.conditions.min_minor:
            gift.free -= 1
            gift.take_off(deal, min(gift.net_minor, discount_of(deal.kind, deal.figure, gift.unit_minor)))
            return


def apply_threshold(lines: Sequence[WorkingLine], deals: Sequence[DealFact]) -> None:
    """Of the thresholds that the goods reach, the highest."""
    for deal in sorted(deals, key=lambda each: -each.conditions.min_minor):
        chosen = eligible(lines, deal)
        goods = sum(line.net_minor for line in chosen)
        if goods and goods >= deal.conditions.min_minor:
            share_out(chosen, deal, discount_of(deal.kind, deal.figure, goods), [line.net_minor for line in chosen])
            return


def apply_code(lines: Sequence[WorkingLine], deal: DealFact | None, voucher: VoucherFact, currency: str) -> str | None:
    """Take the code's discount off; when it does not apply, why, in words for the buyer."""
    if voucher.problem is not None:
        return voucher.problem
    if deal is None:
        return "this code is not valid now"
    chosen = eligible(lines, deal)
    goods = sum(line.net_minor for line in chosen)
    if not goods:
        return "this code is not for these goods"
    if goods < deal.conditions.min_minor:
        missing = Money(deal.conditions.min_minor - goods, currency)
        return f"add {in_words(missing)} of goods to use this code"
    off = discount_of(deal.kind, deal.figure, goods)
    if deal.conditions.max_minor is not None:
        off = min(off, deal.conditions.max_minor)
    share_out(chosen, deal, off, [line.net_minor for line in chosen])
    return None


def shipping_off(
    lines: Sequence[WorkingLine], deals: Sequence[DealFact], fee_minor: int
) -> tuple[DealFact, int] | None:
    """Of the deals on shipping that the goods reach, the highest, and what it takes off the fee."""
    for deal in sorted(deals, key=lambda each: -each.conditions.min_minor):
        chosen = eligible(lines, deal)
        if chosen and sum(line.net_minor for line in chosen) >= deal.conditions.min_minor:
            off = discount_of(deal.kind, deal.figure, fee_minor)
            return (deal, off) if off else None
    return None
