"""Reads of exchanges."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.exchanges.models import exchange_attempt, order_exchange
from tallylight.checkout.exchanges.schemas import ExchangeView
from tallylight.checkout.exchanges.views import exchange_view
from tallylight.checkout.models import customer_order, quote_of_order
from tallylight.foundation.database import row_dict

OF_ORDER = order_exchange.c.order_id == customer_order.c.id
"""Joins an order that was got in exchange."""
CHARGE_KEY = sa.func.coalesce(order_exchange.c.charge_key, customer_order.c.id).label("charge_key")
"""What an order's provider knows its charge by, beside ``outerjoin(order_exchange, OF_ORDER)``."""
UNASKED = sa.and_(order_exchange.c.order_id.is_not(None), order_exchange.c.charge_key.is_(None))
"""An exchange that nobody is trying to pay for: no provider is to be asked about it."""


def has_charge(key: UUID) -> sa.ColumnElement[bool]:
    """Whether ``key`` is of a try to pay for the order, the newest or one before."""
    tried = sa.select(exchange_attempt.c.order_id).where(exchange_attempt.c.key == key)
    return sa.or_(customer_order.c.id == key, customer_order.c.id.in_(tried))


async def charge_key_of(connection: AsyncConnection, order_id: UUID) -> UUID | None:
    """What the order's provider knows its newest charge by; None when there is no such order."""
    key: UUID | None = await connection.scalar(
        sa.select(CHARGE_KEY)
        .select_from(customer_order)
        .outerjoin(order_exchange, OF_ORDER)
        .where(customer_order.c.id == order_id)
    )
    return key


async def was_got_in_exchange(connection: AsyncConnection, order_id: UUID) -> bool:
    """Whether the order was not bought in its show, but got for pieces of another one."""
    return bool(await connection.scalar(sa.select(sa.exists().where(order_exchange.c.order_id == order_id))))


async def exchanges_of(connection: AsyncConnection, order_id: UUID) -> list[ExchangeView]:
    """Every exchange of the order's pieces, and the one by which the order itself was got; the first first."""
    old = customer_order.alias("old")
    rows = await connection.execute(
        sa.select(
            order_exchange, customer_order.c.number, customer_order.c.state, customer_order.c.total_minor,
            customer_order.c.hold_expires_us, quote_of_order, old.c.number.label("of_number"),
        )
        .join(customer_order, OF_ORDER)
        .join(old, old.c.id == order_exchange.c.of_order_id)
        .where(sa.or_(order_exchange.c.of_order_id == order_id, order_exchange.c.order_id == order_id))
        .order_by(customer_order.c.number)
    )  # fmt: skip
    return [exchange_view(row_dict(row), str(row.of_number)) for row in rows]
