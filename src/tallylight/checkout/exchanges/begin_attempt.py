"""Begins a try to pay the difference of an exchange: one at a time, each under a key of its own.

A card that was refused is no end: the buyer may take another. So a try before is let go of at its provider first, and
what a provider tells of it later finds its order by its key.
"""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import msgspec
import sqlalchemy as sa

from tallylight.checkout.exchanges.models import exchange_attempt, order_exchange
from tallylight.checkout.exchanges.queries import OF_ORDER
from tallylight.checkout.models import customer_order, payment
from tallylight.checkout.payments import Charge, PaymentProvider
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money

CLAIM_US = 90 * MICROSECONDS
"""How long a try has the exchange for itself: longer than a provider's answers may take."""
ATTEMPTS_MAX = 50


class Attempt(msgspec.Struct, frozen=True):
    """``paid``: the try before was not in vain, nothing more is to be paid."""

    shop_id: UUID
    key: UUID
    amount: Money
    paid: Charge | None = None


async def begin_attempt(
    database: Database, providers: Mapping[str, PaymentProvider], order_id: UUID, provider: PaymentProvider, now_us: int
) -> Attempt:
    """A new try by ``provider`` to pay for the order, or the one before if its bank has said yes meanwhile.

    ``end_attempt`` ends it. Raises NotFoundError, ConflictError (not to be paid any more, another try is under way),
    UnavailableError when the provider of the try before does not answer.
    """
    row = await _claim(database, order_id, now_us)
    try:
        return await _begin(database, providers, row, order_id, provider, now_us)
    except BaseException:
        await end_attempt(database, order_id)
        raise


async def _begin(
    database: Database,
    providers: Mapping[str, PaymentProvider],
    row: "sa.Row[Any]",
    order_id: UUID,
    provider: PaymentProvider,
    now_us: int,
) -> Attempt:
    if row.charge_key is not None and row.provider in providers:
        before, key = providers[row.provider], str(row.charge_key)
        charge = await before.find(key)
        if charge is not None and charge.state in ("authorised", "captured"):
            return Attempt(row.shop_id, row.charge_key, Money(row.amount_minor, row.currency), charge)
        await before.void(key)
    new_key = new_id()
    async with database.transaction() as connection:
        await connection.execute(exchange_attempt.insert().values(key=new_key, order_id=order_id))
        await connection.execute(
            order_exchange.update().where(order_exchange.c.order_id == order_id).values(charge_key=new_key)
        )
        await connection.execute(
            payment.update()
            .where(payment.c.order_id == order_id)
            .values(provider=provider.name, reference=str(new_key), changed_us=now_us)
        )
    return Attempt(row.shop_id, new_key, Money(row.amount_minor, row.currency))


async def end_attempt(database: Database, order_id: UUID) -> None:
    """Another try may begin."""
    async with database.transaction() as connection:
        await connection.execute(
            order_exchange.update().where(order_exchange.c.order_id == order_id).values(paying_until_us=None)
        )


async def forget_attempt(database: Database, order_id: UUID, key: UUID) -> None:
    """The try ``key`` has failed for good: its provider need not be asked about it again, and again."""
    async with database.transaction() as connection:
        await connection.execute(
            order_exchange.update()
            .where(order_exchange.c.order_id == order_id, order_exchange.c.charge_key == key)
            .values(charge_key=None)
        )


async def _claim(database: Database, order_id: UUID, now_us: int) -> "sa.Row[Any]":
    async with database.transaction() as connection:
        row = (
            await connection.execute(
                sa.select(
                    customer_order.c.shop_id, customer_order.c.state, customer_order.c.hold_expires_us,
                    order_exchange.c.charge_key, order_exchange.c.paying_until_us,
                    payment.c.provider, payment.c.amount_minor, payment.c.currency,
                )
                .join(order_exchange, OF_ORDER)
                .join(payment, payment.c.order_id == customer_order.c.id)
                .where(customer_order.c.id == order_id)
                .with_for_update(of=order_exchange)
            )
        ).one_or_none()  # fmt: skip
        if row is None:
            raise NotFoundError("nothing is to be paid for this order here")
        if row.state != "payment_pending" or row.hold_expires_us <= now_us:
            raise ConflictError("this exchange is not to be paid any more; ask the shop for a new one", state=row.state)
        if row.paying_until_us is not None and row.paying_until_us > now_us:
            raise ConflictError("a payment for this exchange is under way; wait a minute and look again")
        tries = sa.select(sa.func.count()).where(exchange_attempt.c.order_id == order_id)
        if (await connection.scalar(tries) or 0) >= ATTEMPTS_MAX:
            raise ConflictError("too many cards were tried; ask the shop for a new exchange")
        await connection.execute(
            order_exchange.update()
            .where(order_exchange.c.order_id == order_id)
            .values(paying_until_us=now_us + CLAIM_US)
        )
        return cast("sa.Row[Any]", row)
