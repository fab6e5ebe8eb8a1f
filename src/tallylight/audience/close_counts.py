"""Adds up, once a broadcast is over, what the web processes counted of it: for good."""

from itertools import zip_longest
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.audience.models import broadcast_audience, viewer_count
from tallylight.audience.viewer_count import estimate
from tallylight.foundation.clock import MICROSECONDS
from tallylight.shows.models import broadcast

SETTLED_US = 30 * MICROSECONDS
"""A web process writes every few seconds; after this its last word is in."""
BROADCASTS_A_TURN = 50


async def close_counts(connection: AsyncConnection, *, now_us: int) -> int:
    """Of broadcasts that are over; how many. A count that came after its broadcast was added up is dropped.

    The peak is the greatest sum of the processes' peaks within a minute: exact for one process, and with several at
    most too high by those who went from one to another within that minute.
    """
    over = await connection.scalars(
        sa.select(broadcast.c.id)
        .where(
            broadcast.c.ended_us < now_us - SETTLED_US,
            sa.exists().where(viewer_count.c.broadcast_id == broadcast.c.id),
        )
        .order_by(broadcast.c.ended_us)
        .limit(BROADCASTS_A_TURN)
        .with_for_update(skip_locked=True)
    )
    closed = 0
    for broadcast_id in list(over):
        closed += await _close(connection, broadcast_id, now_us)
    return closed


async def _close(connection: AsyncConnection, broadcast_id: UUID, now_us: int) -> int:
    parts = (
        await connection.execute(
            viewer_count.delete().where(viewer_count.c.broadcast_id == broadcast_id).returning(viewer_count)
        )
    ).all()
    by_minute = [sum(minute) for minute in zip_longest(*(part.peaks for part in parts), fillvalue=0)]
    made = await connection.execute(
        insert(broadcast_audience)
        .values(
            broadcast_id=broadcast_id,
            viewers=estimate([part.viewers for part in parts]),
            peak=max(by_minute, default=0),
            watched_us=sum(sum(part.watched_us) for part in parts),
            by_minute=by_minute,
            counted_us=now_us,
        )
        .on_conflict_do_nothing()
        .returning(broadcast_audience.c.broadcast_id)
    )
    return len(made.all())
