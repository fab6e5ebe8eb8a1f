"""The list of shows: show, shop, state and a picture, from four rooms."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import ShopCard, ShowCard
from tallylight.catalogue.queries import products_by_id
from tallylight.foundation.ids import ProductId, ShopId
from tallylight.members.queries import shops_by_id
from tallylight.shows.queries import first_products, latest_broadcasts, shows_listed, shows_of_shop
from tallylight.shows.types import Broadcast, Show, ShowState, state_of

SHOWS_A_PAGE = 50


class PlannedShow(msgspec.Struct, frozen=True):
    """A show as those see it who plan it. ``host_person_id`` None: a guest. ``aired_us``: when its last broadcast
    began, programme time; None: never, and all of it can be changed.
    """

    id: UUID
    slug: str
    title: str
    host_name: str
    host_person_id: UUID | None
    market: str
    delay_ms: int
    starts_at: datetime | None
    state: ShowState
    aired_us: int | None
    cover: str | None


class PlannedShows(msgspec.Struct, frozen=True):
    """``next``: what to pass as ``after`` for those that follow; None at the end."""

    shows: list[PlannedShow]
    next: int | None


async def show_list(connection: AsyncConnection, shop_ids: set[ShopId] | None = None) -> list[ShowCard]:
    """Shows of these shops, or of all; ``cover`` is the first product's first picture."""
    shows = await shows_listed(connection, shop_ids)
    show_ids = {show.id for show in shows}
    shops = await shops_by_id(connection, {show.shop_id for show in shows})
    broadcasts = await latest_broadcasts(connection, show_ids)
    first = await first_products(connection, show_ids)
    covers = await _covers(connection, list(first.values()))
    return [
        ShowCard(
            id=show.id,
            slug=show.slug,
            title=show.title,
            host_name=show.host_name,
            state=state_of(broadcasts.get(show.id)),
            starts_at=show.starts_at.isoformat() if show.starts_at else None,
            shop=ShopCard(shops[show.shop_id].slug, shops[show.shop_id].name, shops[show.shop_id].accent),
            cover=covers.get(first[show.id]) if show.id in first else None,
        )
        for show in shows
    ]


async def planned_shows(connection: AsyncConnection, shop_id: ShopId, *, after: int = 0) -> PlannedShows:
    """A page of the shop's shows: on air, then planned, then over."""
    found = await shows_of_shop(connection, shop_id, after=after, limit=SHOWS_A_PAGE + 1)
    page = found[:SHOWS_A_PAGE]
    return PlannedShows(await as_planned(connection, page), after + SHOWS_A_PAGE if len(found) > SHOWS_A_PAGE else None)


async def as_planned(connection: AsyncConnection, shows: Sequence[Show]) -> list[PlannedShow]:
    """These shows, in their order."""
    show_ids = {show.id for show in shows}
    broadcasts = await latest_broadcasts(connection, show_ids)
    first = await first_products(connection, show_ids)
    covers = await _covers(connection, list(first.values()))
    return [
        _planned(show, broadcasts.get(show.id), covers.get(first[show.id]) if show.id in first else None)
        for show in shows
    ]


def _planned(show: Show, broadcast: Broadcast | None, cover: str | None) -> PlannedShow:
    return PlannedShow(
        id=show.id,
        slug=show.slug,
        title=show.title,
        host_name=show.host_name,
        host_person_id=show.host_person_id,
        market=show.market,
        delay_ms=show.delay_ms,
        starts_at=show.starts_at and show.starts_at.astimezone(UTC),
        state=state_of(broadcast),
        aired_us=None if broadcast is None else broadcast.started_us,
        cover=cover,
    )


async def _covers(connection: AsyncConnection, product_ids: Sequence[ProductId]) -> dict[ProductId, str]:
    products = await products_by_id(connection, product_ids)
    return {ProductId(product.id): product.photos[0].url for product in products if product.photos}
