"""Pays closed statements: posts each payout, and gathers them into a batch that a transfer file is made of."""

from datetime import date
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger.accounts import ensure_accounts, ensure_party
from tallylight.ledger.closed_statements.close import lock_statements
from tallylight.ledger.closed_statements.models import statement
from tallylight.ledger.models import party
from tallylight.ledger.payouts.bank_accounts import newest_accounts
from tallylight.ledger.payouts.models import collection, payout, payout_batch, payout_return
from tallylight.ledger.payouts.standing import standing_payout
from tallylight.ledger.post_transfers import post_transfers
from tallylight.ledger.types import AccountName, NewEntry, NewTransfer

PAYOUTS_A_BATCH = 1_000
NOTE_MAX = 140


class NothingToPayError(ConflictError):
    """No closed statement waits for a payout, or the account to pay it to or from is not known."""

    code = "nothing_to_pay"


class Made(msgspec.Struct, frozen=True):
    """A batch of payouts. ``without_account``: parties that wait because nobody said where to pay them."""

    batch_id: UUID
    payouts: int
    without_account: tuple[str, ...]


async def make_payouts(
    connection: AsyncConnection, shop_id: ShopId, *, currency: str, pay_on: date, made_by: UUID | None, now_us: int
) -> Made:
    """Pay every closed statement of the shop that is payable and unpaid, each exactly what its lines sum to.

    The transfer goes from the shop's bank account (the party of kind ``bank``). A party without a bank account waits.
    Raises NothingToPayError.
    """
    await lock_statements(connection, shop_id)
    bank = await ensure_party(connection, shop_id, "bank", "Bank")
    rows = await _unpaid(connection, shop_id, currency)
    accounts = await newest_accounts(connection, [bank.id, *(row.party_id for row in rows)])
    if bank.id not in accounts:
        raise NothingToPayError("say first which bank account payouts come from")
    waiting = tuple(sorted({row.name for row in rows if row.party_id not in accounts}))
    due = [row for row in rows if row.party_id in accounts][:PAYOUTS_A_BATCH]
    if not due:
        named = ", ".join(waiting[:5])
        raise NothingToPayError(
            f"say first where to pay {named}" if waiting else "no closed statement waits for a payout"
        )
    batch_id = await _batch(connection, shop_id, currency, accounts[bank.id].id, pay_on, made_by, now_us)
    for row in due:
        nth = row.returned + 1
        transfer_id = await _post(
            connection, shop_id, row.party_id, bank.id, currency, row.payable_minor, "payout",
            f"Payout of statement {row.number} to {row.name}", now_us,
        )  # fmt: skip
        await connection.execute(
            payout.insert().values(
                statement_id=row.id, nth=nth, batch_id=batch_id, transfer_id=transfer_id,
                amount_minor=row.payable_minor, bank_account_id=accounts[row.party_id].id,
                reference=row.id.hex if nth == 1 else f"{row.id.hex}-{nth}",
            )
        )  # fmt: skip
    return Made(batch_id, len(due), waiting)


async def record_collection(
    connection: AsyncConnection,
    shop_id: ShopId,
    statement_id: UUID,
    *,
    note: str,
    recorded_by: UUID | None,
    now_us: int,
) -> None:
    """A party has paid what its newest statement says it owes: nothing is carried forward.

    Raises NotFoundError, InvalidInputError, ConflictError for a statement that owes nothing, or is not the newest.
    """
    if not 1 <= len(note.strip()) <= NOTE_MAX:
        raise InvalidInputError(f"say in 1 to {NOTE_MAX} letters how it was paid", field="note")
    await lock_statements(connection, shop_id)
    row = (
        await connection.execute(
            sa.select(statement, party.c.name)
            .join(party, party.c.id == statement.c.party_id)
            .where(statement.c.id == statement_id, statement.c.shop_id == shop_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError("there is no such statement")
    newest = await connection.execute(
        sa.select(sa.func.max(statement.c.number)).where(
            statement.c.party_id == row.party_id, statement.c.currency == row.currency
        )
    )
    if row.payable_minor >= 0 or newest.scalar_one() != row.number:
        raise ConflictError("only a party's newest statement can be collected, and only when it owes something")
    paid = await connection.execute(sa.select(collection).where(collection.c.statement_id == statement_id))
    if paid.first() is not None:
        raise ConflictError("this statement is collected already")
    bank = await ensure_party(connection, shop_id, "bank", "Bank")
    transfer_id = await _post(
        connection, shop_id, row.party_id, bank.id, row.currency, row.payable_minor, "collection",
        f"Collection of statement {row.number} from {row.name}", now_us,
    )  # fmt: skip
    await connection.execute(
        collection.insert().values(
            statement_id=statement_id, transfer_id=transfer_id, amount_minor=-row.payable_minor, note=note.strip(),
            collected_us=now_us, recorded_by=recorded_by,
        )
    )  # fmt: skip


class _Unpaid(msgspec.Struct, frozen=True):
    """``returned``: how often the bank has sent it back."""

    id: UUID
    number: int
    party_id: UUID
    name: str
    payable_minor: int
    returned: int


async def _unpaid(connection: AsyncConnection, shop_id: ShopId, currency: str) -> list[_Unpaid]:
    standing = standing_payout()
    returns = (
        sa.select(sa.func.count())
        .where(payout_return.c.statement_id == statement.c.id)
        .scalar_subquery()
        .label("returned")
    )
    rows = await connection.execute(
        sa.select(
            statement.c.id, statement.c.number, statement.c.party_id, statement.c.payable_minor, party.c.name, returns
        )
        .join(party, party.c.id == statement.c.party_id)
        .outerjoin(standing, standing.c.statement_id == statement.c.id)
        .where(
            statement.c.shop_id == shop_id,
            statement.c.currency == currency,
            statement.c.payable_minor > 0,
            standing.c.statement_id.is_(None),
        )
        .order_by(statement.c.closed_us, statement.c.id)
    )
    return [_Unpaid(row.id, row.number, row.party_id, row.name, row.payable_minor, row.returned) for row in rows]


async def _batch(
    connection: AsyncConnection,
    shop_id: ShopId,
    currency: str,
    debtor_account_id: int,
    pay_on: date,
    made_by: UUID | None,
    now_us: int,
) -> UUID:
    newest = await connection.execute(
        sa.select(sa.func.max(payout_batch.c.number)).where(payout_batch.c.shop_id == shop_id)
    )
    batch_id = new_id()
    await connection.execute(
        payout_batch.insert().values(
            id=batch_id, shop_id=shop_id, number=(newest.scalar() or 0) + 1, currency=currency, pay_on=pay_on,
            debtor_account_id=debtor_account_id, made_us=now_us, made_by=made_by,
        )
    )  # fmt: skip
    return batch_id


async def _post(
    connection: AsyncConnection,
    shop_id: ShopId,
    party_id: UUID,
    bank_id: UUID,
    currency: str,
    payable_minor: int,
    kind: str,
    description: str,
    now_us: int,
) -> UUID:
    """What the party was owed (> 0) leaves the bank; what it owed (< 0) comes in."""
    theirs, cash = AccountName(party_id, "payout", currency), AccountName(bank_id, "cash", currency)
    ids = await ensure_accounts(connection, [theirs, cash])
    new = NewTransfer(
        id=new_id(), shop_id=shop_id, kind="payout" if kind == "payout" else "collection", description=description,
        entries=(
            NewEntry(ids[theirs], currency, payable_minor),
            NewEntry(ids[cash], currency, -payable_minor),
        ),
        posted_us=now_us,
    )  # fmt: skip
    await post_transfers(connection, [new])
    return new.id
