"""Reads of what was taken back of orders."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import customer_order, order_line
from tallylight.checkout.refunds.left import History, order_left
from tallylight.checkout.refunds.models import order_refund, order_refund_line, order_refunded
from tallylight.checkout.refunds.schemas import LineLeftView, RefundView, Standing
from tallylight.checkout.refunds.views import refund_view
from tallylight.deals import Quote
from tallylight.foundation.database import row_dict
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.money import Money


async def refunds_of_order(connection: AsyncConnection, order_id: UUID) -> list[RefundView]:
    """Every refund of the order, the first first."""
    rows = (
        await connection.execute(
            sa.select(order_refund).where(order_refund.c.order_id == order_id).order_by(order_refund.c.nth)
        )
    ).all()
    lines = (
        await connection.execute(
            sa.select(order_refund_line)
            .where(order_refund_line.c.refund_id.in_([row.id for row in rows]))
            .order_by(order_refund_line.c.position)
        )
    ).all()
    return [refund_view(row_dict(row), [row_dict(line) for line in lines if line.refund_id == row.id]) for row in rows]


async def refund_by_id(connection: AsyncConnection, refund_id: UUID) -> RefundView:
    """Raises NotFoundError."""
    row = (await connection.execute(sa.select(order_refund).where(order_refund.c.id == refund_id))).one_or_none()
    if row is None:
        raise NotFoundError("there is no such refund")
    lines = await connection.execute(
        sa.select(order_refund_line)
        .where(order_refund_line.c.refund_id == refund_id)
        .order_by(order_refund_line.c.position)
    )
    return refund_view(row_dict(row), [row_dict(line) for line in lines])


async def shop_of_refund(connection: AsyncConnection, refund_id: UUID) -> UUID:
    """The shop whose order it is of. Raises NotFoundError."""
    shop_id: UUID | None = await connection.scalar(
        sa.select(customer_order.c.shop_id)
        .join(order_refund, order_refund.c.order_id == customer_order.c.id)
        .where(order_refund.c.id == refund_id)
    )
    if shop_id is None:
        raise NotFoundError("there is no such refund")
    return shop_id


async def left_of_order(connection: AsyncConnection, order_id: UUID, quote: Quote) -> list[LineLeftView]:
    """What can still be taken back, line by line."""
    lines = await _rows(
        connection, sa.select(order_line).where(order_line.c.order_id == order_id).order_by(order_line.c.position)
    )
    refunds = await _rows(
        connection, sa.select(order_refund).where(order_refund.c.order_id == order_id).order_by(order_refund.c.nth)
    )
    of_order = sa.select(order_refund.c.id).where(order_refund.c.order_id == order_id)
    taken = await _rows(connection, sa.select(order_refund_line).where(order_refund_line.c.refund_id.in_(of_order)))
    products = {line["position"]: line["product_id"] for line in lines}
    currency = quote.total.currency
    return [
        LineLeftView(line.position, products[line.position], line.pieces, Money(line.net_minor, currency))
        for line in order_left(History(quote, lines, [], refunds, taken, [])).lines
    ]


async def _rows(connection: AsyncConnection, statement: sa.Select[Any]) -> list[dict[str, Any]]:
    return [row_dict(row) for row in await connection.execute(statement)]


async def refunded_of(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, tuple[Standing, int]]:
    """(standing, minor units given back) of those orders of which something was taken back."""
    rows = await connection.execute(sa.select(order_refunded).where(order_refunded.c.order_id.in_(list(order_ids))))
    return {row.order_id: (row.standing, row.refunded_minor) for row in rows}
