"""Sends refunded money back by the provider that took it: once, however often it is tried.

The refund's id is the provider's idempotency key. A provider that does not answer is asked again later; one that
refuses leaves the refund ``failed``, with its reason, for a person to look at and to try again.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from tallylight.checkout.models import payment
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

_log = structlog.get_logger(__name__)


class _Due(msgspec.Struct, frozen=True):
    refund_id: UUID
    order_id: UUID
    amount: Money
    tries: int
    provider: str


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
    provider = None if due is None else providers.get(due.provider)
    if due is None or provider is None:
        return False
    try:
        reference = await provider.refund(str(due.order_id), due.amount, str(refund_id))
    except UnavailableError:
        await _later(database, due, now_us)
        return False
    except TallyError as refusal:
        _log.warning("a refund was refused by its provider", refund_id=str(refund_id), code=refusal.code)
        await _note(database, refund_id, money="failed", problem=refusal.message[:PROBLEM_MAX])
        return False
    await _note(database, refund_id, money="sent", reference=reference, problem=None)
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
                    payment.c.order_id == order_refund.c.order_id,
                )
                .values(next_try_us=now_us + CLAIM_US, tries=order_refund.c.tries + 1)
                .returning(
                    order_refund.c.order_id, order_refund.c.amount_minor, order_refund.c.currency,
                    order_refund.c.tries, payment.c.provider,
                )
            )
        ).one_or_none()  # fmt: skip
    if row is None:
        return None
    return _Due(refund_id, row.order_id, Money(row.amount_minor, row.currency), row.tries, row.provider)


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
