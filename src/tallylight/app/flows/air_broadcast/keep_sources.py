"""Keeps the sources that shows want running: started, tried again with longer and longer pauses, stopped."""

import asyncio
import os
import random
import signal
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.air_broadcast.journal import Journal
from tallylight.app.flows.air_broadcast.media_desk import MediaDesk
from tallylight.app.processes.parent_death import die_with_parent
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShowId
from tallylight.foundation.outbox import publish_ephemeral
from tallylight.media.homes import claim_home, take_home
from tallylight.media.peers import Elsewhere, Peers
from tallylight.media.rtmp_connection import MOVING, Accepted, Publisher, Refused
from tallylight.media.source.guard import Networks
from tallylight.media.source.programs import Program, pull_program, srt_program
from tallylight.media.source.sidecar import Sidecar
from tallylight.media.source.sources import WantedSource, is_wanted, source_is_over, wanted_sources

log = structlog.get_logger()

RETRY_FIRST_S = 1.0
RETRY_MOST_S = 10.0
"""Less than a broadcast waits for its publisher to come back."""
STEADY_S = 30.0
TELL_EVERY_S = 1.0

SourceState = Literal["connecting", "waiting", "live", "retrying", "over"]
"""waiting: for an SRT encoder to call. retrying: the last try failed, ``problem`` says how. over: it has switched
itself off.
"""


class SourceStatus(msgspec.Struct, frozen=True):
    """How a running source stands, once a second to the control room."""

    state: SourceState
    problem: str | None
    reconnects: int


class SourceKeeper:
    """``read`` whenever the wishes may have changed, ``run`` as a task, ``close`` at the end."""

    def __init__(
        self,
        database: Database,
        desk: MediaDesk,
        journal: Journal,
        *,
        sealing_key: bytes,
        networks: Networks,
        files_dir: Path | None,
        host: str,
        peers: Peers,
        clock: Clock,
    ) -> None:
        self._peers = peers
        self._clock = clock
        self._closed = False
        self._database = database
        self._desk = desk
        self._journal = journal
        self._sealing_key = sealing_key
        self._networks = networks
        self._files_dir = files_dir
        self._host = host
        self._runs: dict[UUID, tuple[_Run, asyncio.Task[None]]] = {}

    async def read(self) -> None:
        """Start what is wanted anew, stop what is not wanted any more."""
        async with self._database.transaction() as connection:
            wanted = {}
            for one in await wanted_sources(connection, self._sealing_key):
                if await self._is_ours(connection, one.show_id):
                    wanted[one.show_id] = one
        for show_id, (run, task) in list(self._runs.items()):
            if task.done() or wanted.get(show_id) != run.source:
                await _stop(task)
                del self._runs[show_id]
        for show_id, source in wanted.items():
            if show_id not in self._runs and not self._closed:
                run = _Run(source, self._program(source), self._database, self._desk)
                self._runs[show_id] = (run, asyncio.create_task(run.run()))

    async def run(self) -> None:
        """Tell the control rooms, once a second."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            for show_id, (run, task) in self._runs.items():
                if not task.done():
                    self._journal.tell(partial(_tell, show_id, run.status()))

    async def close(self) -> None:
        self._closed = True
        for _, task in self._runs.values():
            await _stop(task)
        self._runs.clear()

    async def _is_ours(self, connection: AsyncConnection, show_id: UUID) -> bool:
        """A show's source runs where the show is at home; one whose home is dead comes here."""
        me = self._peers.name
        home = await claim_home(connection, show_id, me)
        if home.home == me:
            return not self._desk.draining
        process = self._peers.processes.get(home.home)
        if process is not None and process.answers(self._clock.now_us()):
            return False
        return await take_home(connection, show_id, me, after=home.home)

    def _program(self, source: WantedSource) -> Program:
        if source.kind == "srt":
            return srt_program(self._host, source.port or 0, source.secret)
        return pull_program(source.secret, self._networks, self._files_dir)


class _Run:
    """One wished-for source until it is over."""

    def __init__(self, source: WantedSource, program: Program, database: Database, desk: MediaDesk) -> None:
        self.source = source
        self._program = program
        self._database = database
        self._desk = desk
        self._waits: SourceState = "waiting" if source.kind == "srt" else "connecting"
        self._state: SourceState = self._waits
        self._problem: str | None = None
        self._reconnects = 0

    def status(self) -> SourceStatus:
        return SourceStatus(self._state, self._problem, self._reconnects)

    async def run(self) -> None:
        """Until it is over or cancelled."""
        loop = asyncio.get_running_loop()
        before = partial(die_with_parent, os.getpid(), signal.SIGKILL)
        retry_s = RETRY_FIRST_S
        while True:
            began = loop.time()
            went_live = False

            def live() -> None:
                nonlocal went_live
                went_live = True
                self._state, self._problem = "live", None

            sidecar = Sidecar(self._program.command, self._program.job, before=before, on_live=live)
            end = await sidecar.run(self._let_in)
            if end.how != "failed":
                log.info("source is over", show_id=str(self.source.show_id), how=end.how, problem=end.problem)
                await self._over(end.problem if end.how == "refused" else None)
                return
            if went_live and self.source.kind == "srt":
                # The caller has hung up, which ends FFmpeg: the port opens again at once.
                self._state, self._problem, retry_s = "waiting", None, RETRY_FIRST_S
                self._reconnects += 1
                continue
            if loop.time() - began > STEADY_S:
                retry_s = RETRY_FIRST_S
            self._state, self._problem = "retrying", end.problem
            log.info("source interrupted", show_id=str(self.source.show_id), problem=end.problem, retry_s=retry_s)
            await asyncio.sleep(retry_s * random.uniform(0.5, 1))  # noqa: S311 - not a secret
            retry_s = min(retry_s * 2, RETRY_MOST_S)
            self._reconnects += 1
            if self._waits == "waiting":
                self._state = "waiting"

    async def _let_in(self, publisher: Publisher) -> Accepted | Refused:
        """A source that was switched off while it connected must not put the show on air."""
        async with self._database.transaction() as connection:
            if not await is_wanted(connection, self.source.show_id, self.source.version):
                return Refused("The source has been switched off.")
        answer = await self._desk.let_in(ShowId(self.source.show_id), publisher)
        return Refused(MOVING) if isinstance(answer, Elsewhere) else answer

    async def _over(self, problem: str | None) -> None:
        async with self._database.transaction() as connection:
            await source_is_over(connection, self.source.show_id, self.source.version, problem)
            await _tell(self.source.show_id, SourceStatus("over", problem, self._reconnects), connection)


async def _tell(show_id: UUID, status: SourceStatus, connection: AsyncConnection) -> None:
    await publish_ephemeral(connection, f"control:{show_id}", "source", msgspec.to_builtins(status))


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
