"""Records that the bank sent a payout back: its statement is payable again, to the account that is named by then."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger.closed_statements.close import lock_statements
from tallylight.ledger.closed_statements.models import statement
from tallylight.ledger.models import party
from tallylight.ledger.payouts.models import payout_return
from tallylight.ledger.payouts.standing import standing_payout
from tallylight.ledger.reverse_transfer import amounts_left, reverse_transfer

REASON_MAX = 140


async def record_return(
    connection: AsyncConnection,
    shop_id: ShopId,
    statement_id: UUID,
    *,
    reason: str,
    recorded_by: UUID | None,
    now_us: int,
) -> None:
    """The money of the statement's payout is on the shop's account again, for ``reason`` (in the bank's words).

    Raises NotFoundError, InvalidInputError, ConflictError for a statement that is not paid.
    """
    words = " ".join(reason.split())
    if not 1 <= len(words) <= REASON_MAX or not words.isprintable():
        raise InvalidInputError(f"say in 1 to {REASON_MAX} letters why the bank sent it back", field="reason")
    await lock_statements(connection, shop_id)
    standing = standing_payout()
    row = (
        await connection.execute(
            sa.select(statement.c.number, party.c.name, standing.c.nth, standing.c.transfer_id)
            .join(party, party.c.id == statement.c.party_id)
            .outerjoin(standing, standing.c.statement_id == statement.c.id)
            .where(statement.c.id == statement_id, statement.c.shop_id == shop_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError("there is no such statement")
    if row.transfer_id is None:
        raise ConflictError("this statement is not paid, so nothing of it can have come back")
    left = await amounts_left(connection, row.transfer_id)
    transfer_id = await reverse_transfer(
        connection, row.transfer_id, {key: abs(minor) for key, minor in left.items()}, refund_id=new_id(),
        kind="correction", description=f"Payout of statement {row.number} to {row.name} came back", posted_us=now_us,
    )  # fmt: skip
    await connection.execute(
        payout_return.insert().values(
            statement_id=statement_id, nth=row.nth, transfer_id=transfer_id, reason=words, returned_us=now_us,
            recorded_by=recorded_by,
        )
    )  # fmt: skip
