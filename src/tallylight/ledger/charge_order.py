"""Charges a paid order, exactly once: commission by plan, fees, reserve. What was refunded before goes back at once."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger.accounts import ensure_accounts, ensure_party
from tallylight.ledger.charge_rules import commissions, fees
from tallylight.ledger.charge_types import Fee, NewCharge, Plan, SoldOrder
from tallylight.ledger.models import charge, charged_sale, reversed_line, transfer
from tallylight.ledger.post_transfers import post_transfers
from tallylight.ledger.reverse_order import OrderReversal, reverse_share
from tallylight.ledger.reverse_transfer import lock_order
from tallylight.ledger.types import AccountName, NewEntry, NewTransfer, Purpose


async def charge_order(
    connection: AsyncConnection, order: SoldOrder, plans: Sequence[Plan], rules: Sequence[Fee], *, now_us: int
) -> bool:
    """Post the charges of ``order`` unless it was charged; whether it was done now. Safe to repeat and to race.

    A commission that was posted together with the sale (the show's rate, at the desk) stands: plans add none to it.
    """
    await lock_order(connection, order.order_id)
    first = await connection.execute(
        insert(charged_sale)
        .values(order_id=order.order_id, shop_id=order.shop_id, charged_us=now_us)
        .on_conflict_do_nothing()
        .returning(charged_sale.c.order_id)
    )
    if first.scalar_one_or_none() is None:
        return False
    paid_before = await connection.execute(
        sa.select(transfer.c.id).where(transfer.c.order_id == order.order_id, transfer.c.kind == "commission").limit(1)
    )
    charges = fees(order, rules)
    if paid_before.first() is None:
        charges = commissions(order, plans) + charges
    if charges:
        ids = await _post(connection, order, charges)
        await _give_back_refunded(connection, order, list(zip(ids, charges, strict=True)), now_us)
    return True


async def _post(connection: AsyncConnection, order: SoldOrder, charges: Sequence[NewCharge]) -> list[UUID]:
    accounts = await _accounts(connection, order, charges)
    made = [
        NewTransfer(
            id=new_id(),
            shop_id=order.shop_id,
            kind=each.kind,
            description=each.description,
            entries=(
                NewEntry(accounts[each.purpose][0], order.currency, each.amount),
                NewEntry(accounts[each.purpose][1], order.currency, -each.amount),
            ),
            posted_us=order.posted_us,
            order_id=order.order_id,
            at_us=order.at_us,
        )
        for each in charges
    ]
    await post_transfers(connection, made)
    await connection.execute(
        charge.insert().values(
            [
                {
                    "transfer_id": new.id,
                    "order_id": order.order_id,
                    "position": each.position,
                    "rule_id": each.rule_id,
                    "base": each.base,
                    "base_minor": each.base_minor,
                    "rate_bps": each.rate_bps,
                    "kept_on_refund": each.kept_on_refund,
                }
                for new, each in zip(made, charges, strict=True)
            ]
        )
    )
    return [new.id for new in made]


async def _accounts(
    connection: AsyncConnection, order: SoldOrder, charges: Sequence[NewCharge]
) -> dict[str, tuple[UUID, UUID]]:
    """By purpose, the account that is debited and the one that is credited."""
    shop_id = ShopId(order.shop_id)
    brand = await ensure_party(connection, shop_id, "brand", "Brand")
    names: dict[str, tuple[AccountName, AccountName]] = {}
    for purpose in sorted({each.purpose for each in charges}):
        to, credited = await _earner(connection, order, purpose)
        names[purpose] = (
            AccountName(brand.id, _as_purpose(purpose), order.currency),
            AccountName(to if to is not None else brand.id, credited, order.currency),
        )
    ids = await ensure_accounts(connection, {name for pair in names.values() for name in pair})
    return {purpose: (ids[debit], ids[credit]) for purpose, (debit, credit) in names.items()}


async def _earner(connection: AsyncConnection, order: SoldOrder, purpose: str) -> tuple[UUID | None, Purpose]:
    """Who is credited, None for the brand itself, and on which account."""
    shop_id = ShopId(order.shop_id)
    if purpose == "reserve":
        return None, "reserve_held"
    if purpose == "affiliate_commission":
        return (await ensure_party(connection, shop_id, "creator", order.creator_name)).id, "affiliate_commission"
    if purpose == "transaction_fee":
        return (await ensure_party(connection, shop_id, "processor", "Payments")).id, "transaction_fee"
    return (await ensure_party(connection, shop_id, "platform", "Platform")).id, _as_purpose(purpose)


def _as_purpose(purpose: str) -> Purpose:
    return purpose  # type: ignore[return-value]  # a charge's purpose is one of the ledger's by its rule's kind


async def _give_back_refunded(
    connection: AsyncConnection, order: SoldOrder, posted: Sequence[tuple[UUID, NewCharge]], posted_us: int
) -> None:
    """A refund may have come before the charges: they lose the share that it took."""
    measures = ("subtotal", "goods", "payment")
    rows = await connection.execute(
        sa.select(
            reversed_line.c.position,
            *(sa.func.sum(reversed_line.c[f"{measure}_minor"]).label(measure) for measure in measures),
        )
        .where(reversed_line.c.order_id == order.order_id)
        .group_by(reversed_line.c.position)
    )
    gone = {row.position: {measure: int(getattr(row, measure)) for measure in measures} for row in rows}
    asked = OrderReversal(
        order_id=order.order_id, refund_id=new_id(), lines=(), posted_us=posted_us, description="Refund"
    )
    for transfer_id, each in posted:
        part = gone.get(each.position, {}).get(each.base, 0)
        if part and not each.kept_on_refund:
            await reverse_share(connection, transfer_id, each.kind, each.description, part, each.base_minor, asked)
