"""Sets and ends fees. A fee is never changed: the old one ends at the moment the new one begins."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.foundation.money import BASIS_POINTS
from tallylight.ledger.charge_types import Fee, FeeKind, NewFee
from tallylight.ledger.models import fee_rule

FEES_KEPT = 1_000
FIXED_MINOR_MAX = 1_000_000
HOLD_DAYS_MAX = 365


async def set_fee(
    connection: AsyncConnection,
    shop_id: ShopId,
    new: NewFee,
    *,
    currency: str,
    recorded_by: UUID | None,
    now_us: int,
) -> Fee:
    """Let ``new`` hold from now on, in place of the fee of its kind. Raises InvalidInputError."""
    if not 0 <= new.rate_bps <= BASIS_POINTS or not 0 <= new.fixed_minor <= FIXED_MINOR_MAX:
        raise InvalidInputError("a fee is 0 to 100 % and a small fixed amount", field="rate_bps")
    if not new.rate_bps and not new.fixed_minor:
        raise InvalidInputError("a fee of nothing is no fee; end the one in force instead", field="rate_bps")
    if (new.kind == "reserve") != (new.hold_days is not None):
        raise InvalidInputError("a reserve, and only a reserve, says for how many days", field="hold_days")
    if new.hold_days is not None and not 1 <= new.hold_days <= HOLD_DAYS_MAX:
        raise InvalidInputError(f"a reserve is held for 1 to {HOLD_DAYS_MAX} days", field="hold_days")
    if new.kind == "reserve" and new.kept_on_refund:
        raise InvalidInputError("a reserve goes back with the sale that it was taken from", field="kept_on_refund")
    await _lock(connection, shop_id)
    await _end(connection, shop_id, new.kind, ended_by=recorded_by, now_us=now_us)
    made = Fee(
        id=new_id(), kind=new.kind, rate_bps=new.rate_bps, fixed_minor=new.fixed_minor, currency=currency,
        base=new.base, kept_on_refund=new.kept_on_refund, hold_days=new.hold_days, from_us=now_us, until_us=None,
    )  # fmt: skip
    await connection.execute(
        fee_rule.insert().values(
            id=made.id, shop_id=shop_id, kind=made.kind, rate_bps=made.rate_bps, fixed_minor=made.fixed_minor,
            currency=currency, base=made.base, kept_on_refund=made.kept_on_refund, hold_days=made.hold_days,
            from_us=now_us, recorded_by=recorded_by,
        )
    )  # fmt: skip
    return made


async def end_fee(
    connection: AsyncConnection, shop_id: ShopId, kind: FeeKind, *, ended_by: UUID | None, now_us: int
) -> None:
    """Charge the fee no longer. Raises NotFoundError when there is none in force."""
    await _lock(connection, shop_id)
    if not await _end(connection, shop_id, kind, ended_by=ended_by, now_us=now_us):
        raise NotFoundError("there is no such fee in force")


async def fees_of_shop(connection: AsyncConnection, shop_id: ShopId) -> list[Fee]:
    """The shop's fees, newest first, ended ones too; at most FEES_KEPT."""
    rows = await connection.execute(
        sa.select(fee_rule)
        .where(fee_rule.c.shop_id == shop_id)
        .order_by(fee_rule.c.from_us.desc(), fee_rule.c.id)
        .limit(FEES_KEPT)
    )
    return [
        Fee(
            id=row.id, kind=row.kind, rate_bps=row.rate_bps, fixed_minor=row.fixed_minor, currency=row.currency,
            base=row.base, kept_on_refund=row.kept_on_refund, hold_days=row.hold_days, from_us=row.from_us,
            until_us=row.until_us,
        )
        for row in rows
    ]  # fmt: skip


async def _end(
    connection: AsyncConnection, shop_id: ShopId, kind: FeeKind, *, ended_by: UUID | None, now_us: int
) -> bool:
    ended = await connection.execute(
        fee_rule.update()
        .where(fee_rule.c.shop_id == shop_id, fee_rule.c.kind == kind, fee_rule.c.until_us.is_(None))
        .values(until_us=sa.func.greatest(fee_rule.c.from_us, now_us), ended_by=ended_by)
    )
    return ended.rowcount > 0


async def _lock(connection: AsyncConnection, shop_id: ShopId) -> None:
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"fees:{shop_id}", 0))))
