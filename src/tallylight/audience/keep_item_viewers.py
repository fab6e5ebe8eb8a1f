"""Writes down how many viewers look at each product of a show, and are shown that its host is paid, over all web
processes: a history by time.

Each process leaves its newest sketches in ``item_viewers_part``. Whoever is first in a turn of five seconds unites what
all of them left into the one row of ``item_viewers`` that the turn has: its primary key is the lock.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.item_viewers import Looked
from tallylight.audience.models import item_viewers, item_viewers_part
from tallylight.audience.viewer_count import estimate
from tallylight.foundation.clock import MICROSECONDS
from tallylight.shows.models import show_product

TURN_US = 5 * MICROSECONDS
PART_US = 15 * MICROSECONDS
"""What a process left so long ago counts no more: it has stopped, or nobody is on it."""
KNOWN_US = 20 * MICROSECONDS
"""So long after a turn its count is still what is known."""
KEPT_US = 7 * 86_400 * MICROSECONDS


class DisclosureShown(msgspec.Struct, frozen=True):
    """Of ``asked`` viewers, on whose screens it was to stand that the host is paid, it stood on those of ``shown``."""

    asked: int
    shown: int


async def keep_item_viewers(
    connection: AsyncConnection, process: UUID, looked_at: Mapping[UUID, Looked], *, now_us: int
) -> dict[UUID, DisclosureShown]:
    """``looked_at``: by show on air, what those who are on ``process`` look at.

    What is no product of its show is left out, so a row holds no more than a show does. Returns, of the shows whose
    turn this process wrote, to how many it was shown that the host is paid, where it was to be shown to anyone.
    """
    shown: dict[UUID, DisclosureShown] = {}
    for show_id, looked in sorted(looked_at.items()):
        own = set(
            await connection.scalars(sa.select(show_product.c.product_id).where(show_product.c.show_id == show_id))
        )
        kept = {product_id: sketch for product_id, sketch in looked.items.items() if product_id in own}
        values = {
            "at_us": now_us,
            "product_ids": list(kept),
            "sketches": list(kept.values()),
            "disclosure_asked": looked.disclosure_asked,
            "disclosure_shown": looked.disclosure_shown,
        }
        await connection.execute(
            insert(item_viewers_part)
            .values(show_id=show_id, process=process, **values)
            .on_conflict_do_update(
                index_elements=[item_viewers_part.c.show_id, item_viewers_part.c.process], set_=values
            )
        )
        united = await _unite(connection, show_id, now_us)
        if united is not None:
            shown[show_id] = united
    return shown


async def _unite(connection: AsyncConnection, show_id: UUID, now_us: int) -> DisclosureShown | None:
    """The row is dated to the end of its turn: nobody asks for a moment whose row is still to come."""
    at_us = (now_us // TURN_US + 1) * TURN_US
    row = sa.select(item_viewers.c.at_us).where(item_viewers.c.show_id == show_id, item_viewers.c.at_us == at_us)
    if await connection.scalar(row) is not None:
        return None
    parts = await connection.execute(
        sa.select(item_viewers_part).where(
            item_viewers_part.c.show_id == show_id, item_viewers_part.c.at_us > now_us - PART_US
        )
    )
    found: dict[UUID, list[bytes]] = {}
    asked: list[bytes] = []
    shown: list[bytes] = []
    for part in parts:
        if part.disclosure_asked is not None:
            asked.append(part.disclosure_asked)
            shown.append(part.disclosure_shown)
        for product_id, sketch in zip(part.product_ids, part.sketches, strict=True):
            found.setdefault(product_id, []).append(sketch)
    counts = {product_id: estimate(sketches) for product_id, sketches in found.items()}
    told = DisclosureShown(estimate(asked), estimate(shown)) if asked else None
    written = await connection.execute(
        insert(item_viewers)
        .values(
            show_id=show_id,
            at_us=at_us,
            product_ids=list(counts),
            viewers=list(counts.values()),
            disclosure_asked=None if told is None else told.asked,
            disclosure_shown=None if told is None else told.shown,
        )
        .on_conflict_do_nothing()
    )
    return told if written.rowcount else None


async def item_viewers_at(connection: AsyncConnection, show_id: UUID, at_us: int) -> dict[UUID, int] | None:
    """By product, how many viewers had it open or in the bag at ``at_us``; a product left out: nobody.

    None: nothing was counted then (off air, or no web process wrote), so that nothing is known.
    """
    row = (
        await connection.execute(
            sa.select(item_viewers.c.product_ids, item_viewers.c.viewers)
            .where(item_viewers.c.show_id == show_id, item_viewers.c.at_us.between(at_us - KNOWN_US, at_us))
            .order_by(item_viewers.c.at_us.desc())
            .limit(1)
        )
    ).one_or_none()
    return None if row is None else dict(zip(row.product_ids, row.viewers, strict=True))


async def forget_item_viewers(connection: AsyncConnection, *, now_us: int) -> int:
    """Delete counts older than KEPT_US, and what processes left behind; how many counts."""
    await connection.execute(item_viewers_part.delete().where(item_viewers_part.c.at_us < now_us - 60 * PART_US))
    gone = await connection.execute(item_viewers.delete().where(item_viewers.c.at_us < now_us - KEPT_US))
    return gone.rowcount
