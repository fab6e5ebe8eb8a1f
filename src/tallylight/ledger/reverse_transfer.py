"""Takes a posted transfer back, in part or in full, by another transfer. The database refuses more than was posted."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import new_id
from tallylight.ledger.models import entry, reversal, transfer
from tallylight.ledger.post_transfers import post_transfers
from tallylight.ledger.reversal_rules import ReversalTooLargeError
from tallylight.ledger.types import NewEntry, NewTransfer, TransferKind


async def amounts_left(connection: AsyncConnection, transfer_id: UUID) -> dict[tuple[UUID, str], int]:
    """(account, currency) to what was posted less what was taken back, signed as posted; by account."""
    back = sa.select(reversal.c.transfer_id).where(reversal.c.reverses == transfer_id)
    reinstated = sa.select(reversal.c.transfer_id).where(reversal.c.reverses.in_(back))
    # One set of ids and no OR: so each of the few transfers is found by its key.
    all_of_it = sa.union_all(sa.select(sa.literal(transfer_id, sa.Uuid)), back, reinstated)
    rows = await connection.execute(
        sa.select(entry.c.account_id, entry.c.currency, sa.func.sum(entry.c.amount_minor).label("left"))
        .where(entry.c.transfer_id.in_(all_of_it))
        .group_by(entry.c.account_id, entry.c.currency)
        .order_by(entry.c.account_id, entry.c.currency)
    )
    return {(row.account_id, row.currency): int(row.left) for row in rows}


async def reverse_transfer(
    connection: AsyncConnection,
    transfer_id: UUID,
    amounts: Mapping[tuple[UUID, str], int],
    *,
    refund_id: UUID,
    kind: TransferKind,
    description: str,
    posted_us: int,
) -> UUID | None:
    """Post a transfer that takes ``amounts`` (>= 0 an account and currency) back, and return its id.

    None when all amounts are 0. Who may meet another reversal of the same order takes ``lock_order`` first. Raises
    NotFoundError, ReversalTooLargeError, and UnbalancedTransferError when the amounts taken from debits and credits
    differ. ``refund_id`` says what it was done for; one refund reverses a transfer once (IntegrityError).
    """
    found = (
        await connection.execute(
            sa.select(
                transfer.c.shop_id,
                transfer.c.order_id,
                transfer.c.at_us,
                sa.select(sa.func.count()).where(reversal.c.reverses == transfer_id).scalar_subquery().label("before"),
            ).where(transfer.c.id == transfer_id)
        )
    ).one_or_none()
    if found is None:
        raise NotFoundError("there is no such transfer")
    left = await amounts_left(connection, transfer_id)
    entries = []
    for (account_id, currency), amount in amounts.items():
        have = left.get((account_id, currency), 0)
        if not 0 <= amount <= abs(have):
            raise ReversalTooLargeError(
                "more would be given back than is left of what was posted; choose a smaller amount"
            )
        if amount:
            entries.append(NewEntry(account_id, currency, -amount if have > 0 else amount))
    if not entries:
        return None
    new = NewTransfer(
        id=new_id(),
        shop_id=found.shop_id,
        kind=kind,
        description=description,
        entries=tuple(entries),
        posted_us=posted_us,
        order_id=found.order_id,
        at_us=found.at_us,
    )
    await post_transfers(connection, [new])
    await connection.execute(
        reversal.insert().values(transfer_id=new.id, reverses=transfer_id, nth=found.before + 1, refund_id=refund_id)
    )
    return new.id


async def lock_order(connection: AsyncConnection, order_id: UUID) -> None:
    """Let nobody else reverse or charge this order until the transaction ends."""
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"books:{order_id}", 0))))
