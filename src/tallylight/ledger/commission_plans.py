"""Records and ends commission plans. A rate is never changed: the old plan ends at the moment the new one begins."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.ledger.charge_types import NewPlan, Plan
from tallylight.ledger.models import commission_plan

PLANS_MAX = 5_000
RATE_BPS_MIN, RATE_BPS_MAX = 100, 8_000


async def record_plan(
    connection: AsyncConnection, shop_id: ShopId, new: NewPlan, *, recorded_by: UUID | None, now_us: int
) -> Plan:
    """Let ``new`` hold from now on, in place of the plan of its kind for the same creator and product, if any.

    Raises InvalidInputError.
    """
    if not RATE_BPS_MIN <= new.rate_bps <= RATE_BPS_MAX:
        raise InvalidInputError("a commission is between 1 and 80 %", field="rate_bps")
    if (new.kind == "open") != (new.creator_name is None):
        raise InvalidInputError(
            "an open plan is for every creator; a target or partner plan names one", field="creator_name"
        )
    if new.creator_name is not None and not 1 <= len(new.creator_name) <= 80:
        raise InvalidInputError("a creator's name has 1 to 80 letters", field="creator_name")
    await _lock(connection, shop_id)
    open_plans = await plans_of_shop(connection, shop_id, in_force_only=True)
    if len(open_plans) >= PLANS_MAX:
        raise InvalidInputError(f"a shop has at most {PLANS_MAX} plans in force; end some")
    for plan in open_plans:
        if (plan.kind, plan.creator_name, plan.product_id) == (new.kind, new.creator_name, new.product_id):
            await _end(connection, plan, ended_by=recorded_by, now_us=now_us)
    made = Plan(
        id=new_id(),
        kind=new.kind,
        rate_bps=new.rate_bps,
        base=new.base,
        creator_name=new.creator_name,
        product_id=new.product_id,
        from_us=now_us,
        until_us=None,
    )
    await connection.execute(
        commission_plan.insert().values(
            id=made.id, shop_id=shop_id, kind=made.kind, creator_name=made.creator_name, product_id=made.product_id,
            rate_bps=made.rate_bps, base=made.base, from_us=made.from_us, recorded_by=recorded_by,
        )
    )  # fmt: skip
    return made


async def end_plan(
    connection: AsyncConnection, shop_id: ShopId, plan_id: UUID, *, ended_by: UUID | None, now_us: int
) -> None:
    """Let the plan hold no longer. Raises NotFoundError for one that is not in force."""
    await _lock(connection, shop_id)
    for plan in await plans_of_shop(connection, shop_id, in_force_only=True):
        if plan.id == plan_id:
            await _end(connection, plan, ended_by=ended_by, now_us=now_us)
            return
    raise NotFoundError("there is no such plan in force")


async def plans_of_shop(connection: AsyncConnection, shop_id: ShopId, *, in_force_only: bool = False) -> list[Plan]:
    """The shop's plans, newest first, ended ones too unless ``in_force_only``; at most twice PLANS_MAX."""
    statement = sa.select(commission_plan).where(commission_plan.c.shop_id == shop_id)
    if in_force_only:
        statement = statement.where(commission_plan.c.until_us.is_(None))
    rows = await connection.execute(
        statement.order_by(commission_plan.c.from_us.desc(), commission_plan.c.id).limit(2 * PLANS_MAX)
    )
    return [
        Plan(
            id=row.id,
            kind=row.kind,
            rate_bps=row.rate_bps,
            base=row.base,
            creator_name=row.creator_name,
            product_id=row.product_id,
            from_us=row.from_us,
            until_us=row.until_us,
        )
        for row in rows
    ]


async def plans_decide(connection: AsyncConnection, shop_id: ShopId) -> bool:
    """Whether the shop has any plan in force: then commission is posted after the sale, by plan, and not with it."""
    found = await connection.execute(
        sa.select(commission_plan.c.id)
        .where(commission_plan.c.shop_id == shop_id, commission_plan.c.until_us.is_(None))
        .limit(1)
    )
    return found.first() is not None


async def _end(connection: AsyncConnection, plan: Plan, *, ended_by: UUID | None, now_us: int) -> None:
    await connection.execute(
        commission_plan.update()
        .where(commission_plan.c.id == plan.id)
        .values(until_us=max(now_us, plan.from_us), ended_by=ended_by)
    )


async def _lock(connection: AsyncConnection, shop_id: ShopId) -> None:
    await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"plans:{shop_id}", 0))))
