"""A show's plan is changed while it is not on air."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShowId
from tallylight.shows.errors import OnAirError
from tallylight.shows.models import show
from tallylight.shows.queries import latest_broadcast
from tallylight.shows.types import Broadcast


async def lock_plan(connection: AsyncConnection, show_id: ShowId) -> Broadcast | None:
    """The show's last broadcast, None when it never aired. OnAirError while one is on air.

    A broadcast that begins waits for this row, or this for its commit: what is on air is never changed below it.
    """
    await connection.execute(sa.select(show.c.id).where(show.c.id == show_id).with_for_update())
    latest = await latest_broadcast(connection, show_id)
    if latest is not None and latest.ended_us is None:
        raise OnAirError("the show is on air; change it when it is over")
    return latest
