"""The fee for handling a refund: a share of the referral fee that went back. It is kept whatever is refunded later."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId, new_id
from tallylight.foundation.money import basis_points_of
from tallylight.ledger.accounts import ensure_accounts, ensure_party
from tallylight.ledger.models import account, charge, entry, fee_rule, transfer
from tallylight.ledger.post_transfers import post_transfers
from tallylight.ledger.types import AccountName, NewEntry, NewTransfer


async def charge_refund(
    connection: AsyncConnection, order_id: UUID, transfer_ids: Sequence[UUID], *, posted_us: int
) -> UUID | None:
    """Charge the shop's refund administration fee on the referral fees that ``transfer_ids`` took back.

    None when there is no such fee in force, or nothing to take it from.
    """
    found = (
        await connection.execute(
            sa.select(transfer.c.shop_id, transfer.c.at_us, entry.c.currency, sa.func.sum(entry.c.amount_minor))
            .join(entry, entry.c.transfer_id == transfer.c.id)
            .join(account, account.c.id == entry.c.account_id)
            .where(transfer.c.id.in_(transfer_ids), account.c.purpose == "referral_fee", entry.c.amount_minor > 0)
            .group_by(transfer.c.shop_id, transfer.c.at_us, entry.c.currency)
        )
    ).one_or_none()
    if found is None:
        return None
    shop_id, at_us, currency, went_back = found
    rule = (
        await connection.execute(
            sa.select(fee_rule).where(
                fee_rule.c.shop_id == shop_id,
                fee_rule.c.kind == "refund_administration_fee",
                fee_rule.c.currency == currency,
                fee_rule.c.from_us <= posted_us,
                sa.or_(fee_rule.c.until_us.is_(None), fee_rule.c.until_us > posted_us),
            )
        )
    ).one_or_none()
    amount = 0 if rule is None else basis_points_of(int(went_back), rule.rate_bps) + rule.fixed_minor
    if rule is None or not amount:
        return None
    brand = await ensure_party(connection, ShopId(shop_id), "brand", "Brand")
    platform = await ensure_party(connection, ShopId(shop_id), "platform", "Platform")
    debit, credit = (AccountName(each.id, "refund_administration_fee", currency) for each in (brand, platform))
    ids = await ensure_accounts(connection, [debit, credit])
    new = NewTransfer(
        id=new_id(), shop_id=shop_id, kind="fee", description="Refund administration fee",
        entries=(NewEntry(ids[debit], currency, amount), NewEntry(ids[credit], currency, -amount)),
        posted_us=posted_us, order_id=order_id, at_us=at_us,
    )  # fmt: skip
    await post_transfers(connection, [new])
    await connection.execute(
        charge.insert().values(
            transfer_id=new.id, order_id=order_id, position=0, rule_id=rule.id, base="referral_fee",
            base_minor=int(went_back), rate_bps=rule.rate_bps, kept_on_refund=True,
        )
    )  # fmt: skip
    return new.id
