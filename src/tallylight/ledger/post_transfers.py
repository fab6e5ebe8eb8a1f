"""Posts transfers. They are final: what was wrong is put right by another transfer."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.ledger.models import transfer
from tallylight.ledger.types import NewTransfer, UnbalancedTransferError

TRANSFER_COLUMNS = (
    "id", "shop_id", "kind", "description", "order_id", "at_us", "posted_us", "account_ids", "currencies",
    "amounts_minor",
)  # fmt: skip


def check_balanced(new: NewTransfer) -> None:
    """Raises UnbalancedTransferError unless the entries sum to zero in each currency."""
    sums: dict[str, int] = defaultdict(int)
    for each in new.entries:
        sums[each.currency] += each.amount_minor
    if any(sums.values()):
        raise UnbalancedTransferError(f"the {new.kind} transfer does not sum to zero")


def transfer_row(new: NewTransfer) -> tuple[object, ...]:
    """``new`` as a row of TRANSFER_COLUMNS."""
    return (
        new.id, new.shop_id, new.kind, new.description, new.order_id, new.at_us, new.posted_us,
        [each.account_id for each in new.entries],
        [each.currency for each in new.entries],
        [each.amount_minor for each in new.entries],
    )  # fmt: skip


async def post_transfers(connection: AsyncConnection, transfers: Sequence[NewTransfer]) -> None:
    """Append ``transfers`` in the caller's transaction.

    Raises UnbalancedTransferError here, or IntegrityError from the database, which checks it all again.
    """
    if not transfers:
        return
    for new in transfers:
        check_balanced(new)
    await connection.execute(
        transfer.insert(), [dict(zip(TRANSFER_COLUMNS, transfer_row(new), strict=True)) for new in transfers]
    )
