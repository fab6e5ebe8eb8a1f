"""Notes in the database what is recorded of a broadcast."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.media.models import recording
from tallylight.media.recording import Kind, RecordingSummary


async def note_recording_started(connection: AsyncConnection, broadcast_id: UUID, started_us: int) -> None:
    """Both recordings run."""
    await connection.execute(
        insert(recording)
        .values(
            [
                {"broadcast_id": broadcast_id, "kind": kind, "state": "recording", "started_us": started_us}
                for kind in ("aired", "original")
            ]
        )
        .on_conflict_do_nothing()
    )


async def note_recording_finished(
    connection: AsyncConnection, broadcast_id: UUID, kind: Kind, summary: RecordingSummary
) -> None:
    """What came of it: complete, incomplete (segments were lost) or empty."""
    state = "incomplete" if summary.lost else "complete"
    values = {
        "state": state if summary.segments else "empty",
        "started_us": summary.started_us,
        "ended_us": summary.ended_us,
        "segments": summary.segments,
        "bytes": summary.bytes,
    }
    statement = insert(recording).values(broadcast_id=broadcast_id, kind=kind, **values)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=[recording.c.broadcast_id, recording.c.kind], set_=values)
    )


async def note_recording_stored(connection: AsyncConnection, broadcast_id: UUID) -> None:
    """What aired is in the store too, whole."""
    await connection.execute(
        recording.update()
        .where(recording.c.broadcast_id == broadcast_id, recording.c.kind == "aired")
        .values(stored=True)
    )
