"""Charges sold orders after the sale: commission by plan, fees, reserve. Off the hot path, exactly once an order.

Posting them with the sale would cost the desk more than a lookup; so a job does it, a few seconds later. Whoever looks
at the books before finds the sale without its charges; a statement does not close until they are there.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.checkout.funded_parts import FUNDED_PARTS, PART
from tallylight.checkout.models import customer_order, order_funding, order_line
from tallylight.deals.models import funder
from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShopId
from tallylight.ledger.charge_types import SoldLine, SoldOrder
from tallylight.shows.models import show

ORDERS_A_TURN = 200


async def charge_due_orders(database: Database, *, now_us: int) -> int:
    """Charge every sale that is not charged yet, a batch a transaction; how many orders."""
    async with database.reading() as connection:
        shops = await ledger.shops_that_charge(connection)
    charged = 0
    for shop_id, from_us in sorted(shops.items()):
        while True:
            async with database.transaction() as connection:
                done, more = await charge_batch(connection, ShopId(shop_id), from_us=from_us, now_us=now_us)
            charged += done
            if not more:
                break
    return charged


async def charge_batch(
    connection: AsyncConnection, shop_id: ShopId, *, from_us: int, now_us: int, limit: int = ORDERS_A_TURN
) -> tuple[int, bool]:
    """Charge up to ``limit`` of the shop's sales posted since ``from_us``: how many, and whether more may wait."""
    since_us = max(from_us, await ledger.progress_of(connection, shop_id))
    due = await ledger.uncharged_orders(connection, shop_id, from_us=since_us, limit=limit)
    if not due:
        await ledger.note_progress(connection, shop_id, max(since_us, now_us - ledger.SLACK_US))
        return 0, False
    plans = await ledger.plans_of_shop(connection, shop_id)
    fees = await ledger.fees_of_shop(connection, shop_id)
    done = 0
    # In the order of their ids, as everybody locks orders.
    for order in sorted(await sold_orders(connection, due), key=lambda order: order.order_id):
        done += await ledger.charge_order(connection, order, plans, fees, now_us=now_us)
    return done, len(due) == limit


async def sold_orders(connection: AsyncConnection, posted_us: Mapping[UUID, int]) -> list[SoldOrder]:
    """The orders as charges see them; ``posted_us``: by order, when its sale was posted."""
    orders = await connection.execute(
        sa.select(customer_order, show.c.host_is_paid, show.c.creator_commission_bps)
        .join(show, show.c.id == customer_order.c.show_id)
        .where(customer_order.c.id.in_(posted_us))
    )
    lines = await _lines(connection, list(posted_us))
    return [
        SoldOrder(
            order_id=row.id,
            shop_id=row.shop_id,
            number=row.number,
            currency=row.currency,
            creator_name=row.creator_name,
            show_rate_bps=row.creator_commission_bps if row.host_is_paid else 0,
            sold_us=row.placed_us,
            posted_us=posted_us[row.id],
            at_us=row.at_us,
            payment=row.total_minor,
            lines=tuple(lines.get(row.id, ())),
        )
        for row in orders
    ]


async def _lines(connection: AsyncConnection, order_ids: Sequence[UUID]) -> dict[UUID, list[SoldLine]]:
    funded = await connection.execute(
        sa.select(order_funding.c.order_id, order_funding.c.deal_id)
        .distinct()
        .select_from(FUNDED_PARTS)
        .where(order_funding.c.order_id.in_(order_ids), funder.c.party_kind == "platform", PART.c.amount_minor > 0)
    )
    co_funded = {(row.order_id, row.deal_id) for row in funded}
    rows = await connection.execute(
        sa.select(order_line)
        .where(order_line.c.order_id.in_(order_ids))
        .order_by(order_line.c.order_id, order_line.c.position)
    )
    lines: dict[UUID, list[SoldLine]] = {}
    for row in rows:
        lines.setdefault(row.order_id, []).append(
            SoldLine(
                row.position,
                row.product_id,
                row.product_title,
                row.unit_list_minor * row.quantity,
                row.discount_minor,
                row.deal_id is not None,
                (row.order_id, row.deal_id) in co_funded,
            )
        )
    return lines
