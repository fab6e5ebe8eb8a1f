"""All shows on air in this process: who may publish, who is on, when one is over."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa
import structlog

from tallylight.app.flows.air_broadcast.on_air import LeftOnAir, OnAir
from tallylight.app.flows.air_broadcast.record_of_air import RecordOfAir
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database, database_is_away
from tallylight.foundation.ids import BroadcastId, ShowId, new_id
from tallylight.media.air_look import AirLook, air_look_of
from tallylight.media.folder_lock import FolderLocks
from tallylight.media.homes import air_handed_over, claim_home, media_processes, take_home
from tallylight.media.left_behind import LeftWindow
from tallylight.media.origin import OriginDirectory, Served
from tallylight.media.peers import Elsewhere, Peers, reaches
from tallylight.media.publish_token import verify_publish
from tallylight.media.recording import recording_dir
from tallylight.media.relay.destinations import targets_of
from tallylight.media.relay.target import Target
from tallylight.media.rtmp_connection import MOVING, Accepted, Publisher, Refused
from tallylight.media.slate import SlateShelf
from tallylight.media.store.open_store import Put
from tallylight.media.store.pusher import StorePusher
from tallylight.members.stream_keys import verify_stream_key
from tallylight.shows.models import gate_command
from tallylight.shows.queries import show_by
from tallylight.shows.types import Show

log = structlog.get_logger()

APP = "live"
SHOWS_ON_AIR_MAX = 16
SERVED_AFTER_END_S = 60
STORE_GRACE_S = 3
"""A replay that is not in the store by then is served from here, as before."""
RECORD_GRACE_S = 5
HAND_OVER_RETRY_S = 0.5
_NO_DISK = Refused("This server cannot record just now: its disk is full or broken. Tell its operator.")
_BUSY = Refused("This show is on air from another encoder. Stop that one first.")
_ENDING = Refused("This show's last broadcast is just ending. Try again in half a minute.")
_FULL = Refused("This server has as many shows on air as it can carry.")


Answer = Accepted | Refused | Elsewhere


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the database says of a show that is to go on air."""

    show: Show
    look: AirLook
    targets: Mapping[UUID, Target]
    after_command: int


class MediaDesk:
    """``authorise`` for the RTMP server; ``run`` as a task; ``close`` at the end."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        record: RecordOfAir,
        directory: OriginDirectory,
        *,
        recordings_dir: Path,
        speech_socket: Path,
        sealing_key: bytes,
        publish_key: bytes,
        peers: Peers,
        put: Put | None = None,
    ) -> None:
        self.draining = False
        """Whether all shows are to go to other processes."""
        self.take_up_left_open: Callable[[], Awaitable[None]] | None = None
        self._peers = peers
        self._locks: dict[BroadcastId, FolderLocks] = {}
        self._moving: set[asyncio.Task[None]] = set()
        self._database = database
        self._clock = clock
        self._record = record
        self._directory = directory
        self._recordings_dir = recordings_dir
        self._speech_socket = speech_socket
        self._sealing_key = sealing_key
        self._publish_key = publish_key
        self._put = put
        self._storing: set[asyncio.Task[None]] = set()
        self._slates = SlateShelf()
        self._on_air: dict[ShowId, OnAir] = {}
        self._closing: dict[BroadcastId, asyncio.Task[None]] = {}

    def on_air(self) -> list[OnAir]:
        return list(self._on_air.values())

    def on_air_of(self, show_id: ShowId) -> OnAir | None:
        return self._on_air.get(show_id)

    def carries(self, broadcast_id: BroadcastId) -> bool:
        """Whether this process holds any of its locks: also one that it still plays out."""
        return broadcast_id in self._locks

    @property
    def idle(self) -> bool:
        """Whether this process carries nothing."""
        return not (self._on_air or self._closing or self._storing or self._moving)

    async def authorise(self, app: str, stream_name: str, publisher: Publisher) -> Answer:
        """Whether this key may publish now."""
        async with self._database.transaction() as connection:
            key = await verify_stream_key(connection, stream_name)
            if key is None or app.rstrip("/") != APP:
                return Refused()
        return await self.let_in(key.show_id, publisher)

    async def authorise_sent_on(self, app: str, stream_name: str, publisher: Publisher) -> Accepted | Refused:
        """The same for one whom another process has sent here: it is not sent on again."""
        answer = await self.authorise(app, stream_name, publisher)
        return Refused(MOVING) if isinstance(answer, Elsewhere) else answer

    async def authorise_token(self, token: str, publisher: Publisher) -> Answer:
        """The same for a browser: its token is a studio's short-lived one, or a stream key."""
        show_id = verify_publish(self._publish_key, token, self._clock.now_us())
        if show_id is None:
            return await self.authorise(APP, token, publisher)
        return await self.let_in(ShowId(show_id), publisher)

    async def take_up(self, show_id: ShowId, broadcast_id: BroadcastId, left: LeftOnAir, locks: FolderLocks) -> OnAir:
        """Go on with a broadcast that another process left on air, under its recordings' locks: it waits for its
        publisher to come back, and where the other still airs what it holds, for that.
        """
        async with self._database.transaction() as connection:
            home = await claim_home(connection, show_id, self._peers.name)
            if home.home != self._peers.name:
                await take_home(connection, show_id, self._peers.name, after=home.home)
        plan = await self._plan(show_id)
        on_air = self._put_on_air(plan, broadcast_id, locks, left)
        if left.line.aired is not None:
            self._record.taken_up(on_air, left.line.aired.until_us or left.started_us)
        return on_air

    def go_on_air(self, on_air: OnAir, aired: LeftWindow | None) -> None:
        """The process before has given up air. None: what it aired cannot be read, so this broadcast cannot go on."""
        if aired is None:
            on_air.waiting_for_air = False
            self._close(on_air)
            return
        self._record.taken_up(on_air, aired.until_us or on_air.started_us or 0)
        on_air.go_on_air(aired)

    def hand_over(self, on_air: OnAir, to: str) -> None:
        """Have process ``to`` go on with it; what is held here still airs from here."""
        if on_air.leaving or on_air.ending or on_air.waiting_for_air or on_air.started_us is None:
            return
        on_air.leave()
        log.info("show is handed over", broadcast_id=str(on_air.broadcast_id), process=to)
        moving = asyncio.create_task(self._hand_over_camera(on_air, to))
        self._moving.add(moving)
        moving.add_done_callback(self._moving.discard)

    async def _hand_over_camera(self, on_air: OnAir, to: str) -> None:
        await asyncio.to_thread(on_air.line.original_recorder.hand_over)
        # From here on a dead process is the only way not to come to the next line.
        self._locks[on_air.broadcast_id].give_up("original")
        while True:
            try:
                async with self._database.transaction() as connection:
                    await take_home(connection, on_air.show.id, to, after=self._peers.name)
                return
            except Exception as error:
                if not database_is_away(error):
                    raise
                await asyncio.sleep(HAND_OVER_RETRY_S)

    async def _plan(self, show_id: ShowId) -> "_Plan":
        async with self._database.transaction() as connection:
            show = await show_by(connection, show_id)
            newest = sa.select(sa.func.max(gate_command.c.id)).where(gate_command.c.show_id == show.id)
            after_command = await connection.scalar(newest)
            targets = await targets_of(connection, show.id, self._sealing_key)
            look = await air_look_of(connection, show.id, show.shop_id)
        return _Plan(show, look, targets, after_command or 0)

    def _put_on_air(
        self, plan: "_Plan", broadcast_id: BroadcastId, locks: FolderLocks, left: LeftOnAir | None = None
    ) -> OnAir:
        self._locks[broadcast_id] = locks
        on_air = OnAir(
            plan.show,
            broadcast_id,
            self._clock,
            self._record,
            self._slates,
            recordings_dir=self._recordings_dir,
            speech_socket=self._speech_socket,
            look=plan.look,
            after_command=left.after_command if left else plan.after_command,
            targets=plan.targets,
            left=left,
            put=self._put,
        )
        self._on_air[plan.show.id] = on_air
        self._directory.served[on_air.broadcast_id] = Served(
            on_air.token, on_air.line.window, on_air.line.preview.window, on_air.line.kept_sound
        )
        return on_air

    async def let_in(self, show_id: ShowId, publisher: Publisher) -> Answer:
        """Whether one that has proved its right may go on air. All after the look-up happens without a pause."""
        elsewhere = await self._elsewhere(show_id)
        if elsewhere is not None:
            return elsewhere
        plan = await self._plan(show_id)
        show, on_air = plan.show, self._on_air.get(plan.show.id)
        if on_air is None:
            if len(self._on_air) >= SHOWS_ON_AIR_MAX:
                return _FULL
            broadcast_id = BroadcastId(new_id())
            locks = FolderLocks(self._recordings_dir, broadcast_id)
            try:
                locks.take("original")
                locks.take("aired")
            except OSError:
                log.exception("a recording cannot be locked")
                return _NO_DISK
            on_air = self._put_on_air(plan, broadcast_id, locks)
        elif on_air.leaving:
            return Refused(MOVING)
        elif on_air.ending:
            return _ENDING
        elif on_air.publisher_is_active:
            return _BUSY
        log.info("publisher accepted", show_id=str(show.id), broadcast_id=str(on_air.broadcast_id))
        return Accepted(on_air.attach(publisher))

    async def _elsewhere(self, show_id: ShowId) -> Elsewhere | None:
        """Where this show's camera is taken in; None when that is here."""
        here = self._on_air.get(show_id)
        if here is not None and not here.leaving:
            return None
        me = self._peers.name
        async with self._database.transaction() as connection:
            home = await claim_home(connection, show_id, me)
            processes = {one.name: one for one in await media_processes(connection)}
        if home.home == me:
            return None
        process = processes.get(home.home)
        if process is not None and await reaches(process):
            return Elsewhere(process)
        if here is not None:
            return None  # its new home died, and what is held here has not aired yet: the encoder is to try again
        # Its home is dead. Whoever has the encoder goes on with it; the locks see to it that only one does.
        async with self._database.transaction() as connection:
            await take_home(connection, show_id, me, after=home.home)
        if self.take_up_left_open is not None:
            await self.take_up_left_open()
        return None

    async def read_destinations(self) -> None:
        """Take the destinations of the shows on air as they are now kept."""
        for on_air in self.on_air():
            async with self._database.transaction() as connection:
                targets = await targets_of(connection, on_air.show.id, self._sealing_key)
            if not on_air.ending:
                on_air.set_targets(targets)

    async def run(self) -> None:
        """Once a second: statuses out, finished broadcasts closed. One that takes long to close holds up no other."""
        while True:
            await asyncio.sleep(1)
            for on_air in self.on_air():
                try:
                    if on_air.beat():
                        self._close(on_air)
                except Exception:
                    log.exception("a broadcast's beat failed", broadcast_id=str(on_air.broadcast_id))

    async def close(self) -> None:
        """End every broadcast where it stands."""
        closing = [self._close(on_air) for on_air in self.on_air()]
        await asyncio.gather(*closing, *self._moving, return_exceptions=True)
        if self._storing:
            _, late = await asyncio.wait(self._storing, timeout=STORE_GRACE_S)
            for task in late:
                task.cancel()

    def _close(self, on_air: OnAir) -> asyncio.Task[None]:
        """The one closing of this broadcast: a beat may ask for it and so may the end of the process."""
        closing = self._closing.get(on_air.broadcast_id)
        if closing is None:
            on_air.ending = True
            closing = self._closing[on_air.broadcast_id] = asyncio.create_task(self._close_once(on_air))
        return closing

    async def _close_once(self, on_air: OnAir) -> None:
        try:
            if on_air.waiting_for_air:
                await on_air.let_go()
                return
            if on_air.leaving:
                await self._hand_over_air(on_air)
                return
            await on_air.close()
            log.info("broadcast over", broadcast_id=str(on_air.broadcast_id))
            if on_air.store is not None:
                storing = asyncio.create_task(self._store_replay(on_air, on_air.store))
                self._storing.add(storing)
                storing.add_done_callback(self._storing.discard)
        except Exception:
            log.exception("a broadcast did not close cleanly", broadcast_id=str(on_air.broadcast_id))
        finally:
            del self._on_air[on_air.show.id], self._closing[on_air.broadcast_id]
            await self._record.written(RECORD_GRACE_S)
            self._locks.pop(on_air.broadcast_id).give_up("original", "aired")
            later = asyncio.get_running_loop().call_later
            later(SERVED_AFTER_END_S, self._directory.served.pop, on_air.broadcast_id, None)

    async def _hand_over_air(self, on_air: OnAir) -> None:
        await on_air.hand_over_air()
        await self._record.written(RECORD_GRACE_S)
        try:
            async with self._database.transaction() as connection:
                await air_handed_over(connection, on_air.broadcast_id, self._peers.name)
        except Exception as error:
            if not database_is_away(error):
                raise
            log.warning("the database is away; a show is handed over all the same")
        log.info("show handed over", broadcast_id=str(on_air.broadcast_id))

    async def _store_replay(self, on_air: OnAir, store: StorePusher) -> None:
        """The end of the playlist and the replay, beside everything else."""
        try:
            if await store.finish(recording_dir(self._recordings_dir, on_air.broadcast_id, "aired")):
                self._record.stored(on_air)
        finally:
            on_air.pushing.cancel()
