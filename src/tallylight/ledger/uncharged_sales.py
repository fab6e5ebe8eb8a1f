"""Which sales are still to be charged.

Sales of one shop do not become visible in the order of their times, so progress trails behind by SLACK_US: everything
posted since is looked at each time, and ``charged_sale`` says what is done.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId
from tallylight.ledger.models import charge_progress, charged_sale, commission_plan, fee_rule, transfer

SLACK_US = 15 * 60 * 1_000_000
"""Far longer than any transaction lasts."""


async def shops_that_charge(connection: AsyncConnection) -> dict[UUID, int]:
    """Shops with a plan or a fee, now or ever, each with the wall time from which its sales are charged."""
    rules = sa.union_all(
        sa.select(commission_plan.c.shop_id, commission_plan.c.from_us),
        sa.select(fee_rule.c.shop_id, fee_rule.c.from_us),
    ).subquery()
    rows = await connection.execute(
        sa.select(rules.c.shop_id, sa.func.min(rules.c.from_us).label("from_us")).group_by(rules.c.shop_id)
    )
    return {row.shop_id: row.from_us for row in rows}


async def uncharged_orders(
    connection: AsyncConnection, shop_id: ShopId, *, from_us: int, limit: int
) -> dict[UUID, int]:
    """Orders of sales posted since ``from_us`` that were not charged, oldest first, each with when it was posted."""
    statement = (
        sa.select(transfer.c.order_id, transfer.c.posted_us)
        .outerjoin(charged_sale, charged_sale.c.order_id == transfer.c.order_id)
        .where(
            transfer.c.shop_id == shop_id,
            transfer.c.kind == "sale",
            transfer.c.posted_us >= from_us,
            transfer.c.order_id.is_not(None),
            charged_sale.c.order_id.is_(None),
        )
        .order_by(transfer.c.posted_us)
        .limit(limit)
    )
    return {row.order_id: row.posted_us for row in await connection.execute(statement)}


async def progress_of(connection: AsyncConnection, shop_id: ShopId) -> int:
    """Every sale of the shop posted before this wall time is charged; 0 at first."""
    found = await connection.execute(
        sa.select(charge_progress.c.through_us).where(charge_progress.c.shop_id == shop_id)
    )
    return found.scalar_one_or_none() or 0


async def note_progress(connection: AsyncConnection, shop_id: ShopId, through_us: int) -> None:
    """Remember that every sale posted before ``through_us`` is charged. It never goes back."""
    statement = insert(charge_progress).values(shop_id=shop_id, through_us=through_us)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[charge_progress.c.shop_id],
            set_={"through_us": sa.func.greatest(charge_progress.c.through_us, statement.excluded.through_us)},
        )
    )
