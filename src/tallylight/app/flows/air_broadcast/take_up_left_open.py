"""Broadcasts that a killed media process left open: those of a moment ago go on, the others are closed.

What had aired stays, and is served again under the same addresses. What was in the delay is gone: it was never decided,
so it never airs; the original's recording has it.
"""

import asyncio
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Row

from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.flows.air_broadcast.on_air import GONE_US, LeftOnAir
from tallylight.app.flows.air_broadcast.record_of_air import close_broadcast
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, ShowId
from tallylight.media.air_line import LeftLine
from tallylight.media.left_behind import take_up_window, written_us
from tallylight.media.recording import finish_recording, recording_dir
from tallylight.media.stream_address import stream_address_of
from tallylight.shows.models import broadcast
from tallylight.shows.queries import standing_commands

log = structlog.get_logger()


async def take_up_left_open(
    database: Database, recordings_dir: Path, media_url: str, desk: MediaDesk, clock: Clock
) -> None:
    """Run before the first publisher is let in. A broadcast whose camera was recorded within GONE_US goes on."""
    async with database.transaction() as connection:
        rows = (await connection.execute(sa.select(broadcast).where(broadcast.c.ended_us.is_(None)))).all()
    for row in rows:
        left = None
        if clock.now_us() - written_us(recording_dir(recordings_dir, row.id, "original")) < GONE_US:
            left = await _left_on_air(database, recordings_dir, row)
        if left is None:
            await _close(database, recordings_dir, media_url, row)
        else:
            await desk.take_up(ShowId(row.show_id), BroadcastId(row.id), left)
            log.warning("went on with a broadcast that was left open", broadcast_id=str(row.id))


async def _left_on_air(database: Database, recordings_dir: Path, row: Row[tuple[object, ...]]) -> LeftOnAir | None:
    """None when it cannot go on: its recording cannot be read, or nobody was ever told its address."""
    async with database.transaction() as connection:
        token = await stream_address_of(connection, row.id)
        commands, newest = await standing_commands(connection, ShowId(row.show_id), row.started_us)
    if token is None:
        return None
    try:
        aired = await asyncio.to_thread(take_up_window, recording_dir(recordings_dir, row.id, "aired"))
        original = await asyncio.to_thread(take_up_window, recording_dir(recordings_dir, row.id, "original"))
    except (OSError, ValueError) as error:
        log.error("a broadcast's recording cannot be read", kind=type(error).__name__, broadcast_id=str(row.id))
        return None
    return LeftOnAir(token, row.started_us, row.delay_ms, LeftLine(aired, original), commands, newest)


async def _close(database: Database, recordings_dir: Path, media_url: str, row: Row[tuple[object, ...]]) -> None:
    aired = await asyncio.to_thread(finish_recording, recording_dir(recordings_dir, row.id, "aired"))
    original = await asyncio.to_thread(finish_recording, recording_dir(recordings_dir, row.id, "original"))
    async with database.transaction() as connection:
        ended_us = max(aired.ended_us or 0, row.started_us)
        await close_broadcast(connection, ShowId(row.show_id), row.id, ended_us, aired, original, media_url)
    log.warning("closed a broadcast that was left open", broadcast_id=str(row.id))
