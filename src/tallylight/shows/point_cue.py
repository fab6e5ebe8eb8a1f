"""Points a deal cue at another deal."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import CueId, DealId, ShowId
from tallylight.shows.models import cue


async def point_cue(connection: AsyncConnection, show_id: ShowId, cue_id: CueId, deal_id: DealId) -> None:
    """The show's deal cue opens ``deal_id`` when it is next fired; what it opened before stays as it was.

    NotFoundError when the show has no such deal cue.
    """
    row = await connection.execute(
        cue.update()
        .where(cue.c.id == cue_id, cue.c.show_id == show_id, cue.c.kind == "deal")
        .values(deal_id=deal_id)
        .returning(cue.c.id)
    )
    if row.first() is None:
        raise NotFoundError("this show has no such deal cue")
