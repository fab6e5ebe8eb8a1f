"""Open deals that end because a funder's cap can bear no more of their discounts."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.can_bear import can_bear
from tallylight.deals.facts import DealFact, Facts
from tallylight.deals.models import agreement, deal, funder
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
        if _is_over(facts, row.id, now_us):
            found.append(DealId(row.id))
    return found


def _is_over(facts: Facts, deal_id: object, now_us: int) -> bool:
    of_pieces = (each for deals in facts.deals.values() for each in deals)
    fact = next((each for each in (*of_pieces, *facts.cart_deals) if each.deal_id == deal_id), None)
    return fact is not None and not can_bear(facts, fact, _rooms(fact, now_us), now_us)


def _rooms(fact: DealFact, now_us: int) -> list[int]:
    today = now_us // _DAY_US
    return [each.room(each.left_minor, each.day_minor if each.day == today else 0) for each in fact.funders]
