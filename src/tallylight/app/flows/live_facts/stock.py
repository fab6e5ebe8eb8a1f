"""Pieces of a variant around the words: what has moved since, and what was sold in the hour before."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import stock_movement
from tallylight.foundation.clock import MICROSECONDS

HOUR_US = 3_600 * MICROSECONDS


class Moved(msgspec.Struct, frozen=True):
    since: int = 0
    sold_last_hour: int = 0


async def moved_around(connection: AsyncConnection, variant_ids: Sequence[UUID], at_us: int) -> dict[UUID, Moved]:
    """By variant; one that nothing moved of is left out."""
    since = stock_movement.c.moved_us > at_us
    sold = sa.and_(stock_movement.c.reason == "sale", sa.not_(since))
    rows = await connection.execute(
        sa.select(
            stock_movement.c.variant_id,
            sa.func.coalesce(sa.func.sum(stock_movement.c.delta).filter(since), 0).label("moved_since"),
            sa.func.coalesce(-sa.func.sum(stock_movement.c.delta).filter(sold), 0).label("sold"),
        )
        .where(stock_movement.c.variant_id.in_(variant_ids), stock_movement.c.moved_us > at_us - HOUR_US)
        .group_by(stock_movement.c.variant_id)
    )
    return {row.variant_id: Moved(row.moved_since, row.sold) for row in rows}
