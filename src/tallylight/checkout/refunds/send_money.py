"""Sends refunded money back by the provider that took it: once, however often it is tried.

The refund's id is the provider's idempotency key; where several payments paid for an order, each part has its own. A
provider that does not answer is asked again later; one that refuses leaves the refund ``failed``, with its reason, for
a person to look at and to try again.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.exchanges.models import order_exchange, order_refund_part
from tallylight.checkout.exchanges.queries import CHARGE_KEY, OF_ORDER
from tallylight.checkout.models import customer_order, payment
from tallylight.checkout.payments import PaymentProvider
from tallylight.checkout.refunds.models import order_refund
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, TallyError, UnavailableError
from tallylight.foundation.money import Money

TRIES_MAX = 20
CLAIM_US = 60 * MICROSECONDS
"""How long a try has the refund for itself: far longer than a provider's answer may take."""
FIRST_WAIT_US = 5 * MICROSECONDS
WAIT_US_MAX = 3_600 * MICROSECONDS
DUE_A_TURN = 50
PROBLEM_MAX = 200

_CHARGE = (
    sa.select(payment.c.provider, CHARGE_KEY)
    .select_from(customer_order)
    .join(payment, payment.c.order_id == customer_order.c.id)
    .outerjoin(order_exchange, OF_ORDER)
)

_log = structlog.get_logger(__name__)


class _Part(msgspec.Struct, frozen=True):
    """What goes back from one charge; ``refund_key`` tells it from other refunds of that charge."""

    provider: str
    charge_key: str
    amount: Money
    refund_key: str


class _Due(msgspec.Struct, frozen=True):
    refund_id: UUID
    tries: int
    parts: list[_Part]


async def send_due(database: Database, providers: Mapping[str, PaymentProvider], *, now_us: int) -> int:
    """Send what is due at ``now_us``, the longest overdue first, at most DUE_A_TURN; how many were sent."""
    async with database.reading() as connection:
        rows = await connection.scalars(
            sa.select(order_refund.c.id)
            .where(order_refund.c.money == "due", order_refund.c.next_try_us <= now_us)
            .order_by(order_refund.c.next_try_us)
            .limit(DUE_A_TURN)
        )
        refund_ids = list(rows)
    sent = 0
    for refund_id in refund_ids:
        sent += await send_one(database, providers, refund_id, now_us=now_us)
    return sent


async def send_one(
    database: Database, providers: Mapping[str, PaymentProvider], refund_id: UUID, *, now_us: int
) -> bool:
    """Try to send one refund that is due; whether it was sent now."""
    due = await _claim(database, refund_id, now_us)
    if due is None or any(part.provider not in providers for part in due.parts):
        return False
    try:
        references = [
            await providers[part.provider].refund(part.charge_key, part.amount, part.refund_key) for part in due.parts
        ]
    except UnavailableError:
        await _later(database, due, now_us)
        return False
    except TallyError as refusal:
        _log.warning("a refund was refused by its provider", refund_id=str(refund_id), code=refusal.code)
        await _note(database, refund_id, money="failed", problem=refusal.message[:PROBLEM_MAX])
        return False
    await _note(database, refund_id, money="sent", reference=", ".join(references), problem=None)
    return True


async def try_again(database: Database, refund_id: UUID, *, now_us: int) -> None:
    """Make a failed refund due. Raises ConflictError for one that did not fail."""
    async with database.transaction() as connection:
        changed = await connection.execute(
            order_refund.update()
            .where(order_refund.c.id == refund_id, order_refund.c.money == "failed")
            .values(money="due", tries=0, next_try_us=now_us, problem=None)
        )
    if not changed.rowcount:
        raise ConflictError("this refund's money did not fail to be sent")


async def _claim(database: Database, refund_id: UUID, now_us: int) -> _Due | None:
    """The refund, for CLAIM_US this caller's alone; None when it is not due."""
    async with database.transaction() as connection:
        row = (
            await connection.execute(
                order_refund.update()
                .where(
                    order_refund.c.id == refund_id,
                    order_refund.c.money == "due",
                    order_refund.c.next_try_us <= now_us,
                )
                .values(next_try_us=now_us + CLAIM_US, tries=order_refund.c.tries + 1)
                .returning(order_refund)
            )
        ).one_or_none()
        return None if row is None else _Due(refund_id, row.tries, await _parts(connection, row))


async def _parts(connection: AsyncConnection, refund: "sa.Row[Any]") -> list[_Part]:
    """From whose payments it goes back: the order's own, or where an exchange brought others, those that it says."""
    parts = (
        await connection.execute(
            sa.select(order_refund_part)
            .where(order_refund_part.c.refund_id == refund.id)
            .order_by(order_refund_part.c.charge_order_id)
        )
    ).all()
    going = {part.charge_order_id: part.amount_minor - part.credited_minor for part in parts}
    if not parts:
        going = {refund.order_id: refund.amount_minor - refund.credited_minor}
    found = []
    for charge_order_id, minor in going.items():
        if minor:
            charge = (await connection.execute(_CHARGE.where(customer_order.c.id == charge_order_id))).one()
            own = charge_order_id == refund.order_id
            refund_key = refund.id if own else uuid5(refund.id, str(charge_order_id))
            amount = Money(minor, refund.currency)
            found.append(_Part(charge.provider, str(charge.charge_key), amount, str(refund_key)))
    return found


async def _later(database: Database, due: _Due, now_us: int) -> None:
    if due.tries >= TRIES_MAX:
        await _note(database, due.refund_id, money="failed", problem="the payment provider did not answer")
        return
    wait_us = min(WAIT_US_MAX, FIRST_WAIT_US << (due.tries - 1))
    await _note(database, due.refund_id, next_try_us=now_us + wait_us)


async def _note(database: Database, refund_id: UUID, **values: object) -> None:
    async with database.transaction() as connection:
        await connection.execute(
            order_refund.update().where(order_refund.c.id == refund_id, order_refund.c.money == "due").values(**values)
        )
