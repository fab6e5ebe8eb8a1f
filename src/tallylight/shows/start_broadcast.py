"""Opens and closes a show's broadcast."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import BroadcastId, ShowId, new_id
from tallylight.shows.errors import AlreadyOnAirError
from tallylight.shows.models import broadcast
from tallylight.shows.types import Broadcast


async def start_broadcast(
    connection: AsyncConnection,
    show_id: ShowId,
    *,
    delay_ms: int,
    started_us: int,
    broadcast_id: BroadcastId | None = None,
) -> Broadcast:
    """The show goes on air; ``started_us`` is its first sample's programme time. AlreadyOnAirError when it is.

    ``broadcast_id`` is the caller's when its media has begun to be kept under that name already.
    """
    made = Broadcast(broadcast_id or BroadcastId(new_id()), show_id, delay_ms, started_us, None)
    row = await connection.execute(
        insert(broadcast)
        .values(id=made.id, show_id=show_id, delay_ms=delay_ms, started_us=started_us)
        .on_conflict_do_nothing(index_elements=[broadcast.c.show_id], index_where=broadcast.c.ended_us.is_(None))
        .returning(broadcast.c.id)
    )
    if row.first() is None:
        raise AlreadyOnAirError("this show is on air already; end that broadcast first")
    return made


async def end_broadcast(connection: AsyncConnection, broadcast_id: BroadcastId, ended_us: int) -> bool:
    """The broadcast is over at ``ended_us``, programme time; False when it was over before."""
    row = await connection.execute(
        broadcast.update()
        .where(broadcast.c.id == broadcast_id, broadcast.c.ended_us.is_(None))
        .values(ended_us=ended_us)
        .returning(broadcast.c.id)
    )
    return row.first() is not None
