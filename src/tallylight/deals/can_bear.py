"""Whether a deal's funders can still bear any order of it. Pure."""

from collections.abc import Sequence

from tallylight.deals.deal_use import deal_uses, fitted_parts
from tallylight.deals.facts import CartLine, DealFact, Facts
from tallylight.deals.price_engine import price
from tallylight.deals.priority import PRICE_FORMS


def can_bear(facts: Facts, fact: DealFact, rooms: Sequence[int], at_us: int) -> bool:
    """Whether some order of one piece fits, at programme time ``at_us``, what the funders have room for (minor units).

    A deal on several pieces or the order can be of any size: it is over when a funder with a share has nothing left.
    """
    if fact.form not in PRICE_FORMS:
        return all(room > 0 for room, share in zip(rooms, fact.shares_at(at_us), strict=True) if share)
    others = {each.deal_id for deals in facts.deals.values() for each in deals} - {fact.deal_id}
    alone = Facts(facts.currency, facts.variants, facts.deals)
    seen = False
    for variant in facts.variants.values():
        if fact.is_for(variant.product_id, at_us):
            quote = price([CartLine(variant.variant_id, 1)], alone, at_us, without=others)
            for use in deal_uses(quote, alone).values():
                seen = True
                if fitted_parts(use, rooms) is not None:
                    return True
    return not seen
