"""Open deals that end because a funder's cap can bear no more of their discounts."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.deal_use import deal_uses, fitted_parts
from tallylight.deals.facts import CartLine, DealFact, Facts
from tallylight.deals.models import agreement, deal, funder
from tallylight.deals.price_engine import price
from tallylight.deals.priority import PRICE_FORMS
from tallylight.deals.queries import selling_facts
from tallylight.foundation.ids import DealId, ShopId

_DAY_US = 86_400_000_000


async def deals_at_cap(connection: AsyncConnection, *, now_us: int) -> list[DealId]:
    """Open deals whose agreement ends them at a cap, and whose funders cannot bear the least of their discounts.

    Only deals with a tight funder are looked at closely: one that has spent something and has little left.
    """
    rows = await connection.execute(
        sa.select(deal.c.id, deal.c.shop_id)
        .distinct()
        .join(agreement, agreement.c.id == deal.c.agreement_id)
        .join(funder, funder.c.agreement_id == agreement.c.id)
        .where(
            deal.c.state == "open",
            agreement.c.at_cap == "end_deal",
            sa.or_(
                funder.c.spent_minor + funder.c.held_minor > 0,
                funder.c.budget_minor == 0,
                funder.c.cap_order_minor.is_not(None),
            ),
        )
        .order_by(deal.c.id)
    )
    found = []
    for row in rows.all():
        facts = await selling_facts(connection, ShopId(row.shop_id), now_us=now_us)
        if not _can_bear(facts, row.id, now_us):
            found.append(DealId(row.id))
    return found


def _can_bear(facts: Facts, deal_id: object, now_us: int) -> bool:
    """Whether some order of one piece still fits. A deal on several pieces or the order can be of any size: it is over
    when a funder with a share has nothing left.
    """
    of_pieces = (each for deals in facts.deals.values() for each in deals)
    fact = next((each for each in (*of_pieces, *facts.cart_deals) if each.deal_id == deal_id), None)
    if fact is None:
        return True
    rooms = _rooms(fact, now_us)
    if fact.form not in PRICE_FORMS:
        return all(room > 0 for room, share in zip(rooms, fact.shares_at(now_us), strict=True) if share)
    others = {each.deal_id for deals in facts.deals.values() for each in deals} - {fact.deal_id}
    alone = Facts(facts.currency, facts.variants, facts.deals)
    seen = False
    for variant in facts.variants.values():
        if fact.is_for(variant.product_id, now_us):
            quote = price([CartLine(variant.variant_id, 1)], alone, now_us, without=others)
            for use in deal_uses(quote, alone).values():
                seen = True
                if fitted_parts(use, rooms) is not None:
                    return True
    return not seen


def _rooms(fact: DealFact, now_us: int) -> list[int]:
    today = now_us // _DAY_US
    return [each.room(each.left_minor, each.day_minor if each.day == today else 0) for each in fact.funders]
