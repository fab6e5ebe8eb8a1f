"""The planner over HTTP: anyone of the shop's finance people and producers plans, saves and compares."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.flows.past_shows import PastShow, past_shows
from tallylight.app.flows.plan_against_live import LiveResult, live_result
from tallylight.app.flows.plan_campaign import save_plan, try_plan
from tallylight.app.flows.plan_start import PlanStart, plan_start
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.catalogue.set_unit_cost import set_unit_cost
from tallylight.deals.planner.compare import differences
from tallylight.deals.planner.queries import PlanLine, SavedPlan, plans_of_shop, saved_plan
from tallylight.deals.planner.results import PlanResult
from tallylight.deals.planner.save_plan import PlanState
from tallylight.deals.planner.types import Plan
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShopId, VariantId
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role
from tallylight.members.types import Role

BODY_BYTES_MAX = 256 << 10
COMPARED_MAX = 4
_PLANNERS: tuple[Role, ...] = ("finance", "producer")


class PlanList(msgspec.Struct, frozen=True):
    plans: list[PlanLine]


class PastShowList(msgspec.Struct, frozen=True):
    shows: list[PastShow]


class PlanPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``after``: the version that it was changed from; 0 for a new plan."""

    name: Annotated[str, msgspec.Meta(max_length=200)]
    plan: Plan
    state: PlanState = "draft"
    after: int = 0


class Compared(msgspec.Struct, frozen=True):
    """``words``: what differs from the first plan; empty for the first."""

    plan: SavedPlan
    words: list[str]


class Comparison(msgspec.Struct, frozen=True):
    plans: list[Compared]


class Against(msgspec.Struct, frozen=True):
    """A plan and what really came of its shows."""

    plan: SavedPlan
    live: LiveResult


class CostPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None: unknown."""

    cost_minor: int | None


@get("/api/office/shops/{shop_id:uuid}/campaigns")
async def list_plans(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> PlanList:
    """The shop's plans, each as it was last saved."""
    require_role(staff, shop_id, *_PLANNERS)
    async with services.database.reading() as connection:
        return PlanList(await plans_of_shop(connection, ShopId(shop_id)))


@get("/api/office/shops/{shop_id:uuid}/past-shows")
async def list_past_shows(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> PastShowList:
    """Broadcasts that are over: who watched them, and what was bought."""
    require_role(staff, shop_id, *_PLANNERS)
    async with services.database.reading() as connection:
        shop = await shop_by_id(connection, shop_id)
        return PastShowList(await past_shows(connection, shop.id, shop.currency))


@get("/api/office/shops/{shop_id:uuid}/campaigns/start")
async def view_start(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> PlanStart:
    """What a plan may be made of, and what past shows say."""
    require_role(staff, shop_id, *_PLANNERS)
    async with services.database.reading() as connection:
        return await plan_start(connection, ShopId(shop_id))


@post("/api/office/shops/{shop_id:uuid}/campaigns/try", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def play(shop_id: FromPath[UUID], data: JSONBody[Plan], staff: SignedIn, services: Wired) -> PlanResult:
    """What the plan comes to. Nothing is kept. 422 names what makes no sense."""
    require_role(staff, shop_id, *_PLANNERS)
    return await try_plan(services.database, ShopId(shop_id), data, now_us=services.clock.now_us())


@post("/api/office/shops/{shop_id:uuid}/campaigns", request_max_body_size=BODY_BYTES_MAX)
async def add_plan(shop_id: FromPath[UUID], data: JSONBody[PlanPost], staff: SignedIn, services: Wired) -> SavedPlan:
    """Play a new plan and save it."""
    require_role(staff, shop_id, *_PLANNERS)
    return await save_plan(
        services.database, ShopId(shop_id), data.plan, plan_id=None, name=data.name, state=data.state, after=0,
        saved_by=staff.person.id, now_us=services.clock.now_us(),
    )  # fmt: skip


@put("/api/office/shops/{shop_id:uuid}/campaigns/{plan_id:uuid}", request_max_body_size=BODY_BYTES_MAX)
async def put_plan(
    shop_id: FromPath[UUID], plan_id: FromPath[UUID], data: JSONBody[PlanPost], staff: SignedIn, services: Wired
) -> SavedPlan:
    """Play the plan and save it as the version after ``after``. 409 when somebody saved another in between."""
    require_role(staff, shop_id, *_PLANNERS)
    return await save_plan(
        services.database, ShopId(shop_id), data.plan, plan_id=plan_id, name=data.name, state=data.state,
        after=data.after, saved_by=staff.person.id, now_us=services.clock.now_us(),
    )  # fmt: skip


@get("/api/office/shops/{shop_id:uuid}/campaigns/{plan_id:uuid}")
async def view_plan(
    shop_id: FromPath[UUID], plan_id: FromPath[UUID], staff: SignedIn, services: Wired,
    version: FromQuery[int | None] = None,
) -> Against:  # fmt: skip
    """A plan as it was saved, with what has really come of its shows so far."""
    require_role(staff, shop_id, *_PLANNERS)
    async with services.database.reading() as connection:
        found = await saved_plan(connection, ShopId(shop_id), plan_id, version)
        return Against(found, await live_result(connection, ShopId(shop_id), found.plan))


@get("/api/office/shops/{shop_id:uuid}/campaigns/compare")
async def compare_plans(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, ids: FromQuery[str] = ""
) -> Comparison:
    """Two to four plans side by side (``ids``: separated by commas), and what differs from the first, in words."""
    require_role(staff, shop_id, *_PLANNERS)
    try:
        wanted = [UUID(each) for each in ids.split(",")] if len(ids) <= 37 * COMPARED_MAX else []
    except ValueError:
        wanted = []
    if not 2 <= len(set(wanted)) <= COMPARED_MAX:
        raise InvalidInputError(f"name 2 to {COMPARED_MAX} plans to compare", field="ids")
    async with services.database.reading() as connection:
        plans = [await saved_plan(connection, ShopId(shop_id), each) for each in dict.fromkeys(wanted)]
    first = plans[0]
    return Comparison(
        [
            Compared(each, [] if each is first else differences(first.plan, each.plan, first.result, each.result))
            for each in plans
        ]
    )


@put("/api/office/shops/{shop_id:uuid}/variants/{variant_id:uuid}/unit-cost")
async def put_unit_cost(
    shop_id: FromPath[UUID], variant_id: FromPath[UUID], data: JSONBody[CostPut], staff: SignedIn, services: Wired
) -> CostPut:
    """Note what a piece costs the shop, for plans to start with."""
    require_role(staff, shop_id, *_PLANNERS)
    async with services.database.transaction() as connection:
        await set_unit_cost(connection, ShopId(shop_id), VariantId(variant_id), data.cost_minor)
        return data


HANDLERS = [list_past_shows, list_plans, view_start, play, add_plan, put_plan, view_plan, compare_plans, put_unit_cost]
