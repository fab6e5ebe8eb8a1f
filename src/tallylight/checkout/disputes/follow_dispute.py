"""Makes what holds of a dispute at its provider hold here, and asks again about those that stay open."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
import structlog

from tallylight import ledger
from tallylight.checkout.disputes.end_dispute import charge_fee, end_dispute
from tallylight.checkout.disputes.models import order_dispute
from tallylight.checkout.disputes.open_dispute import CHECK_AGAIN_US, dispute_id_of, open_dispute, reopen_dispute
from tallylight.checkout.models import customer_order
from tallylight.checkout.payments import Dispute, PaymentProvider
from tallylight.checkout.refunds.models import order_refund
from tallylight.checkout.refunds.schemas import RefundView, TakeBack
from tallylight.foundation.database import Database, row_dict
from tallylight.foundation.errors import ConflictError, NotFoundError, UnavailableError
from tallylight.foundation.ids import OrderId
from tallylight.foundation.money import Money

CHECKED_A_TURN = 20

_log = structlog.get_logger(__name__)

TakesBack = Callable[[UUID, OrderId, TakeBack], Awaitable[RefundView]]
"""The sale desk's way to take something of a shop's order back."""


async def follow_dispute(
    database: Database,
    provider: PaymentProvider,
    reference: str,
    shop_id: UUID,
    order_id: OrderId,
    take_back: TakesBack,
    *,
    now_us: int,
) -> str | None:
    """Ask ``provider`` about its dispute ``reference`` and act on the answer; why nothing can be done, if so.

    Safe to repeat and to race. Raises UnavailableError when the provider or the desk does not answer.
    """
    told = await provider.find_dispute(reference)
    if told is None:
        return "the provider knows of no such dispute"
    if told.state == "inquiry":
        return "the bank only asks; no money was taken"
    try:
        async with database.transaction() as connection:
            await open_dispute(connection, provider.name, order_id, told, now_us=now_us)
    except ConflictError as refusal:
        return refusal.message
    await _note(database, provider.name, told, now_us)
    row = await _row(database, dispute_id_of(provider.name, told.id))
    if row["ended_us"] is not None:
        if told.state not in ("won", "lost") or told.state == row["state"]:
            return None
        if await _flip(database, row, told, now_us=now_us):
            return None
        await _note(database, provider.name, told, now_us)
        row = await _row(database, row["id"])
    if told.state == "won":
        await _end(database, row, "won", now_us=now_us)
    elif told.state == "lost":
        await _lose(database, row, shop_id, take_back, now_us=now_us)
    return None


async def check_disputes(
    database: Database, providers: Mapping[str, PaymentProvider], take_back: TakesBack, *, now_us: int
) -> int:
    """Ask about open disputes that nobody told of for CHECK_AGAIN_US, at most CHECKED_A_TURN; how many have ended."""
    async with database.transaction() as connection:
        due = (
            sa.select(order_dispute.c.id)
            .where(order_dispute.c.ended_us.is_(None), order_dispute.c.next_check_us <= now_us)
            .order_by(order_dispute.c.next_check_us)
            .limit(CHECKED_A_TURN)
            .with_for_update(skip_locked=True)
        )
        rows = (
            await connection.execute(
                order_dispute.update()
                .where(order_dispute.c.id.in_(due), customer_order.c.id == order_dispute.c.order_id)
                .values(next_check_us=now_us + CHECK_AGAIN_US)
                .returning(
                    order_dispute.c.id, order_dispute.c.order_id, order_dispute.c.provider,
                    order_dispute.c.reference, customer_order.c.shop_id,
                )
            )
        ).all()  # fmt: skip
    ended = 0
    for row in rows:
        provider = providers.get(row.provider)
        if provider is None:
            continue
        try:
            order_id = OrderId(row.order_id)
            await follow_dispute(database, provider, row.reference, row.shop_id, order_id, take_back, now_us=now_us)
        except (UnavailableError, ConflictError, NotFoundError) as problem:
            _log.warning("an open dispute could not be followed", dispute_id=str(row.id), code=problem.code)
            continue
        ended += (await _row(database, row.id))["ended_us"] is not None
    return ended


async def mark_evidence_sent(database: Database, dispute_id: UUID, person_id: UUID | None, *, now_us: int) -> None:
    """Somebody sent the bank evidence; again changes nothing. Raises NotFoundError, ConflictError when it has ended."""
    async with database.transaction() as connection:
        changed = await connection.execute(
            order_dispute.update()
            .where(order_dispute.c.id == dispute_id, order_dispute.c.state == "opened")
            .values(state="evidence_sent", evidence_us=now_us, evidence_by=person_id)
        )
        if changed.rowcount:
            return
        state = await connection.scalar(sa.select(order_dispute.c.state).where(order_dispute.c.id == dispute_id))
    if state is None:
        raise NotFoundError("there is no such dispute")
    if state != "evidence_sent":
        raise ConflictError(f"the dispute is {state}; the bank takes no more evidence", state=state)


async def _note(database: Database, provider: str, told: Dispute, now_us: int) -> None:
    """What an open dispute's provider says of it now: that it has evidence, by when it takes any, its fee."""
    values: dict[str, object] = {"next_check_us": now_us + CHECK_AGAIN_US, "due_us": told.due_us}
    if told.fee is not None and told.fee.minor > 0:
        values |= {"fee_minor": told.fee.minor, "fee_currency": told.fee.currency}
    else:
        values |= {"fee_minor": 0, "fee_currency": None}
    still = sa.and_(order_dispute.c.id == dispute_id_of(provider, told.id), order_dispute.c.ended_us.is_(None))
    async with database.transaction() as connection:
        await connection.execute(order_dispute.update().where(still).values(**values))
    if told.state == "evidence_sent":
        try:
            await mark_evidence_sent(database, dispute_id_of(provider, told.id), None, now_us=now_us)
        except ConflictError:
            return  # told late: it has ended


async def _row(database: Database, dispute_id: UUID) -> dict[str, Any]:
    async with database.reading() as connection:
        found = await connection.execute(sa.select(order_dispute).where(order_dispute.c.id == dispute_id))
        return row_dict(found.one())


async def _flip(database: Database, dispute: Mapping[str, Any], told: Dispute, *, now_us: int) -> bool:
    """A bank may change its last word. What was taken back of the order stays so, for its budgets may be spent by now:
    the money is the brand's adjustment, one way or the other; True. What was won before is open again, to be lost.
    """
    order = sa.select(customer_order.c.number).where(customer_order.c.id == dispute["order_id"])
    async with database.transaction() as connection:
        number = await connection.scalar(order.with_for_update(key_share=True))
        taken_back = await connection.scalar(sa.select(sa.exists().where(order_refund.c.id == dispute["id"])))
        fee = {} if told.fee is None else {"fee_minor": told.fee.minor, "fee_currency": told.fee.currency}
        if told.state == "lost" and not taken_back:
            await reopen_dispute(connection, dispute["id"], now_us=now_us)
            return False
        changed = await connection.execute(
            order_dispute.update()
            .where(order_dispute.c.id == dispute["id"], order_dispute.c.state == dispute["state"])
            .values(state=told.state, ended_us=now_us, **(fee or {"fee_minor": 0, "fee_currency": None}))
        )
        if changed.rowcount:
            sign = 1 if told.state == "lost" else -1
            await ledger.adjust_disputed(
                connection, dispute["order_id"], Money(sign * dispute["amount_minor"], dispute["currency"]),
                description=f"Dispute of order {number}: {told.state} after all", posted_us=now_us,
            )  # fmt: skip
            await charge_fee(connection, dispute["id"], currency=dispute["fee_currency"], now_us=now_us)
    return True


async def _end(database: Database, dispute: Mapping[str, Any], outcome: Literal["won", "lost"], *, now_us: int) -> None:
    order = sa.select(customer_order.c.id).where(customer_order.c.id == dispute["order_id"])
    async with database.transaction() as connection:
        await connection.execute(order.with_for_update(key_share=True))
        await end_dispute(connection, dispute["id"], outcome, now_us=now_us)


async def _lose(
    database: Database, dispute: Mapping[str, Any], shop_id: UUID, take_back: TakesBack, *, now_us: int
) -> None:
    """Take what was held of the order back; the desk ends the dispute in the same transaction."""
    if not dispute["held_minor"]:
        await _end(database, dispute, "lost", now_us=now_us)
        return
    asked = TakeBack(
        id=dispute["id"], kind="chargeback", reason=f"The bank took it back: {dispute['reason']}",
        amount=Money(dispute["held_minor"], dispute["currency"]),
    )  # fmt: skip
    await take_back(shop_id, OrderId(dispute["order_id"]), asked)
