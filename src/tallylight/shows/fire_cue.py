"""Fires a cue: writes down what holds from a programme time on."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import CueId, PersonId, ShowId, new_id
from tallylight.shows.models import broadcast, cue_firing
from tallylight.shows.queries import cue_by_id
from tallylight.shows.types import Firing


async def fire_cue(
    connection: AsyncConnection, show_id: ShowId, cue_id: CueId, at_us: int, fired_by: PersonId | None
) -> Firing:
    """Stamp the cue at ``at_us``, which is now at the camera, so that viewers see it ``delay`` later, at that frame.

    A cue may be fired again: a firing is never edited. NotFoundError for a cue of another show.
    """
    row = await cue_by_id(connection, show_id, cue_id)
    on_air = await connection.scalar(
        sa.select(broadcast.c.id).where(broadcast.c.show_id == show_id, broadcast.c.ended_us.is_(None))
    )
    await connection.execute(
        cue_firing.insert().values(
            id=new_id(),
            show_id=show_id,
            broadcast_id=on_air,
            cue_id=cue_id,
            kind=row.kind,
            product_id=row.product_id,
            deal_id=row.deal_id,
            at_us=at_us,
            fired_by=fired_by,
        )
    )
    return Firing(row.kind, row.product_id, row.deal_id, at_us)
