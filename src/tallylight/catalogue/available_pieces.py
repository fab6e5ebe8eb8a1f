"""What can be had of some variants right now."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import stock_level


async def available_pieces(connection: AsyncConnection, variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """By variant, the pieces on hand that nobody holds."""
    rows = await connection.execute(
        sa.select(stock_level.c.variant_id, stock_level.c.on_hand - stock_level.c.held).where(
            stock_level.c.variant_id.in_(variant_ids)
        )
    )
    return {row[0]: row[1] for row in rows}
