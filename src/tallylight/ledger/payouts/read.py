"""Reads of payouts: the batches of a shop, and one with all that its transfer file needs."""

from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.ledger.closed_statements.models import statement
from tallylight.ledger.models import party
from tallylight.ledger.payouts.bank_accounts import BankAccount, accounts_by_id
from tallylight.ledger.payouts.models import payout, payout_batch, payout_return
from tallylight.ledger.queries import iso_time

BATCHES_MAX = 200


class PayoutLine(msgspec.Struct, frozen=True, kw_only=True):
    """One payout. ``reference`` is what both banks show; ``statement_number`` of its party."""

    statement_id: UUID
    statement_number: int
    party_name: str
    transfer_id: UUID
    amount: Money
    reference: str
    account: BankAccount


class PayoutBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Payouts of one day, from one account, in one currency."""

    id: UUID
    number: int
    pay_on: date
    made_us: int
    debtor: BankAccount
    payouts: list[PayoutLine]
    total: Money


class BatchLine(msgspec.Struct, frozen=True, kw_only=True):
    """A batch as a line of a list. ``returned``: how many of its payouts the bank has sent back."""

    id: UUID
    number: int
    pay_on: date
    made_at: str
    payouts: int
    total: Money
    returned: int


async def batches_of_shop(connection: AsyncConnection, shop_id: ShopId) -> list[BatchLine]:
    """The shop's newest batches, newest first."""
    rows = await connection.execute(
        sa.select(
            payout_batch,
            sa.func.count(payout.c.statement_id).label("payouts"),
            sa.func.sum(payout.c.amount_minor).label("total"),
            sa.func.count(payout_return.c.nth).label("returned"),
        )
        .join(payout, payout.c.batch_id == payout_batch.c.id)
        .outerjoin(
            payout_return,
            sa.and_(payout_return.c.statement_id == payout.c.statement_id, payout_return.c.nth == payout.c.nth),
        )
        .where(payout_batch.c.shop_id == shop_id)
        .group_by(payout_batch.c.id)
        .order_by(payout_batch.c.number.desc())
        .limit(BATCHES_MAX)
    )
    return [
        BatchLine(
            id=row.id, number=row.number, pay_on=row.pay_on, made_at=iso_time(row.made_us), payouts=row.payouts,
            total=Money(int(row.total), row.currency), returned=row.returned,
        )
        for row in rows
    ]  # fmt: skip


async def payout_batch_of(connection: AsyncConnection, shop_id: ShopId, batch_id: UUID) -> PayoutBatch:
    """One batch, whole. Raises NotFoundError."""
    head = (
        await connection.execute(
            sa.select(payout_batch).where(payout_batch.c.id == batch_id, payout_batch.c.shop_id == shop_id)
        )
    ).one_or_none()
    if head is None:
        raise NotFoundError("there is no such payout")
    rows = (
        await connection.execute(
            sa.select(payout, statement.c.number, party.c.name)
            .join(statement, statement.c.id == payout.c.statement_id)
            .join(party, party.c.id == statement.c.party_id)
            .where(payout.c.batch_id == batch_id)
            .order_by(party.c.name, payout.c.statement_id)
        )
    ).all()
    accounts = await accounts_by_id(connection, [head.debtor_account_id, *(row.bank_account_id for row in rows)])
    lines = [
        PayoutLine(
            statement_id=row.statement_id, statement_number=row.number, party_name=row.name,
            transfer_id=row.transfer_id, amount=Money(row.amount_minor, head.currency), reference=row.reference,
            account=accounts[row.bank_account_id],
        )
        for row in rows
    ]  # fmt: skip
    return PayoutBatch(
        id=head.id, number=head.number, pay_on=head.pay_on, made_us=head.made_us,
        debtor=accounts[head.debtor_account_id], payouts=lines,
        total=Money(sum(line.amount.minor for line in lines), head.currency),
    )  # fmt: skip
