"""Reads of saved plans."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.planner.models import campaign_plan, plan_version
from tallylight.deals.planner.results import PlanResult
from tallylight.deals.planner.save_plan import PLANS_MAX, PlanState
from tallylight.deals.planner.types import Plan
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.members.models import person


class SavedVersion(msgspec.Struct, frozen=True):
    """``by`` None: the installation's operator."""

    version: int
    state: PlanState
    saved_us: int
    by: str | None


class SavedPlan(msgspec.Struct, frozen=True):
    """One version of a plan, with every version's head, the newest first."""

    id: UUID
    name: str
    version: int
    state: PlanState
    plan: Plan
    result: PlanResult
    versions: list[SavedVersion]


class PlanLine(msgspec.Struct, frozen=True):
    """A plan in a list: its newest version."""

    id: UUID
    name: str
    version: int
    state: PlanState
    saved_us: int
    first_us: int
    last_us: int
    result: PlanResult


async def plans_of_shop(connection: AsyncConnection, shop_id: ShopId) -> list[PlanLine]:
    """The shop's plans, the last saved first."""
    newest = (
        sa.select(plan_version)
        .ext(distinct_on(plan_version.c.plan_id))
        .order_by(plan_version.c.plan_id, plan_version.c.version.desc())
        .subquery()
    )
    rows = await connection.execute(
        sa.select(campaign_plan.c.id, campaign_plan.c.name, newest)
        .join(newest, newest.c.plan_id == campaign_plan.c.id)
        .where(campaign_plan.c.shop_id == shop_id)
        .order_by(newest.c.saved_us.desc(), campaign_plan.c.id)
        .limit(PLANS_MAX)
    )
    made = []
    for row in rows:
        starts = [show.starts_us for show in msgspec.convert(row.document, Plan).shows]
        result = msgspec.convert(row.result, PlanResult)
        made.append(PlanLine(row.id, row.name, row.version, row.state, row.saved_us, min(starts), max(starts), result))
    return made


async def saved_plan(
    connection: AsyncConnection, shop_id: ShopId, plan_id: UUID, version: int | None = None
) -> SavedPlan:
    """A version of the plan, the newest unless it is named. Raises NotFoundError."""
    rows = (
        await connection.execute(
            sa.select(plan_version.c.version, plan_version.c.state, plan_version.c.saved_us, person.c.name)
            .join(campaign_plan, campaign_plan.c.id == plan_version.c.plan_id)
            .outerjoin(person, person.c.id == plan_version.c.saved_by)
            .where(plan_version.c.plan_id == plan_id, campaign_plan.c.shop_id == shop_id)
            .order_by(plan_version.c.version.desc())
        )
    ).all()
    versions = [SavedVersion(*row) for row in rows]
    wanted = next((each for each in versions if version in (None, each.version)), None)
    if wanted is None:
        raise NotFoundError("there is no such plan in this shop")
    row = (
        await connection.execute(
            sa.select(campaign_plan.c.name, plan_version.c.document, plan_version.c.result)
            .join(campaign_plan, campaign_plan.c.id == plan_version.c.plan_id)
            .where(plan_version.c.plan_id == plan_id, plan_version.c.version == wanted.version)
        )
    ).one()
    plan, result = msgspec.convert(row.document, Plan), msgspec.convert(row.result, PlanResult)
    return SavedPlan(plan_id, row.name, wanted.version, wanted.state, plan, result, versions)
