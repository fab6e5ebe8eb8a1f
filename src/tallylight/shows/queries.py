"""Reads of the shows room."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import BroadcastId, CueId, DealId, PersonId, ProductId, ShopId, ShowId
from tallylight.shows.models import broadcast, cue, cue_firing, gate_command, show, show_product
from tallylight.shows.types import SLUG, Broadcast, Cue, Firing, GateCommand, Show

SHOWS_LISTED_MAX = 100
FIRINGS_MAX = 1_000
SHOW_IDS_MAX = 1_000
STANDING_KINDS = ("panic", "uncover", "cover_picture", "delay", "end")


async def show_by(connection: AsyncConnection, id_or_slug: str | UUID) -> Show:
    """The show with this id or slug; NotFoundError when there is none."""
    try:
        key = show.c.id == (id_or_slug if isinstance(id_or_slug, UUID) else UUID(id_or_slug))
    except ValueError:
        key = show.c.slug == id_or_slug if SLUG.fullmatch(str(id_or_slug)) else sa.false()
    row = (await connection.execute(sa.select(show).where(key))).first()
    if row is None:
        raise NotFoundError("there is no such show")
    return _show(row)


async def shows_listed(connection: AsyncConnection, shop_ids: set[ShopId] | None = None) -> list[Show]:
    """Shows by start, the next first, of these shops or of all; at most SHOWS_LISTED_MAX, the newest."""
    query = sa.select(show).order_by(show.c.starts_at.desc().nulls_first(), show.c.created_at.desc())
    if shop_ids is not None:
        query = query.where(show.c.shop_id.in_(shop_ids))
    return [_show(row) for row in await connection.execute(query.limit(SHOWS_LISTED_MAX))]


async def shows_of_shop(connection: AsyncConnection, shop_id: ShopId, *, after: int, limit: int) -> list[Show]:
    """The shop's shows in the order in which people look for them, without the first ``after``: on air; planned, the
    next first and those without a date last; over, the last first.
    """
    aired = (
        sa.select(
            broadcast.c.show_id,
            sa.func.max(broadcast.c.started_us).label("last_us"),
            sa.func.bool_or(broadcast.c.ended_us.is_(None)).label("on_air"),
        )
        .group_by(broadcast.c.show_id)
        .subquery()
    )
    planned = aired.c.show_id.is_(None)
    rows = await connection.execute(
        sa.select(show)
        .outerjoin(aired, aired.c.show_id == show.c.id)
        .where(show.c.shop_id == shop_id)
        .order_by(
            sa.case((aired.c.on_air, 0), (planned, 1), else_=2),
            sa.case((planned, show.c.starts_at)).asc().nulls_last(),
            aired.c.last_us.desc().nulls_last(),
            show.c.created_at.desc(),
            show.c.id,
        )
        .offset(after)
        .limit(limit)
    )
    return [_show(row) for row in rows]


async def show_ids_of(connection: AsyncConnection, shop_id: ShopId) -> list[ShowId]:
    """The shop's last SHOW_IDS_MAX shows."""
    rows = await connection.scalars(
        sa.select(show.c.id).where(show.c.shop_id == shop_id).order_by(show.c.created_at.desc()).limit(SHOW_IDS_MAX)
    )
    return [ShowId(row) for row in rows]


async def shows_by_id(connection: AsyncConnection, ids: set[ShowId]) -> list[Show]:
    """These shows, those that exist, in no order."""
    return [_show(row) for row in await connection.execute(sa.select(show).where(show.c.id.in_(ids)))]


async def latest_broadcasts(connection: AsyncConnection, show_ids: set[ShowId]) -> dict[ShowId, Broadcast]:
    """Each show's broadcast on air, or else its last; shows that never aired are left out."""
    rows = await connection.execute(
        sa.select(broadcast)
        .where(broadcast.c.show_id.in_(show_ids))
        .ext(distinct_on(broadcast.c.show_id))
        .order_by(broadcast.c.show_id, broadcast.c.ended_us.is_(None).desc(), broadcast.c.started_us.desc())
    )
    return {ShowId(row.show_id): _broadcast(row) for row in rows}


async def latest_broadcast(connection: AsyncConnection, show_id: ShowId) -> Broadcast | None:
    """The show's broadcast on air, or else its last; None when it never aired."""
    return (await latest_broadcasts(connection, {show_id})).get(show_id)


async def broadcast_by_id(connection: AsyncConnection, broadcast_id: UUID) -> Broadcast:
    """NotFoundError when there is none."""
    row = (await connection.execute(sa.select(broadcast).where(broadcast.c.id == broadcast_id))).first()
    if row is None:
        raise NotFoundError("there is no such broadcast")
    return _broadcast(row)


async def products_of(connection: AsyncConnection, show_id: ShowId) -> list[ProductId]:
    """The show's products in their order."""
    rows = await connection.scalars(
        sa.select(show_product.c.product_id)
        .where(show_product.c.show_id == show_id)
        .order_by(show_product.c.position, show_product.c.product_id)
    )
    return [ProductId(row) for row in rows]


async def first_products(connection: AsyncConnection, show_ids: set[ShowId]) -> dict[ShowId, ProductId]:
    """Each show's first product; shows without any are left out."""
    rows = await connection.execute(
        sa.select(show_product.c.show_id, show_product.c.product_id)
        .where(show_product.c.show_id.in_(show_ids))
        .ext(distinct_on(show_product.c.show_id))
        .order_by(show_product.c.show_id, show_product.c.position, show_product.c.product_id)
    )
    return {ShowId(row.show_id): ProductId(row.product_id) for row in rows}


async def cues_of(connection: AsyncConnection, show_id: ShowId) -> list[Cue]:
    """The run of show, each cue with the time it was last fired."""
    fired = (
        sa.select(cue_firing.c.cue_id, sa.func.max(cue_firing.c.at_us).label("fired_us"))
        .where(cue_firing.c.show_id == show_id)
        .group_by(cue_firing.c.cue_id)
        .subquery()
    )
    rows = await connection.execute(
        sa.select(cue, fired.c.fired_us)
        .outerjoin(fired, fired.c.cue_id == cue.c.id)
        .where(cue.c.show_id == show_id)
        .order_by(cue.c.position)
    )
    return [
        Cue(CueId(row.id), row.position, row.kind, row.label, row.line, row.product_id, row.deal_id, row.fired_us)
        for row in rows
    ]


async def cue_by_id(connection: AsyncConnection, show_id: ShowId, cue_id: CueId) -> Cue:
    """A cue of this show; NotFoundError for any other."""
    row = (await connection.execute(sa.select(cue).where(cue.c.id == cue_id, cue.c.show_id == show_id))).first()
    if row is None:
        raise NotFoundError("this show has no such cue")
    return Cue(CueId(row.id), row.position, row.kind, row.label, row.line, row.product_id, row.deal_id)


async def shows_of_deal(connection: AsyncConnection, deal_id: DealId) -> list[ShowId]:
    """The shows that have a cue for the deal, in the order of their ids."""
    rows = await connection.scalars(
        sa.select(cue.c.show_id).where(cue.c.deal_id == deal_id).distinct().order_by(cue.c.show_id)
    )
    return [ShowId(row) for row in rows]


async def shows_on_air(connection: AsyncConnection, shop_id: ShopId) -> list[ShowId]:
    """The shop's shows that are on air now, in the order of their ids."""
    rows = await connection.scalars(
        sa.select(show.c.id)
        .join(broadcast, broadcast.c.show_id == show.c.id)
        .where(show.c.shop_id == shop_id, broadcast.c.ended_us.is_(None))
        .order_by(show.c.id)
    )
    return [ShowId(row) for row in rows]


async def shows_on_air_with(
    connection: AsyncConnection, shop_id: ShopId, product_ids: Collection[UUID]
) -> list[ShowId]:
    """The shop's shows on air that have one of these products on the shelf (empty: all of its shows on air)."""
    on_air = await shows_on_air(connection, shop_id)
    if not on_air or not product_ids:
        return on_air
    rows = await connection.scalars(
        sa.select(show_product.c.show_id)
        .where(show_product.c.show_id.in_(on_air), show_product.c.product_id.in_(product_ids))
        .distinct()
        .order_by(show_product.c.show_id)
    )
    return [ShowId(row) for row in rows]


async def broadcast_at(connection: AsyncConnection, show_id: ShowId, at_us: int) -> Broadcast | None:
    """The show's broadcast that the programme time ``at_us`` belongs to; None before the first."""
    row = (
        await connection.execute(
            sa.select(broadcast)
            .where(broadcast.c.show_id == show_id, broadcast.c.started_us <= at_us)
            .order_by(broadcast.c.started_us.desc())
            .limit(1)
        )
    ).first()
    return None if row is None else _broadcast(row)


async def firings_of(connection: AsyncConnection, show_id: ShowId) -> list[Firing]:
    """The show's last FIRINGS_MAX firings in order of programme time: the moments that a player folds.

    They reach across broadcasts, as ``pinned_at`` does: what was pinned last holds until something else is.
    """
    rows = await connection.execute(
        sa.select(cue_firing)
        .where(cue_firing.c.show_id == show_id)
        .order_by(cue_firing.c.at_us.desc(), cue_firing.c.id.desc())
        .limit(FIRINGS_MAX)
    )
    return [Firing(row.kind, row.product_id, row.deal_id, row.at_us) for row in rows][::-1]


async def pinned_at(connection: AsyncConnection, show_id: ShowId, at_us: int) -> ProductId | None:
    """The product that is pinned at the programme time ``at_us``; None when none is."""
    row = (
        await connection.execute(
            sa.select(cue_firing.c.product_id)
            .where(
                cue_firing.c.show_id == show_id, cue_firing.c.at_us <= at_us, cue_firing.c.kind.in_(["pin", "unpin"])
            )
            .order_by(cue_firing.c.at_us.desc(), cue_firing.c.id.desc())
            .limit(1)
        )
    ).first()
    return None if row is None or row.product_id is None else ProductId(row.product_id)


async def gate_commands_after(
    connection: AsyncConnection, show_id: ShowId, after_id: int, limit: int = 100
) -> list[GateCommand]:
    """The desk's commands with an id beyond ``after_id``, in order."""
    rows = await connection.execute(
        sa.select(gate_command)
        .where(gate_command.c.show_id == show_id, gate_command.c.id > after_id)
        .order_by(gate_command.c.id)
        .limit(limit)
    )
    return [_gate_command(row) for row in rows]


async def standing_commands(
    connection: AsyncConnection, show_id: ShowId, since_us: int
) -> tuple[list[GateCommand], int]:
    """For each kind that holds until it is taken back, the last one given since wall time ``since_us``; in order.

    And the id of the show's newest command: whoever takes these up hears of those beyond it.
    """
    newest = await connection.scalar(sa.select(sa.func.max(gate_command.c.id)).where(gate_command.c.show_id == show_id))
    last = (
        sa.select(sa.func.max(gate_command.c.id))
        .where(
            gate_command.c.show_id == show_id,
            gate_command.c.given_us >= since_us,
            gate_command.c.id <= (newest or 0),
            gate_command.c.kind.in_(STANDING_KINDS),
        )
        .group_by(gate_command.c.kind)
    )
    rows = await connection.execute(
        sa.select(gate_command).where(gate_command.c.id.in_(last)).order_by(gate_command.c.id)
    )
    return [_gate_command(row) for row in rows], newest or 0


def _gate_command(row: sa.Row[Any]) -> GateCommand:
    span = tuple(row.payload["span"]) if "span" in row.payload else None
    return GateCommand(
        row.id, ShowId(row.show_id), row.kind, row.finding_id, row.given_us, span, row.payload.get("amount_ms")
    )


def _show(row: sa.Row[Any]) -> Show:
    return Show(
        id=ShowId(row.id),
        shop_id=ShopId(row.shop_id),
        slug=row.slug,
        title=row.title,
        host_name=row.host_name,
        host_is_paid=row.host_is_paid,
        creator_commission_bps=row.creator_commission_bps,
        market=row.market,
        delay_ms=row.delay_ms,
        fail_open=row.fail_open,
        hold_policy=row.hold_policy,
        starts_at=row.starts_at,
        host_person_id=None if row.host_person_id is None else PersonId(row.host_person_id),
    )


def _broadcast(row: sa.Row[Any]) -> Broadcast:
    return Broadcast(BroadcastId(row.id), ShowId(row.show_id), row.delay_ms, row.started_us, row.ended_us)
