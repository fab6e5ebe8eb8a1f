"""Commission plans and fees over HTTP: anyone of the shop reads them, finance people and owners set them."""

from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.catalogue.queries import product_titles
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.ledger import Fee, FeeKind, NewFee, NewPlan, Plan
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role

BODY_BYTES_MAX = 16 << 10


class PlanView(msgspec.Struct, frozen=True):
    """A plan with its product's title, for people."""

    plan: Plan
    product_title: str | None


class Rates(msgspec.Struct, frozen=True):
    """Plans and fees, in force and ended, newest first."""

    plans: list[PlanView]
    fees: list[Fee]
    server_now_us: int


@get("/api/office/shops/{shop_id:uuid}/rates")
async def view_rates(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Rates:
    """Which commission and fees hold, and which held before."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await _rates(connection, ShopId(shop_id), services.clock.now_us())


@post("/api/office/shops/{shop_id:uuid}/plans", request_max_body_size=BODY_BYTES_MAX)
async def add_plan(shop_id: FromPath[UUID], data: JSONBody[NewPlan], staff: SignedIn, services: Wired) -> Rates:
    """Let a commission plan hold from now on, in place of the one of its kind for the same creator and product."""
    require_role(staff, shop_id, "finance")
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        if data.product_id is not None:
            await _require_product(connection, shop.id, data.product_id)
        await ledger.record_plan(connection, shop.id, data, recorded_by=staff.person.id, now_us=now_us)
        return await _rates(connection, shop.id, now_us)


@post("/api/office/shops/{shop_id:uuid}/plans/{plan_id:uuid}/end", status_code=200)
async def end_a_plan(shop_id: FromPath[UUID], plan_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Rates:
    """The plan holds no longer than now."""
    require_role(staff, shop_id, "finance")
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        await ledger.end_plan(connection, ShopId(shop_id), plan_id, ended_by=staff.person.id, now_us=now_us)
        return await _rates(connection, ShopId(shop_id), now_us)


@put("/api/office/shops/{shop_id:uuid}/fees", request_max_body_size=BODY_BYTES_MAX)
async def put_fee(shop_id: FromPath[UUID], data: JSONBody[NewFee], staff: SignedIn, services: Wired) -> Rates:
    """Charge the fee from now on, in place of the one of its kind."""
    require_role(staff, shop_id, "finance")
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        await ledger.set_fee(
            connection, shop.id, data, currency=shop.currency, recorded_by=staff.person.id, now_us=now_us
        )
        return await _rates(connection, shop.id, now_us)


@post("/api/office/shops/{shop_id:uuid}/fees/{kind:str}/end", status_code=200)
async def end_a_fee(shop_id: FromPath[UUID], kind: FromPath[str], staff: SignedIn, services: Wired) -> Rates:
    """Charge the fee no longer."""
    require_role(staff, shop_id, "finance")
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        known = msgspec.convert(kind, FeeKind) if kind in ledger.FEE_KINDS else None
        if known is None:
            raise NotFoundError("there is no such fee")
        await ledger.end_fee(connection, ShopId(shop_id), known, ended_by=staff.person.id, now_us=now_us)
        return await _rates(connection, ShopId(shop_id), now_us)


async def _rates(connection: AsyncConnection, shop_id: ShopId, now_us: int) -> Rates:
    plans = await ledger.plans_of_shop(connection, shop_id)
    named = [plan.product_id for plan in plans if plan.product_id is not None]
    titles = await product_titles(connection, shop_id, named)
    return Rates(
        [PlanView(plan, titles.get(plan.product_id) if plan.product_id else None) for plan in plans],
        await ledger.fees_of_shop(connection, shop_id),
        now_us,
    )


async def _require_product(connection: AsyncConnection, shop_id: ShopId, product_id: UUID) -> None:
    if not await product_titles(connection, shop_id, [product_id]):
        raise NotFoundError("there is no such product in this shop")


HANDLERS = [view_rates, add_plan, end_a_plan, put_fee, end_a_fee]
