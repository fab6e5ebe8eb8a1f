"""Reads of disputes."""

from collections.abc import Collection
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.disputes.models import order_dispute
from tallylight.checkout.disputes.schemas import DisputeStanding, DisputeView
from tallylight.checkout.models import customer_order
from tallylight.checkout.refunds.models import order_refund
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.money import Money


async def disputes_of_order(connection: AsyncConnection, order_id: UUID) -> list[DisputeView]:
    """Every dispute of the order, the first first."""
    rows = await connection.execute(
        sa.select(order_dispute)
        .where(order_dispute.c.order_id == order_id)
        .order_by(order_dispute.c.opened_us, order_dispute.c.id)
    )
    return [
        DisputeView(
            row.id, row.provider, row.reference, row.reason, row.state, Money(row.amount_minor, row.currency),
            Money(row.held_minor, row.currency), Money(row.fee_minor, row.fee_currency) if row.fee_minor else None,
            row.opened_us, row.evidence_us, row.ended_us, row.due_us,
        )
        for row in rows
    ]  # fmt: skip


async def disputes_beside(connection: AsyncConnection, dispute_id: UUID) -> list[DisputeView]:
    """Every dispute of the order that ``dispute_id`` is of."""
    order_id = await connection.scalar(sa.select(order_dispute.c.order_id).where(order_dispute.c.id == dispute_id))
    return [] if order_id is None else await disputes_of_order(connection, order_id)


async def dispute_states(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, DisputeStanding]:
    """The state of the newest dispute of those orders that have one."""
    rows = await connection.execute(
        sa.select(order_dispute.c.order_id, order_dispute.c.state)
        .where(order_dispute.c.order_id.in_(list(order_ids)))
        .order_by(order_dispute.c.opened_us, order_dispute.c.id)
    )
    return {row.order_id: row.state for row in rows}


async def shop_of_dispute(connection: AsyncConnection, dispute_id: UUID) -> UUID:
    """The shop whose order it is of. Raises NotFoundError."""
    shop_id: UUID | None = await connection.scalar(
        sa.select(customer_order.c.shop_id)
        .join(order_dispute, order_dispute.c.order_id == customer_order.c.id)
        .where(order_dispute.c.id == dispute_id)
    )
    if shop_id is None:
        raise NotFoundError("there is no such dispute")
    return shop_id


def has_open_dispute(order_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether the bank has not decided about a dispute of the order yet."""
    return sa.exists().where(order_dispute.c.order_id == order_id, order_dispute.c.ended_us.is_(None))


def was_disputed(order_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    """Whether the order has a dispute, open or ended, or a chargeback that was booked without one."""
    return sa.or_(
        sa.exists().where(order_dispute.c.order_id == order_id),
        sa.exists().where(order_refund.c.order_id == order_id, order_refund.c.kind == "chargeback"),
    )
