"""Shows go to the media process where they are wanted, and a process says how it stands.

A move, from the process A to B: A drops the encoder, closes the original's recording and gives up its lock, then the
row says that B is home; encoders are sent there. B holds what comes in until A has aired all that A held, and given up
the aired recording's lock. Whoever dies on the way gives up its locks by that, and the other goes on (``folder_lock``).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec
import structlog

from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.flows.air_broadcast.take_up_left_open import LeftOpen
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database, database_is_away
from tallylight.foundation.ids import ShowId
from tallylight.media.homes import (
    CannotMoveError,
    Home,
    MediaProcess,
    ask_move,
    forget_move,
    homes,
    media_processes,
    note_process,
    shows_at,
    take_home,
)
from tallylight.media.peers import Peers

log = structlog.get_logger()

BEAT_S = 2.0


class HomeKeeper:
    """``begin`` once, ``read`` whenever rows may have changed, ``run`` as a task."""

    def __init__(
        self,
        database: Database,
        desk: MediaDesk,
        left_open: LeftOpen,
        peers: Peers,
        clock: Clock,
        *,
        listen: Callable[[bool], Awaitable[None]],
        homes_changed: Callable[[], Awaitable[None]],
    ) -> None:
        self.drained = asyncio.Event()
        """All shows that this process was told to hand over are gone."""
        self._database = database
        self._desk = desk
        self._left_open = left_open
        self._peers = peers
        self._clock = clock
        self._listen = listen
        self._homes_changed = homes_changed
        self._me: MediaProcess | None = None
        self._seen: list[Home] = []

    async def begin(self, me: MediaProcess) -> None:
        """Put this process on the list."""
        self._me = me
        async with self._database.transaction() as connection:
            await note_process(connection, me, starts=True)
        await self._learn()

    async def run(self) -> None:
        """Say that this process is up, and how busy."""
        wall, busy = time.monotonic(), time.process_time()
        while True:
            await asyncio.sleep(BEAT_S)
            wall_now, busy_now = time.monotonic(), time.process_time()
            permille = int(1000 * (busy_now - busy) / (wall_now - wall))
            wall, busy = wall_now, busy_now
            if self._me is None:
                continue
            beat = msgspec.structs.replace(self._me, beat_us=self._clock.now_us(), cpu_permille=permille)
            try:
                async with self._database.transaction() as connection:
                    await note_process(connection, beat)
            except Exception as error:
                if not database_is_away(error):
                    log.exception("a media process could not say how it stands")

    async def read(self) -> None:
        """Learn the rows and do what they ask of this process."""
        rows = await self._learn()
        try:
            # While nobody is left to take its shows over, cameras come to this process again.
            await self._listen(not self._desk.draining)
        except OSError as error:
            log.warning("a port for RTMP cannot be opened again", reason=error.strerror)
        if self._desk.draining:
            await self._drain()
            rows = await self._learn()
        for row in rows:
            try:
                await self._settle(row)
            except Exception as error:
                if database_is_away(error):
                    raise
                log.exception("a show could not be settled", show_id=str(row.show_id))
        if rows != self._seen:
            self._seen = rows
            await self._homes_changed()
        if self._desk.draining and self._desk.idle:
            self.drained.set()

    async def _learn(self) -> list[Home]:
        async with self._database.transaction() as connection:
            rows, processes = await homes(connection), await media_processes(connection)
        self._peers.learn(rows, processes)
        mine = self._peers.processes.get(self._peers.name)
        self._desk.draining = mine is not None and mine.draining and bool(self._takers())
        return rows

    async def _settle(self, row: Home) -> None:
        me, here = self._peers.name, self._desk.on_air_of(ShowId(row.show_id))
        if row.home == me:
            if row.wanted is not None and row.wanted != me:
                await self._hand_over(row)
            elif here is None and row.broadcast_id is not None:
                await self._left_open.take_up()
        elif here is None and row.broadcast_id is not None and not self._answers(row.home):
            await self._left_open.take_up()

    async def _hand_over(self, row: Home) -> None:
        assert row.wanted is not None
        here = self._desk.on_air_of(ShowId(row.show_id))
        if not self._answers(row.wanted):
            log.warning("a show cannot go where it is wanted", process=row.wanted)
            async with self._database.transaction() as connection:
                await forget_move(connection, row.show_id)
        elif here is not None:
            self._desk.hand_over(here, row.wanted)
        elif row.broadcast_id is None:
            async with self._database.transaction() as connection:
                await take_home(connection, row.show_id, row.wanted, after=row.home)

    async def _drain(self) -> None:
        """Give every show of this process another home: those on air by a move, the others at once."""
        takers, now_us = self._takers(), self._clock.now_us()
        if not takers:
            return
        async with self._database.transaction() as connection:
            carried = Counter(home.home for home in await homes(connection))
            for row in await shows_at(connection, self._peers.name):
                to = min(takers, key=lambda one: carried[one.name])
                if row.broadcast_id is None and self._desk.on_air_of(ShowId(row.show_id)) is None:
                    await take_home(connection, row.show_id, to.name, after=row.home)
                elif row.wanted is None and row.air == row.home:
                    carried[to.name] += 1
                    with suppress(CannotMoveError):  # what changed since it was read is read again
                        await ask_move(connection, row.show_id, to.name, now_us=now_us)

    def _takers(self) -> list[MediaProcess]:
        return [one for one in self._peers.others() if not one.draining and self._answers(one.name)]

    def _answers(self, name: str) -> bool:
        process = self._peers.processes.get(name)
        return process is not None and process.answers(self._clock.now_us())
