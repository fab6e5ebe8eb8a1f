"""Releases reserves whose days are over: what refunds have left of each goes back to the party it was held from."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.ledger.models import charge, entry, fee_rule, reversal, transfer
from tallylight.ledger.reverse_transfer import amounts_left, lock_order, reverse_transfer

DAY_US = 86_400_000_000
RELEASED_A_TURN = 200


async def release_reserves(connection: AsyncConnection, *, now_us: int, limit: int = RELEASED_A_TURN) -> int:
    """Release up to ``limit`` reserves that are due at wall time ``now_us``; how many. Safe to repeat and to race."""
    taken = sa.select(reversal.c.transfer_id).where(reversal.c.reverses == transfer.c.id).correlate(transfer)
    held = (
        sa.select(sa.func.sum(sa.func.abs(entry.c.amount_minor)))
        .where(entry.c.transfer_id == transfer.c.id)
        .correlate(transfer)
        .scalar_subquery()
    )
    gone = (
        sa.select(sa.func.coalesce(sa.func.sum(sa.func.abs(entry.c.amount_minor)), 0))
        .where(entry.c.transfer_id.in_(taken))
        .correlate(transfer)
        .scalar_subquery()
    )
    due = await connection.execute(
        sa.select(transfer.c.id, transfer.c.order_id, transfer.c.description)
        .join(charge, charge.c.transfer_id == transfer.c.id)
        .join(fee_rule, fee_rule.c.id == charge.c.rule_id)
        .where(
            transfer.c.kind == "reserve",
            transfer.c.posted_us + fee_rule.c.hold_days * sa.literal(DAY_US, sa.BigInteger) <= now_us,
            held > gone,
        )
        .order_by(transfer.c.order_id)
        .limit(limit)
    )
    released = 0
    for row in due.all():
        await lock_order(connection, row.order_id)
        left = await amounts_left(connection, row.id)
        amounts = {key: abs(minor) for key, minor in left.items()}
        # Named after the reserve itself, so that it is released once whoever tries.
        done = await reverse_transfer(
            connection, row.id, amounts, refund_id=row.id, kind="reserve_release",
            description=f"{row.description}: released", posted_us=now_us,
        )  # fmt: skip
        released += done is not None
    return released
