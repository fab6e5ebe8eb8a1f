"""Puts on record which lines of its script were said in a broadcast: rows, and evidence."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.scripts.align import LineHeard
from tallylight.compliance.scripts.models import script_line_said
from tallylight.compliance.scripts.types import PinnedScript
from tallylight.foundation.ids import BroadcastId


async def record_script(
    connection: AsyncConnection, broadcast_id: BroadcastId, script: PinnedScript, at_us: int
) -> None:
    """Note which signed words the broadcast goes by, from ``at_us`` on."""
    payload = {
        "script_id": script.script_id,
        "version": script.version,
        "segments_sha256": script.digest(),
        "lines": sum(len(segment.lines) for segment in script.segments),
    }
    await record_evidence(connection, broadcast_id, "script", payload, at_us)


async def record_lines(
    connection: AsyncConnection, broadcast_id: BroadcastId, script: PinnedScript, said: Sequence[LineHeard]
) -> None:
    """Keep that these lines were said; one that is kept already stays as it is."""
    for each in said:
        kept = await connection.scalar(
            insert(script_line_said)
            .values(
                broadcast_id=broadcast_id,
                segment=each.place.segment,
                line=each.place.line,
                script_id=script.script_id,
                version=script.version,
                start_us=each.start_us,
                end_us=each.end_us,
                heard_permille=each.heard_permille,
            )
            .on_conflict_do_nothing()
            .returning(script_line_said.c.line)
        )
        if kept is not None:
            payload = {
                "script_id": script.script_id,
                "version": script.version,
                "segment": each.place.segment,
                "line": each.place.line,
                "text": script.segments[each.place.segment].lines[each.place.line],
                "end_us": each.end_us,
                "heard_permille": each.heard_permille,
            }
            await record_evidence(connection, broadcast_id, "script.line", payload, each.start_us)
