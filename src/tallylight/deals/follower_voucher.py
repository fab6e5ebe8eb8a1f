"""The voucher that applies by itself for whoever follows the shop: nothing to type. Pure."""

import hashlib
from uuid import UUID

from tallylight.deals.facts import DealFact, Facts, VoucherFact

TRIED_MAX = 3


def by_itself(deal_id: UUID, problem: str | None = None) -> VoucherFact:
    """The deal's voucher without a code; its uses are counted under a name of its own, beside the buyers'."""
    return VoucherFact(deal_id, hashlib.sha256(b"by itself" + deal_id.bytes).digest(), problem=problem)


def follower_vouchers(facts: Facts, at_us: int) -> list[VoucherFact]:
    """What followers have at programme time ``at_us``; the first to open first, at most TRIED_MAX."""
    found = [deal for deal in facts.cart_deals if is_for_followers(deal) and deal.holds(at_us)]
    found.sort(key=lambda deal: (deal.opens_us, deal.deal_id))
    return [by_itself(deal.deal_id) for deal in found[:TRIED_MAX]]


def is_for_followers(deal: DealFact) -> bool:
    """Whether it is a voucher that following the shop is enough for. A creator's code is the creator's to give."""
    return deal.form == "voucher" and deal.conditions.audience == "follower"
