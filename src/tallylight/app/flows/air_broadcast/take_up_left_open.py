"""Broadcasts that are on air without a process: a killed one left them, or one hands them over. They go on here, or are
closed when that was long ago.

What had aired stays, and is served again under the same addresses. What a killed process held in the delay is gone: it
was never decided, so it never airs; the original's recording has it. Who may take a broadcast up is decided by the
recordings' locks alone: the original's for its camera, the aired one's for air.
"""

import asyncio
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Row

from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.flows.air_broadcast.on_air import GONE_US, LeftOnAir, OnAir
from tallylight.app.flows.air_broadcast.record_of_air import close_broadcast
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.ids import BroadcastId, ShowId
from tallylight.media.air_line import LeftLine
from tallylight.media.folder_lock import FolderLocks
from tallylight.media.left_behind import LeftWindow, take_up_window, written_us
from tallylight.media.recording import finish_recording, recording_dir
from tallylight.media.stream_address import stream_address_of
from tallylight.shows.models import broadcast
from tallylight.shows.queries import standing_commands

log = structlog.get_logger()

AIR_POLL_S = 0.1

BroadcastRow = Row[tuple[object, ...]]


class LeftOpen:
    """``take_up`` before the first publisher is let in, and whenever a broadcast may have lost its process."""

    def __init__(self, database: Database, recordings_dir: Path, media_url: str, desk: MediaDesk, clock: Clock) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._media_url = media_url
        self._desk = desk
        self._clock = clock
        self._waiting: set[asyncio.Task[None]] = set()

    async def take_up(self) -> None:
        """All that nobody carries. A broadcast whose camera was recorded within GONE_US goes on."""
        async with self._database.transaction() as connection:
            rows = (await connection.execute(sa.select(broadcast).where(broadcast.c.ended_us.is_(None)))).all()
        for row in rows:
            if self._desk.carries(BroadcastId(row.id)):
                continue  # by a move whose other end died: first what is held here has to air
            locks = FolderLocks(self._recordings_dir, row.id)
            if locks.take("original"):
                locks.take("aired")
                try:
                    await self._take_up(row, locks)
                except BaseException:
                    locks.give_up("original", "aired")
                    raise

    async def close(self) -> None:
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _take_up(self, row: BroadcastRow, locks: FolderLocks) -> None:
        if not await self._still_open(row):
            locks.give_up("original", "aired")
            return
        left = None
        if self._clock.now_us() - written_us(recording_dir(self._recordings_dir, row.id, "original")) < GONE_US:
            left = await self._left_on_air(row, on_air=locks.holds("aired"))
        if left is not None:
            on_air = await self._desk.take_up(ShowId(row.show_id), BroadcastId(row.id), left, locks)
            log.warning("went on with a broadcast that was left open", broadcast_id=str(row.id))
            if on_air.waiting_for_air:
                task = asyncio.create_task(self._go_on_air(on_air, locks))
                self._waiting.add(task)
                task.add_done_callback(self._waiting.discard)
        elif locks.holds("aired"):
            await self._close(row)
            locks.give_up("original", "aired")
        else:
            locks.give_up("original")  # whoever is still on air with it plays out; then it is closed

    async def _still_open(self, row: BroadcastRow) -> bool:
        """It may have been closed between our look and our lock."""
        async with self._database.transaction() as connection:
            ended = sa.select(broadcast.c.ended_us).where(broadcast.c.id == row.id)
            return await connection.scalar(ended) is None

    async def _left_on_air(self, row: BroadcastRow, *, on_air: bool) -> LeftOnAir | None:
        """None when it cannot go on: its recording cannot be read, or nobody was ever told its address."""
        async with self._database.transaction() as connection:
            token = await stream_address_of(connection, row.id)
            commands, newest = await standing_commands(connection, ShowId(row.show_id), row.started_us)
        if token is None:
            return None
        try:
            original = await asyncio.to_thread(take_up_window, recording_dir(self._recordings_dir, row.id, "original"))
            aired = await self._aired(row.id) if on_air else None
        except (OSError, ValueError) as error:
            log.error("a broadcast's recording cannot be read", kind=type(error).__name__, broadcast_id=str(row.id))
            return None
        return LeftOnAir(token, row.started_us, row.delay_ms, LeftLine(aired, original), commands, newest)

    async def _aired(self, broadcast_id: BroadcastId) -> LeftWindow:
        return await asyncio.to_thread(take_up_window, recording_dir(self._recordings_dir, broadcast_id, "aired"))

    async def _go_on_air(self, on_air: OnAir, locks: FolderLocks) -> None:
        """As soon as the process before has aired all that it held, or is dead."""
        while not locks.take("aired"):  # noqa: ASYNC110 - another process decides
            await asyncio.sleep(AIR_POLL_S)
        try:
            aired = await self._aired(on_air.broadcast_id)
        except (OSError, ValueError) as error:
            log.error("what has aired cannot be read", kind=type(error).__name__)
            aired = None
        self._desk.go_on_air(on_air, aired)

    async def _close(self, row: BroadcastRow) -> None:
        aired = await asyncio.to_thread(finish_recording, recording_dir(self._recordings_dir, row.id, "aired"))
        original = await asyncio.to_thread(finish_recording, recording_dir(self._recordings_dir, row.id, "original"))
        async with self._database.transaction() as connection:
            ended_us = max(aired.ended_us or 0, row.started_us)
            await close_broadcast(connection, ShowId(row.show_id), row.id, ended_us, aired, original, self._media_url)
        log.warning("closed a broadcast that was left open", broadcast_id=str(row.id))
