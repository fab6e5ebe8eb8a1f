"""Retention: empties the record of broadcasts that are older than their shop keeps, and deletes their recordings.

In two steps, each safe to repeat: first what is in the database, in one transaction; then the files, which are named
by the broadcast alone. A job killed between the two goes on with the files.
"""

import asyncio
import shutil
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.record.errors import BrokenChainError, HeldError
from tallylight.compliance.record.models import aftercare, legal_hold, retention_policy
from tallylight.compliance.record.retention import DAY_US, DAYS_DEFAULT, empty_record
from tallylight.foundation.database import Database
from tallylight.foundation.outbox import event
from tallylight.media.models import recording
from tallylight.shows.models import broadcast, show

log = structlog.get_logger()

_BATCH = 50
_CHANNELS = ("show", "control")


async def expire_broadcasts(database: Database, recordings_dir: Path, *, now_us: int) -> int:
    """Empty what is due, unless held or broken; how many broadcasts."""
    expired = 0
    async with database.reading() as connection:
        due = await broadcasts_due(connection, now_us)
    for broadcast_id, show_id, days in due:
        try:
            async with database.transaction() as connection:
                await _empty(connection, broadcast_id, show_id, days, now_us)
            expired += 1
        except HeldError:
            continue  # placed since we looked
        except BrokenChainError:
            log.error("a broken chain is kept beyond its time", broadcast_id=str(broadcast_id))
    await _delete_files(database, recordings_dir, now_us)
    return expired


async def broadcasts_due(connection: AsyncConnection, now_us: int) -> list[tuple[UUID, UUID, int]]:
    """(broadcast, show, days kept) of those whose time is over and that no hold keeps, the oldest first."""
    days = sa.func.coalesce(retention_policy.c.days, DAYS_DEFAULT)
    rows = await connection.execute(
        sa.select(broadcast.c.id, broadcast.c.show_id, days.label("days"))
        .join(show, show.c.id == broadcast.c.show_id)
        .outerjoin(retention_policy, retention_policy.c.shop_id == show.c.shop_id)
        .outerjoin(aftercare, aftercare.c.broadcast_id == broadcast.c.id)
        .where(
            broadcast.c.ended_us + sa.cast(days, sa.BigInteger) * sa.literal(DAY_US, sa.BigInteger) < now_us,
            aftercare.c.emptied_us.is_(None),
            ~sa.exists().where(legal_hold.c.broadcast_id == broadcast.c.id, legal_hold.c.lifted_us.is_(None)),
        )
        .order_by(broadcast.c.ended_us)
        .limit(_BATCH)
    )
    return [(row.id, row.show_id, row.days) for row in rows]


async def _empty(connection: AsyncConnection, broadcast_id: UUID, show_id: UUID, days: int, now_us: int) -> None:
    await empty_record(connection, broadcast_id, days=days, now_us=now_us)
    times = (await connection.execute(sa.select(broadcast).where(broadcast.c.id == broadcast_id))).one()
    # Words, captions and findings also went out as events, which are only trimmed by number.
    await connection.execute(
        event.delete().where(
            event.c.channel.in_([f"{kind}:{show_id}" for kind in _CHANNELS]),
            event.c.at_us.between(times.started_us, times.ended_us),
        )
    )
    values = {"emptied_us": now_us}
    await connection.execute(
        insert(aftercare)
        .values(broadcast_id=broadcast_id, **values)
        .on_conflict_do_update(index_elements=[aftercare.c.broadcast_id], set_=values)
    )


async def _delete_files(database: Database, recordings_dir: Path, now_us: int) -> None:
    async with database.reading() as connection:
        rows = await connection.scalars(
            sa.select(aftercare.c.broadcast_id).where(
                aftercare.c.emptied_us.is_not(None), aftercare.c.files_deleted_us.is_(None)
            )
        )
        emptied = list(rows)
    for broadcast_id in emptied:
        folder = recordings_dir / str(broadcast_id)
        try:
            await asyncio.to_thread(shutil.rmtree, folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            log.error("a recording could not be deleted", problem=type(error).__name__, broadcast_id=str(broadcast_id))
            continue
        async with database.transaction() as connection:
            await connection.execute(
                recording.update().where(recording.c.broadcast_id == broadcast_id).values(state="deleted")
            )
            await connection.execute(
                aftercare.update().where(aftercare.c.broadcast_id == broadcast_id).values(files_deleted_us=now_us)
            )
