"""Plans a campaign of a shop: with its prices, shipping, taxes and rates of now."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.deals import selling_facts
from tallylight.deals.planner.planned_facts import Surroundings
from tallylight.deals.planner.queries import SavedPlan, saved_plan
from tallylight.deals.planner.results import PlanResult
from tallylight.deals.planner.save_plan import PlanState, create_plan, save_version
from tallylight.deals.planner.summarise import play_plan
from tallylight.deals.planner.types import Plan
from tallylight.foundation.database import Database
from tallylight.foundation.errors import UnavailableError
from tallylight.foundation.ids import ShopId

_PLAYS_AT_ONCE = 2
_playing = asyncio.Semaphore(_PLAYS_AT_ONCE)
"""Playing a campaign takes a core for up to some seconds."""
WAIT_S = 30


async def surroundings_of(connection: AsyncConnection, shop_id: ShopId, *, now_us: int) -> Surroundings:
    """What of the shop a plan depends on, as it is now."""
    facts = await selling_facts(connection, shop_id, now_us=now_us)
    plans = await ledger.plans_of_shop(connection, shop_id, in_force_only=True)
    fees = [fee for fee in await ledger.fees_of_shop(connection, shop_id) if fee.until_us is None]
    return Surroundings(
        currency=facts.currency,
        variants=facts.variants,
        shipping_fee_minor=facts.shipping_fee_minor,
        free_shipping_over_minor=facts.free_shipping_over_minor,
        commission_plans=plans,
        fees=fees,
        zones=facts.zones,
        taxes=facts.taxes,
        carriers=facts.carriers,
    )


async def try_plan(database: Database, shop_id: ShopId, plan: Plan, *, now_us: int) -> PlanResult:
    """What ``plan`` comes to; nothing is kept. Raises what ``check_plan`` raises, UnavailableError when others wait."""
    async with database.reading() as connection:
        around = await surroundings_of(connection, shop_id, now_us=now_us)
    try:
        await asyncio.wait_for(_playing.acquire(), WAIT_S)
    except TimeoutError:
        raise UnavailableError("other plans are being played; try again in a moment") from None
    try:
        return await asyncio.to_thread(play_plan, plan, around)
    finally:
        _playing.release()


async def save_plan(
    database: Database, shop_id: ShopId, plan: Plan, *, plan_id: UUID | None, name: str, state: PlanState, after: int,
    saved_by: UUID | None, now_us: int,
) -> SavedPlan:  # fmt: skip
    """Play ``plan`` and save it: as a new one (``plan_id`` None), or as the version after ``after``."""
    result = await try_plan(database, shop_id, plan, now_us=now_us)
    async with database.transaction() as connection:
        if plan_id is None:
            plan_id, after = await create_plan(connection, shop_id, name, now_us=now_us), 0
        await save_version(
            connection, shop_id, plan_id, plan, result, state=state, after=after, saved_by=saved_by, now_us=now_us
        )
        return await saved_plan(connection, shop_id, plan_id)
