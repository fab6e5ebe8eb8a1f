"""Gives back the money of orders that lost: another buyer paid first. Tried until the provider has done it."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
import structlog

from tallylight.checkout.exchanges.queries import charge_key_of
from tallylight.checkout.models import customer_order, payment
from tallylight.checkout.payments import PaymentProvider
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, UnavailableError

LOST_A_TURN = 200

_log = structlog.get_logger(__name__)


async def return_money(provider: PaymentProvider, key: str) -> str:
    """Let go of what was authorised as ``key``, or send back what was captured, once. The payment's state then.

    Raises UnavailableError when the provider does not answer, ConflictError when it refuses.
    """
    charge = await provider.find(key)
    if charge is not None and charge.state == "captured":
        await provider.refund(key, charge.amount, key)
        return "refunded"
    if charge is not None and charge.state in ("authorised", "challenged"):
        await provider.void(key)
    return "voided"


async def return_lost(database: Database, providers: Mapping[str, PaymentProvider], *, now_us: int) -> int:
    """Give back what is still owed to buyers whose orders lost, at most LOST_A_TURN; to how many. Safe to repeat and
    to run in several processes: the provider does each once.
    """
    async with database.reading() as connection:
        owed = sa.select(customer_order.c.id, payment.c.provider).join(
            payment, payment.c.order_id == customer_order.c.id
        )
        rows = (await connection.execute(owed.where(customer_order.c.owes_back).limit(LOST_A_TURN))).all()
    returned = 0
    for row in rows:
        if row.provider in providers:
            returned += await return_one(database, providers[row.provider], row.id, now_us=now_us)
    return returned


async def return_one(database: Database, provider: PaymentProvider, order_id: UUID, *, now_us: int) -> bool:
    """Try to give one lost order's money back; whether nothing is owed any more."""
    async with database.reading() as connection:
        key = await charge_key_of(connection, order_id)
    try:
        state = await return_money(provider, str(key))
    except (UnavailableError, ConflictError) as problem:
        _log.warning("a lost order's money could not be given back yet", order_id=str(order_id), code=problem.code)
        return False
    async with database.transaction() as connection:
        await connection.execute(customer_order.update().where(customer_order.c.id == order_id).values(owes_back=False))
        await connection.execute(
            payment.update().where(payment.c.order_id == order_id).values(state=state, changed_us=now_us)
        )
    return True
