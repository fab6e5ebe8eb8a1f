"""The desk's hand on the whole programme: panic, cover, dump, cough, another delay, and the end."""

from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.evidence import record_evidence
from tallylight.foundation.ids import PersonId, ShowId
from tallylight.media.source.sources import stop_source
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.models import broadcast as broadcast_table
from tallylight.shows.queries import latest_broadcast

ProgrammeKind = Literal["panic", "uncover", "cover_picture", "dump", "cough", "cough_end", "delay", "end"]


async def command_gate(
    connection: AsyncConnection,
    show_id: ShowId,
    kind: ProgrammeKind,
    *,
    given_by: PersonId,
    now_us: int,
    amount_ms: int | None = None,
) -> None:
    """Give the command and, on air, put into the evidence who gave it.

    ``amount_ms``: how far back a dump goes, or the new delay. A broadcast's row keeps the longest delay that it had:
    while a shorter one is still being reached, prices of what viewers see must go on holding.
    """
    broadcast = await latest_broadcast(connection, show_id)
    if broadcast is not None and broadcast.ended_us is None:
        payload: dict[str, object] = {"kind": kind, "by": str(given_by), "wall_us": now_us}
        if amount_ms is not None:
            payload["amount_ms"] = amount_ms
        await record_evidence(connection, broadcast.id, "decision", payload, now_us)
        if kind == "delay" and amount_ms is not None and amount_ms > broadcast.delay_ms:
            row = sa.update(broadcast_table).where(broadcast_table.c.id == broadcast.id)
            await connection.execute(row.values(delay_ms=amount_ms))
    if kind == "end":
        await stop_source(connection, show_id)
    await give_gate_command(connection, show_id, kind, given_us=now_us, given_by=given_by, amount_ms=amount_ms)
