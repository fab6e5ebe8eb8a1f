"""Asks funders whose cap makes a deal stand still, where their agreement says so, and takes the question back when the
deal goes on or has ended.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.caps_reached import short_funders, stuck_deals
from tallylight.deals.models import cap_request, funder
from tallylight.deals.types import Cap
from tallylight.foundation.ids import DealId, new_id


async def ask_at_cap(connection: AsyncConnection, *, now_us: int) -> list[DealId]:
    """The deals about which something was asked or taken back at wall time ``now_us``. Again is no change."""
    stuck = await stuck_deals(connection, "ask", now_us=now_us)
    open_ = sa.and_(cap_request.c.answered_us.is_(None), cap_request.c.deal_id.not_in([f.deal_id for _, f in stuck]))
    moved = await connection.scalars(
        cap_request.update()
        .where(open_)
        .values(answered_us=now_us, answer="withdrawn")
        .returning(cap_request.c.deal_id)
    )
    told = set(moved)
    for facts, fact in stuck:
        for funder_id, cap in short_funders(facts, fact, now_us):
            if await _ask(connection, funder_id, fact.deal_id, cap, now_us):
                told.add(fact.deal_id)
    return [DealId(each) for each in sorted(told)]


async def _ask(connection: AsyncConnection, funder_id: UUID, deal_id: UUID, cap: Cap, now_us: int) -> bool:
    minor = {"budget": funder.c.budget_minor, "day": funder.c.cap_day_minor, "order": funder.c.cap_order_minor}[cap]
    asked = await connection.execute(
        insert(cap_request)
        .from_select(
            ["id", "funder_id", "deal_id", "cap", "cap_minor", "asked_us"],
            sa.select(
                sa.literal(new_id()), funder.c.id, sa.literal(deal_id), sa.literal(cap), minor, sa.literal(now_us)
            ).where(funder.c.id == funder_id),
        )
        .on_conflict_do_nothing()
        .returning(cap_request.c.id)
    )
    return asked.first() is not None
