"""Opens a dispute: its row, and the hold of its money. Once, whoever tells of it and however often."""

from uuid import NAMESPACE_URL, UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.checkout.disputes.models import order_dispute
from tallylight.checkout.models import customer_order
from tallylight.checkout.payments import Dispute
from tallylight.checkout.refunds.models import order_refund, order_refunded
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.money import Money

REASON_MAX = 200
REFERENCE_MAX = 200
DISPUTES_MAX = 20
"""Disputes of one order."""
CHECK_AGAIN_US = 3_600 * MICROSECONDS
"""How often the provider of an open dispute is asked, should its last word never come."""


def dispute_id_of(provider: str, reference: str) -> UUID:
    """Our id of a provider's dispute; a loss is booked under it, so it is booked once."""
    return uuid5(NAMESPACE_URL, f"tallylight:{provider}:dispute:{reference}")


async def open_dispute(
    connection: AsyncConnection, provider: str, order_id: UUID, told: Dispute, *, now_us: int
) -> None:
    """Write the dispute down and hold its money, as much as is left of the order and not disputed already.

    Nothing when it is known. Raises ConflictError for an order that was never paid.
    """
    order = (
        await connection.execute(
            sa.select(customer_order.c.number, customer_order.c.state, customer_order.c.currency)
            .where(customer_order.c.id == order_id)
            .with_for_update(key_share=True)
        )
    ).one()
    dispute_id = dispute_id_of(provider, told.id)
    if await connection.scalar(sa.select(sa.exists().where(order_dispute.c.id == dispute_id))):
        return
    if order.state != "paid":
        raise ConflictError("the order is not paid; there is nothing to dispute", state=order.state)
    if told.amount.currency != order.currency:
        raise ConflictError(f"the order was paid in {order.currency}; the dispute is in {told.amount.currency}")
    if await connection.scalar(sa.select(sa.exists().where(order_refund.c.id == dispute_id))):
        raise ConflictError("this dispute was booked as lost before disputes were followed to their end")
    before = await connection.scalar(
        sa.select(sa.func.count()).select_from(order_dispute).where(order_dispute.c.order_id == order_id)
    )
    if before is not None and before >= DISPUTES_MAX:
        raise ConflictError(f"an order takes at most {DISPUTES_MAX} disputes")
    held = min(told.amount.minor, await _free_minor(connection, order_id))
    hold_id = None
    if held:
        hold_id = await ledger.hold_disputed(
            connection, order_id, Money(held, order.currency),
            description=f"Dispute of order {order.number}: held until the bank has decided", posted_us=now_us,
        )  # fmt: skip
    await connection.execute(
        order_dispute.insert().values(
            id=dispute_id, order_id=order_id, provider=provider, reference=told.id[:REFERENCE_MAX],
            reason=_words(told.reason), currency=order.currency, amount_minor=told.amount.minor, held_minor=held,
            hold_id=hold_id, state="opened", opened_us=now_us, next_check_us=now_us + CHECK_AGAIN_US,
        )
    )  # fmt: skip


async def reopen_dispute(connection: AsyncConnection, dispute_id: UUID, *, now_us: int) -> None:
    """Open a dispute again that was won, and hold what is left of the order. The caller holds the order's row."""
    row = (
        await connection.execute(
            sa.select(order_dispute, customer_order.c.number)
            .join(customer_order, customer_order.c.id == order_dispute.c.order_id)
            .where(order_dispute.c.id == dispute_id, order_dispute.c.state == "won")
        )
    ).one_or_none()
    if row is None:
        return
    held = min(row.amount_minor, await _free_minor(connection, row.order_id))
    hold_id = None
    if held:
        hold_id = await ledger.hold_disputed(
            connection, row.order_id, Money(held, row.currency),
            description=f"Dispute of order {row.number}: held again", posted_us=now_us,
        )  # fmt: skip
    await connection.execute(
        order_dispute.update()
        .where(order_dispute.c.id == dispute_id)
        .values(
            state="opened", ended_us=None, held_minor=held, hold_id=hold_id, next_check_us=now_us + CHECK_AGAIN_US
        )
    )  # fmt: skip


async def _free_minor(connection: AsyncConnection, order_id: UUID) -> int:
    """What the customer paid and has not got back, less what is held for disputes already."""
    held = (
        sa.select(sa.func.coalesce(sa.func.sum(order_dispute.c.held_minor), 0))
        .where(order_dispute.c.order_id == order_id, order_dispute.c.ended_us.is_(None))
        .scalar_subquery()
    )
    back = sa.func.coalesce(order_refunded.c.refunded_minor, 0)
    free = await connection.scalar(
        sa.select(customer_order.c.total_minor - back - held)
        .outerjoin(order_refunded, order_refunded.c.order_id == customer_order.c.id)
        .where(customer_order.c.id == order_id)
    )
    return max(0, int(free or 0))


def _words(reason: str) -> str:
    """The bank's reason as words: it comes from outside."""
    said = "".join(character for character in reason.replace("_", " ") if character.isprintable()).strip()
    return said[:REASON_MAX] or "no reason given"
