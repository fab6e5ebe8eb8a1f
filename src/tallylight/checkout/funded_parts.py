"""Who funded an order's discounts: each row of ``order_funding`` opened into a funder's part of one deal's discount."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import order_funding
from tallylight.checkout.schemas import FunderAmount
from tallylight.deals.models import funder
from tallylight.foundation.money import Money

PART = (
    sa.func.unnest(order_funding.c.funder_ids, order_funding.c.amounts_minor)
    .table_valued("funder_id", "amount_minor", joins_implicitly=True)
    .render_derived(name="part")
)
FUNDED_PARTS = order_funding.join(PART, sa.true()).join(funder, funder.c.id == PART.c.funder_id)
"""To select from, with the columns of ``order_funding``, ``PART`` and ``funder``."""


async def funders_of_order(connection: AsyncConnection, order_id: UUID, currency: str) -> list[FunderAmount]:
    """What each funder paid of the order's discounts, deal by deal."""
    rows = await connection.execute(
        sa.select(funder.c.party_kind, funder.c.name, PART.c.amount_minor)
        .select_from(FUNDED_PARTS)
        .where(order_funding.c.order_id == order_id)
        .order_by(order_funding.c.deal_id, funder.c.position)
    )
    return [FunderAmount(row.party_kind, row.name, Money(row.amount_minor, currency)) for row in rows]
