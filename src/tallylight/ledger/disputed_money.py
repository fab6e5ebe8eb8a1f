"""Money of an order while the buyer's bank disputes its payment: held back from the brand, released at the end.

A dispute that is lost is then a reversal like a refund (``reverse_order``); one that is won leaves the sale as it was.
docs/algorithms/books.md has worked numbers.
"""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.foundation.money import Money
from tallylight.ledger.accounts import ensure_accounts, ensure_party
from tallylight.ledger.models import charge, transfer
from tallylight.ledger.post_transfers import post_transfers
from tallylight.ledger.reverse_transfer import amounts_left, lock_order, reverse_transfer
from tallylight.ledger.types import AccountName, NewEntry, NewTransfer, PartyKind, Purpose, TransferKind


async def hold_disputed(
    connection: AsyncConnection, order_id: UUID, amount: Money, *, description: str, posted_us: int
) -> UUID:
    """Hold ``amount`` (more than 0) back from the brand; the transfer's id. Raises NotFoundError without a sale."""
    return await _post(
        connection, order_id, amount, "dispute_hold", ("brand", "reserve"), ("brand", "reserve_held"),
        description=description, posted_us=posted_us,
    )  # fmt: skip


async def release_disputed(
    connection: AsyncConnection, hold_id: UUID, *, order_id: UUID, dispute_id: UUID, description: str, posted_us: int
) -> None:
    """Release what ``hold_disputed`` held, all of it. Raises ConflictError when it was released before."""
    await lock_order(connection, order_id)
    left = await amounts_left(connection, hold_id)
    released = await reverse_transfer(
        connection, hold_id, {key: abs(minor) for key, minor in left.items()}, refund_id=dispute_id,
        kind="dispute_release", description=description, posted_us=posted_us,
    )  # fmt: skip
    if released is None:
        raise ConflictError("what was held for this dispute was released already")


async def charge_dispute(connection: AsyncConnection, order_id: UUID, fee: Money, *, posted_us: int) -> UUID:
    """Charge the provider's ``fee`` for a dispute to the brand; kept whatever is refunded later. Less than 0: the
    provider gives so much of it back.
    """
    made = await _post(
        connection, order_id, fee, "fee", ("brand", "dispute_fee"), ("processor", "dispute_fee"),
        description="Dispute fee", posted_us=posted_us,
    )  # fmt: skip
    await connection.execute(
        charge.insert().values(
            transfer_id=made, order_id=order_id, position=0, base="payment", base_minor=0, rate_bps=0,
            kept_on_refund=True,
        )
    )  # fmt: skip
    return made


async def adjust_disputed(
    connection: AsyncConnection, order_id: UUID, amount: Money, *, description: str, posted_us: int
) -> UUID:
    """The bank took ``amount`` that is not taken back of the order, as after a refund: the brand's loss, no funder's.
    Less than 0: the bank gave so much again.
    """
    return await _post(
        connection, order_id, amount, "adjustment", ("brand", "adjustment"), ("processor", "adjustment"),
        description=description, posted_us=posted_us,
    )  # fmt: skip


async def _post(
    connection: AsyncConnection,
    order_id: UUID,
    amount: Money,
    kind: TransferKind,
    debit: tuple[PartyKind, Purpose],
    credit: tuple[PartyKind, Purpose],
    *,
    description: str,
    posted_us: int,
) -> UUID:
    """A transfer of two entries beside the order's sale, at the sale's moment of video."""
    await lock_order(connection, order_id)
    sale = (
        await connection.execute(
            sa.select(transfer.c.shop_id, transfer.c.at_us).where(
                transfer.c.order_id == order_id, transfer.c.kind == "sale"
            )
        )
    ).one_or_none()
    if sale is None:
        raise NotFoundError("nothing was posted for this order, so nothing of it can be disputed")
    names = []
    for party_kind, purpose in (debit, credit):
        label = {"brand": "Brand", "processor": "Payments"}[party_kind]
        party = await ensure_party(connection, ShopId(sale.shop_id), party_kind, label)
        names.append(AccountName(party.id, purpose, amount.currency))
    ids = await ensure_accounts(connection, names)
    new = NewTransfer(
        id=new_id(), shop_id=sale.shop_id, kind=kind, description=description,
        entries=(
            NewEntry(ids[names[0]], amount.currency, amount.minor),
            NewEntry(ids[names[1]], amount.currency, -amount.minor),
        ),
        posted_us=posted_us, order_id=order_id, at_us=sale.at_us,
    )  # fmt: skip
    await post_transfers(connection, [new])
    return new.id
