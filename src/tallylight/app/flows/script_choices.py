"""What a script may point at: the shop's products, its shows and their cues."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.compliance.scripts.types import Segment
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.shows.models import cue, show
from tallylight.shows.queries import latest_broadcast, latest_broadcasts, show_by, shows_listed
from tallylight.shows.types import Show, state_of

PRODUCTS_MAX = 2_000


class ProductChoice(msgspec.Struct, frozen=True):
    id: UUID
    handle: str
    title: str


class CueChoice(msgspec.Struct, frozen=True):
    id: UUID
    label: str
    kind: str
    product_id: UUID | None


class ShowChoice(msgspec.Struct, frozen=True):
    id: UUID
    slug: str
    title: str
    state: Literal["scheduled", "live", "ended"]
    market: str
    cues: list[CueChoice]


class Choices(msgspec.Struct, frozen=True):
    """The first PRODUCTS_MAX products by title; the shows as the control room lists them."""

    products: list[ProductChoice]
    shows: list[ShowChoice]


class OnAirError(ConflictError):
    """The show is on air: what it goes by cannot change under the host."""

    code = "on_air"


async def script_choices(connection: AsyncConnection, shop_id: ShopId) -> Choices:
    """Everything that a script of this shop may name."""
    products = await connection.execute(
        sa.select(product.c.id, product.c.handle, product.c.title)
        .where(product.c.shop_id == shop_id)
        .order_by(product.c.title, product.c.id)
        .limit(PRODUCTS_MAX)
    )
    shows = await shows_listed(connection, {shop_id})
    aired = await latest_broadcasts(connection, {each.id for each in shows})
    cues: dict[UUID, list[CueChoice]] = {}
    for row in await connection.execute(
        sa.select(cue).where(cue.c.show_id.in_([each.id for each in shows])).order_by(cue.c.show_id, cue.c.position)
    ):
        cues.setdefault(row.show_id, []).append(CueChoice(row.id, row.label, row.kind, row.product_id))
    return Choices(
        [ProductChoice(row.id, row.handle, row.title) for row in products],
        [
            ShowChoice(each.id, each.slug, each.title, state_of(aired.get(each.id)), each.market, cues.get(each.id, []))
            for each in shows
        ],
    )


async def require_own(connection: AsyncConnection, shop_id: UUID, segments: Sequence[Segment]) -> None:
    """InvalidInputError unless every product and cue that the segments name is the shop's own."""
    product_ids = {each.product_id for each in segments if each.product_id is not None}
    cue_ids = {each.cue_id for each in segments if each.cue_id is not None}
    own_products = await connection.scalar(
        sa.select(sa.func.count()).where(product.c.id.in_(product_ids), product.c.shop_id == shop_id)
    )
    if own_products != len(product_ids):
        raise InvalidInputError("a segment names a product that this shop does not have", field="segments")
    own_cues = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(cue.join(show, show.c.id == cue.c.show_id))
        .where(cue.c.id.in_(cue_ids), show.c.shop_id == shop_id)
    )
    if own_cues != len(cue_ids):
        raise InvalidInputError("a segment names a cue that no show of this shop has", field="segments")


async def show_to_pin(connection: AsyncConnection, shop_id: UUID, show_id: UUID) -> Show:
    """The show, if it is this shop's and off air. NotFoundError, OnAirError."""
    found = await show_by(connection, show_id)
    if found.shop_id != shop_id:
        raise NotFoundError("there is no such show")
    # A broadcast that begins takes this row's key lock by its foreign key, so it waits for us, or we for it.
    await connection.execute(sa.select(show.c.id).where(show.c.id == show_id).with_for_update())
    broadcast = await latest_broadcast(connection, found.id)
    if broadcast is not None and broadcast.ended_us is None:
        raise OnAirError("the show is on air; pin another script when it has ended")
    return found
