"""The office plans shows: creates them, changes them while they are not on air."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.flows.show_list import PlannedShow, PlannedShows, as_planned, planned_shows
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.compliance.pack import MARKETS
from tallylight.foundation.ids import PersonId, ProductId, ShopId
from tallylight.members.queries import hosts_of, shop_by_id
from tallylight.members.roles import require_role
from tallylight.members.types import Person
from tallylight.shows.change_show import change_show
from tallylight.shows.create_show import SHOWS_MAX, create_show
from tallylight.shows.fill_shelf import fill_shelf
from tallylight.shows.queries import products_of, show_by

BODY_BYTES_MAX = 16 << 10
After = Annotated[int, msgspec.Meta(ge=0, le=SHOWS_MAX)]


class ShowPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``host_name``: as viewers read it; ``host_person_id`` None: a guest; ``starts_at`` None: not fixed yet."""

    title: str
    slug: str
    host_name: str
    market: str
    delay_ms: int
    host_person_id: UUID | None = None
    starts_at: datetime | None = None


class ShowChoices(msgspec.Struct, frozen=True):
    """What a show can be planned with: the shop's people with the role host, and the markets whose rules are known."""

    hosts: list[Person]
    markets: list[str]


class Shelf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Products in their order."""

    products: list[UUID]


@get("/api/office/shops/{shop_id:uuid}/shows")
async def list_shows(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, after: FromQuery[After] = 0
) -> PlannedShows:
    """The shop's shows: on air, planned, over. ``after``: the ``next`` of the page before."""
    require_role(staff, shop_id, "producer")
    async with services.database.reading() as connection:
        return await planned_shows(connection, ShopId(shop_id), after=after)


@get("/api/office/shops/{shop_id:uuid}/show-choices")
async def list_choices(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ShowChoices:
    """Hosts and markets to choose from."""
    require_role(staff, shop_id, "producer")
    async with services.database.reading() as connection:
        return ShowChoices(await hosts_of(connection, ShopId(shop_id)), list(MARKETS))


@post("/api/office/shops/{shop_id:uuid}/shows", request_max_body_size=BODY_BYTES_MAX)
async def plan_show(shop_id: FromPath[UUID], data: JSONBody[ShowPlan], staff: SignedIn, services: Wired) -> PlannedShow:
    """Plan a show. 409 ``taken`` when another show has the slug."""
    require_role(staff, shop_id, "producer")
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        made = await create_show(
            connection,
            shop_id=shop.id,
            slug=data.slug,
            title=data.title,
            host_name=data.host_name,
            host_person_id=_person(data.host_person_id),
            market=data.market,
            delay_ms=data.delay_ms,
            starts_at=data.starts_at,
        )
        return (await as_planned(connection, [made]))[0]


@put("/api/office/shows/{show_id:uuid}", request_max_body_size=BODY_BYTES_MAX)
async def change(show_id: FromPath[UUID], data: JSONBody[ShowPlan], staff: SignedIn, services: Wired) -> PlannedShow:
    """Change a show's plan. 409 ``on_air`` while it is on air, ``aired`` for what belongs to what aired."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        changed = await change_show(
            connection,
            show.id,
            title=data.title,
            slug=data.slug,
            host_name=data.host_name,
            host_person_id=_person(data.host_person_id),
            market=data.market,
            delay_ms=data.delay_ms,
            starts_at=data.starts_at,
        )
        return (await as_planned(connection, [changed]))[0]


@get("/api/office/shows/{show_id:uuid}/shelf")
async def list_shelf(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Shelf:
    """What the show sells, in its order."""
    async with services.database.reading() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        return Shelf([*await products_of(connection, show.id)])


@put("/api/office/shows/{show_id:uuid}/shelf", request_max_body_size=BODY_BYTES_MAX)
async def set_shelf(show_id: FromPath[UUID], data: JSONBody[Shelf], staff: SignedIn, services: Wired) -> Shelf:
    """Choose what the show sells; each product gets a cue that pins it. 409 ``on_air`` while it is on air."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        await fill_shelf(connection, show.id, [ProductId(each) for each in data.products])
        return Shelf([*await products_of(connection, show.id)])


def _person(person_id: UUID | None) -> PersonId | None:
    return None if person_id is None else PersonId(person_id)


HANDLERS = [list_shows, list_choices, plan_show, change, list_shelf, set_shelf]
