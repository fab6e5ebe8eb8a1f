"""Notes whose order is which, behind the sale."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import customer_order
from tallylight.checkout.shoppers.models import buyer_order, buyer_order_progress
from tallylight.foundation.ids import ShopId

NOTED_A_TURN = 5_000


async def note_orders(connection: AsyncConnection, shop_id: ShopId) -> int:
    """Note the shop's next orders by their buyers, at most NOTED_A_TURN; how many. Safe to repeat and to race.

    Orders become visible in the order of their numbers (one desk commits them, one batch after the other), so none is
    left out. An index on the orders themselves would be written by every sale, for a page that few open.
    """
    await connection.execute(
        insert(buyer_order_progress).values(shop_id=shop_id, through_number=0).on_conflict_do_nothing()
    )
    progress = (
        await connection.execute(
            sa.select(buyer_order_progress.c.through_number)
            .where(buyer_order_progress.c.shop_id == shop_id)
            .with_for_update()
        )
    ).scalar_one()
    fresh = (
        sa.select(customer_order.c.buyer_hash, customer_order.c.number, customer_order.c.id)
        .where(customer_order.c.shop_id == shop_id, customer_order.c.number > progress)
        .order_by(customer_order.c.number)
        .limit(NOTED_A_TURN)
    )
    noted = (
        await connection.execute(
            insert(buyer_order)
            .from_select(["buyer_hash", "number", "order_id"], fresh)
            .on_conflict_do_nothing()
            .returning(buyer_order.c.number)
        )
    ).scalars()
    numbers = list(noted)
    if numbers:
        await connection.execute(
            buyer_order_progress.update()
            .where(buyer_order_progress.c.shop_id == shop_id)
            .values(through_number=max(numbers))
        )
    return len(numbers)
