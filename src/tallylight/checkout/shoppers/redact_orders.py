"""Takes the buyer out of orders whose account was deleted.

What goes: name, e-mail, street, city and post code, also in the events that staff may catch up on. What stays: number,
lines, price and tax, country and region (a tax authority asks where a sale was taxed), payment and refunds, and every
entry of the books. A one-way hash of the e-mail address stays too, so that a deal's limit per buyer holds.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.disputes.queries import has_open_dispute
from tallylight.checkout.fulfilment.models import fulfilment
from tallylight.checkout.models import customer_order
from tallylight.checkout.refunds.models import order_refunded
from tallylight.checkout.shoppers.models import buyer_order, buyer_order_progress, shopper_deletion
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.outbox import redact_events

REDACTED_A_TURN = 200
KEPT_US_MAX = 60 * 86_400 * MICROSECONDS
"""How long an order that is still on its way keeps its label."""
REDACTED_NAME = "Deleted account"


async def redact_orders(connection: AsyncConnection, *, now_us: int) -> int:
    """Redact what is due, at most REDACTED_A_TURN; how many orders. Safe to repeat and to race.

    An order is due when nobody needs its label any more: it came to nothing, was taken back or was delivered; at the
    latest KEPT_US_MAX after the account was deleted, but not while the buyer's bank disputes its payment.
    """
    over = sa.or_(
        customer_order.c.state.in_(("declined", "cancelled")),
        order_refunded.c.standing.in_(("cancelled", "refunded", "disputed")),
        fulfilment.c.state == "delivered",
        shopper_deletion.c.asked_us <= now_us - KEPT_US_MAX,
    )
    rows = (
        await connection.execute(
            sa.select(customer_order.c.id, customer_order.c.show_id, buyer_order.c.buyer_hash, buyer_order.c.number)
            .select_from(shopper_deletion)
            .join(buyer_order, _meant())
            .join(customer_order, customer_order.c.id == buyer_order.c.order_id)
            .outerjoin(order_refunded, order_refunded.c.order_id == customer_order.c.id)
            .outerjoin(fulfilment, fulfilment.c.order_id == customer_order.c.id)
            .where(over, customer_order.c.state != "payment_pending", ~has_open_dispute(customer_order.c.id))
            .order_by(customer_order.c.id)
            .limit(REDACTED_A_TURN)
            .with_for_update(of=customer_order, key_share=True)
        )
    ).all()
    if rows:
        await _redact(connection, [row.id for row in rows])
        for show_id in sorted({row.show_id for row in rows}):
            ids = [row.id for row in rows if row.show_id == show_id]
            await redact_events(
                connection, f"control:{show_id}", "order", ids=ids, field="buyer_name", text=REDACTED_NAME
            )
        keys = sa.tuple_(buyer_order.c.buyer_hash, buyer_order.c.number)
        await connection.execute(sa.delete(buyer_order).where(keys.in_([(r.buyer_hash, r.number) for r in rows])))
    await _close_done(connection)
    return len(rows)


async def _redact(connection: AsyncConnection, order_ids: list[UUID]) -> None:
    place = sa.func.json_build_object(
        "line1", "", "city", "", "postal_code", "",
        "country", customer_order.c.address["country"].as_string(),
        "region", customer_order.c.address["region"].as_string(),
    )  # fmt: skip
    await connection.execute(
        customer_order.update()
        .where(customer_order.c.id.in_(order_ids))
        .values(buyer_name=REDACTED_NAME, buyer_email="", address=place)
    )


async def _close_done(connection: AsyncConnection) -> None:
    """A deletion is done when every order that it means was noted and redacted."""
    noted = sa.exists().where(
        buyer_order_progress.c.shop_id == shopper_deletion.c.shop_id,
        buyer_order_progress.c.through_number >= shopper_deletion.c.through_number,
    )
    left = sa.exists().where(_meant())
    await connection.execute(sa.delete(shopper_deletion).where(noted, ~left))


def _meant() -> sa.ColumnElement[bool]:
    return sa.and_(
        buyer_order.c.buyer_hash == shopper_deletion.c.buyer_hash,
        buyer_order.c.number <= shopper_deletion.c.through_number,
    )
