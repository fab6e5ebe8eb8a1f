"""The delay at which a moment of programme airs: the planned one, and what the desk changed of it on air."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShowId
from tallylight.media.delay_slew import DelaySlew
from tallylight.shows.models import broadcast, gate_command

CHANGES_MAX = 200
"""Each takes a person's hand; beyond these only the newest are looked at, for older ones have long been reached."""


async def delay_on_air_us(connection: AsyncConnection, show_id: ShowId, programme_us: int, planned_us: int) -> int:
    """How long after ``programme_us`` it airs, as the desk's commands stand now. The gate slides to a new delay, so
    while one is being reached it is neither the old nor the new.
    """
    on_air_since = (
        sa.select(sa.func.max(broadcast.c.started_us)).where(broadcast.c.show_id == show_id).scalar_subquery()
    )
    rows = await connection.execute(
        sa.select(gate_command.c.given_us, gate_command.c.payload)
        .where(
            gate_command.c.show_id == show_id,
            gate_command.c.kind == "delay",
            gate_command.c.given_us >= on_air_since,
        )
        .order_by(gate_command.c.id.desc())
        .limit(CHANGES_MAX)
    )
    slew = DelaySlew(planned_us, planned_us)
    for row in reversed(rows.all()):
        slew = slew.changed(int(row.payload["amount_ms"]) * 1000, row.given_us)
    return slew.due(programme_us) - programme_us
