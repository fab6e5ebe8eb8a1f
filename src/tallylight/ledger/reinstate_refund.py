"""Takes a refund's postings back: a refund that the bank returned."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.ledger.models import reversal, reversed_line
from tallylight.ledger.reverse_transfer import amounts_left, lock_order, reverse_transfer


async def reinstate_refund(
    connection: AsyncConnection, order_id: UUID, refund_id: UUID, *, reinstatement_id: UUID, posted_us: int
) -> list[UUID]:
    """Post what ``refund_id`` took back again: sale, commission, fees and reserve; the ids of the transfers.

    What was charged for handling the refund stays. Afterwards the order can be refunded as if it had not been. Raises
    NotFoundError, and ConflictError when it was reinstated before.
    """
    await lock_order(connection, order_id)
    lines = (
        await connection.execute(
            sa.select(reversed_line).where(reversed_line.c.refund_id == refund_id, reversed_line.c.order_id == order_id)
        )
    ).all()
    if not lines:
        raise NotFoundError("there is no such refund of this order")
    taken = await connection.execute(
        sa.select(reversal.c.transfer_id).where(reversal.c.refund_id == refund_id).order_by(reversal.c.transfer_id)
    )
    made = []
    for transfer_id in taken.scalars().all():
        left = await amounts_left(connection, transfer_id)
        again = await reverse_transfer(
            connection, transfer_id, {key: abs(minor) for key, minor in left.items()}, refund_id=reinstatement_id,
            kind="reinstatement", description="Refund taken back", posted_us=posted_us,
        )  # fmt: skip
        if again is not None:
            made.append(again)
    if not made:
        raise ConflictError("this refund was taken back already")
    await connection.execute(
        reversed_line.insert().values(
            [
                {
                    "refund_id": reinstatement_id,
                    "order_id": order_id,
                    "position": line.position,
                    "subtotal_minor": -line.subtotal_minor,
                    "goods_minor": -line.goods_minor,
                    "payment_minor": -line.payment_minor,
                }
                for line in lines
            ]
        )
    )
    return made
