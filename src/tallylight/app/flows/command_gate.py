"""The desk's hand on the whole picture: cover and mute everything at once, and let it go again."""

from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.evidence import record_evidence
from tallylight.foundation.ids import PersonId, ShowId
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.queries import latest_broadcast


async def command_gate(
    connection: AsyncConnection, show_id: ShowId, kind: Literal["panic", "uncover"], *, given_by: PersonId, now_us: int
) -> None:
    """Give the command and, on air, put into the evidence who gave it."""
    broadcast = await latest_broadcast(connection, show_id)
    if broadcast is not None and broadcast.ended_us is None:
        payload = {"kind": kind, "by": str(given_by), "wall_us": now_us}
        await record_evidence(connection, broadcast.id, "decision", payload, now_us)
    await give_gate_command(connection, show_id, kind, given_us=now_us, given_by=given_by)
