"""Closes broadcasts that a killed media process left open: what had aired stays as the replay."""

import asyncio
from pathlib import Path

import sqlalchemy as sa
import structlog

from tallylight.app.flows.air_broadcast.record_of_air import close_broadcast
from tallylight.foundation.database import Database
from tallylight.media.recording import finish_recording, recording_dir
from tallylight.shows.models import broadcast

log = structlog.get_logger()


async def close_left_open(database: Database, recordings_dir: Path, media_url: str) -> int:
    """Run before the first publisher is let in; returns how many were closed. The next publish starts anew."""
    async with database.transaction() as connection:
        rows = (await connection.execute(sa.select(broadcast).where(broadcast.c.ended_us.is_(None)))).all()
    for row in rows:
        aired = await asyncio.to_thread(finish_recording, recording_dir(recordings_dir, row.id, "aired"))
        original = await asyncio.to_thread(finish_recording, recording_dir(recordings_dir, row.id, "original"))
        async with database.transaction() as connection:
            ended_us = max(aired.ended_us or 0, row.started_us)
            await close_broadcast(connection, row.show_id, row.id, ended_us, aired, original, media_url)
        log.warning("closed a broadcast that was left open", broadcast_id=str(row.id))
    return len(rows)
