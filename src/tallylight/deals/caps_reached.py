"""Open deals that a funder's cap can bear no more discounts of: those end, or the funder is asked."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.can_bear import can_bear
from tallylight.deals.facts import DealFact, Facts, FunderFact
from tallylight.deals.models import agreement, deal, funder
from tallylight.deals.queries import selling_facts
from tallylight.deals.types import AtCap, Cap
from tallylight.foundation.ids import DealId, ShopId

ROOM_ENOUGH = 2**62
_DAY_US = 86_400_000_000


async def deals_at_cap(connection: AsyncConnection, *, now_us: int) -> list[DealId]:
    """Open deals whose agreement ends them at a cap, and whose funders cannot bear the least of their discounts."""
    return [DealId(fact.deal_id) for _, fact in await stuck_deals(connection, "end_deal", now_us=now_us)]


async def stuck_deals(connection: AsyncConnection, at_cap: AtCap, *, now_us: int) -> list[tuple[Facts, DealFact]]:
    """Open deals that stand at a cap where ``at_cap`` happens, with what their shop sells by.

    Only deals with a tight funder are looked at closely: one that has spent something and has little left.
    """
    rows = await connection.execute(
        sa.select(deal.c.id, deal.c.shop_id)
        .distinct()
        .join(agreement, agreement.c.id == deal.c.agreement_id)
        .join(funder, funder.c.agreement_id == agreement.c.id)
        .where(
            deal.c.state == "open",
            agreement.c.at_cap == at_cap,
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
        fact = _fact_of(facts, row.id)
        if fact is not None and not can_bear(facts, fact, _rooms(fact, now_us), now_us):
            found.append((facts, fact))
    return found


def short_funders(facts: Facts, fact: DealFact, now_us: int) -> list[tuple[UUID, Cap]]:
    """The funders that keep a stuck deal from going on, and by which of their caps.

    Where no one of them does so alone, each that has a share is asked about its budget.
    """
    short = []
    for place, one in enumerate(fact.funders):
        for cap, room in _rooms_by_cap(one, now_us):
            rooms = [ROOM_ENOUGH] * len(fact.funders)
            rooms[place] = room
            if not can_bear(facts, fact, rooms, now_us):
                short.append((one.funder_id, cap))
                break
    if short:
        return short
    shares = fact.shares_at(now_us)
    return [(one.funder_id, "budget") for one, share in zip(fact.funders, shares, strict=True) if share]


def _rooms_by_cap(one: FunderFact, now_us: int) -> list[tuple[Cap, int]]:
    rooms: list[tuple[Cap, int]] = [("budget", one.left_minor)]
    if one.cap_day_minor is not None:
        rooms.append(("day", one.cap_day_minor - (one.day_minor if one.day == now_us // _DAY_US else 0)))
    if one.cap_order_minor is not None:
        rooms.append(("order", one.cap_order_minor))
    return rooms


def _fact_of(facts: Facts, deal_id: object) -> DealFact | None:
    of_pieces = (each for deals in facts.deals.values() for each in deals)
    return next((each for each in (*of_pieces, *facts.cart_deals) if each.deal_id == deal_id), None)


def _rooms(fact: DealFact, now_us: int) -> list[int]:
    today = now_us // _DAY_US
    return [each.room(each.left_minor, each.day_minor if each.day == today else 0) for each in fact.funders]
