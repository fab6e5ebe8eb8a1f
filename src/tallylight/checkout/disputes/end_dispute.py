"""Ends a dispute: what was held is released, and what it cost is posted. In one transaction with its loss, if lost."""

from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.checkout.disputes.models import order_dispute
from tallylight.checkout.models import customer_order
from tallylight.checkout.refunds.models import order_refunded
from tallylight.foundation.money import Money


async def end_dispute(
    connection: AsyncConnection, dispute_id: UUID, outcome: Literal["won", "lost"], *, now_us: int
) -> bool:
    """End an open dispute; False when there is none. The caller holds the order's row and takes back what was held of a
    lost one; what the bank took beyond that, as after a refund, is posted here as the brand's loss.
    """
    row = (
        await connection.execute(
            order_dispute.update()
            .where(order_dispute.c.id == dispute_id, order_dispute.c.ended_us.is_(None))
            .values(state=outcome, ended_us=now_us)
            .returning(order_dispute)
        )
    ).one_or_none()
    if row is None:
        return False
    number = await connection.scalar(sa.select(customer_order.c.number).where(customer_order.c.id == row.order_id))
    if row.hold_id is not None:
        await ledger.release_disputed(
            connection, row.hold_id, order_id=row.order_id, dispute_id=row.id,
            description=f"Dispute of order {number}: {outcome}", posted_us=now_us,
        )  # fmt: skip
    beyond = row.amount_minor - row.held_minor
    if outcome == "lost" and beyond:
        await ledger.adjust_disputed(
            connection, row.order_id, Money(beyond, row.currency),
            description=f"Dispute of order {number}: taken beyond what was left of it", posted_us=now_us,
        )  # fmt: skip
    await charge_fee(connection, dispute_id, now_us=now_us)
    if outcome == "lost" and not row.held_minor:
        # Nothing of it is taken back of the order, which is called disputed all the same.
        await connection.execute(
            order_refunded.update().where(order_refunded.c.order_id == row.order_id).values(standing="disputed")
        )
    return True


async def charge_fee(
    connection: AsyncConnection, dispute_id: UUID, *, now_us: int, currency: str | None = None
) -> None:
    """Book what of the provider's fee is not booked yet, or was given back. ``currency``: of one booked before."""
    row = (await connection.execute(sa.select(order_dispute).where(order_dispute.c.id == dispute_id))).one()
    change = row.fee_minor - row.fee_charged_minor
    if change:
        fee = Money(change, row.fee_currency or currency or row.currency)
        await ledger.charge_dispute(connection, row.order_id, fee, posted_us=now_us)
        await connection.execute(
            order_dispute.update()
            .where(order_dispute.c.id == dispute_id)
            .values(fee_charged_minor=row.fee_minor)
        )  # fmt: skip
