"""Saves a plan as a new version, with what it came to."""

from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.check_terms import check_text
from tallylight.deals.planner.models import campaign_plan, plan_version
from tallylight.deals.planner.results import PlanResult
from tallylight.deals.planner.types import Plan
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId, new_id

PLANS_MAX = 500
VERSIONS_MAX = 200
PlanState = Literal["draft", "kept"]


class PlanChangedError(ConflictError):
    """Somebody saved another version in between."""

    code = "plan_changed"


async def create_plan(connection: AsyncConnection, shop_id: ShopId, name: str, *, now_us: int) -> UUID:
    """A plan without a version yet. Raises InvalidInputError."""
    check_text("name", name)
    count = sa.select(sa.func.count()).where(campaign_plan.c.shop_id == shop_id)
    if (await connection.execute(count)).scalar_one() >= PLANS_MAX:
        raise InvalidInputError(f"a shop has at most {PLANS_MAX} plans; save over one of them", field="name")
    plan_id = new_id()
    await connection.execute(
        campaign_plan.insert().values(id=plan_id, shop_id=shop_id, name=name.strip(), created_us=now_us)
    )
    return plan_id


async def save_version(
    connection: AsyncConnection, shop_id: ShopId, plan_id: UUID, plan: Plan, result: PlanResult, *,
    state: PlanState, after: int, saved_by: UUID | None, now_us: int,
) -> int:  # fmt: skip
    """Save ``plan`` as the version after ``after`` (0: the first); its number.

    Raises NotFoundError, PlanChangedError when ``after`` is not the newest, InvalidInputError.
    """
    found = await connection.execute(
        sa.select(campaign_plan.c.id)
        .where(campaign_plan.c.id == plan_id, campaign_plan.c.shop_id == shop_id)
        .with_for_update()
    )
    if found.first() is None:
        raise NotFoundError("there is no such plan in this shop")
    newest = sa.select(sa.func.coalesce(sa.func.max(plan_version.c.version), 0)).where(
        plan_version.c.plan_id == plan_id
    )
    version = (await connection.execute(newest)).scalar_one()
    if version != after:
        raise PlanChangedError(f"version {version} was saved in between; look at it, then save yours over it")
    if version >= VERSIONS_MAX:
        raise InvalidInputError(f"a plan has at most {VERSIONS_MAX} versions; begin a new plan from this one")
    await connection.execute(
        plan_version.insert().values(
            plan_id=plan_id,
            version=version + 1,
            state=state,
            document=msgspec.to_builtins(plan),
            result=msgspec.to_builtins(result),
            saved_us=now_us,
            saved_by=saved_by,
        )
    )
    return int(version) + 1
