"""Writes what a web process has counted of the broadcasts on air, over what it wrote before."""

from collections.abc import Mapping
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.models import viewer_count
from tallylight.audience.viewer_count import Count
from tallylight.shows.models import broadcast


async def on_air_of(connection: AsyncConnection, show_ids: set[UUID]) -> dict[UUID, tuple[UUID, int]]:
    """By show: its broadcast on air, and the programme time at which that began."""
    rows = await connection.execute(
        sa.select(broadcast).where(broadcast.c.show_id.in_(show_ids), broadcast.c.ended_us.is_(None))
    )
    return {row.show_id: (row.id, row.started_us) for row in rows}


async def keep_counts(connection: AsyncConnection, process: UUID, counts: Mapping[UUID, Count]) -> None:
    """By broadcast, what ``process`` has counted from its beginning on."""
    for broadcast_id, kept in sorted(counts.items()):
        values = {
            "peaks": kept.peaks, "watched_us": kept.watched_us, "viewers": bytes(kept.viewers.serialize_compact())
        }  # fmt: skip
        await connection.execute(
            insert(viewer_count)
            .values(broadcast_id=broadcast_id, process=process, **values)
            .on_conflict_do_update(index_elements=[viewer_count.c.broadcast_id, viewer_count.c.process], set_=values)
        )
