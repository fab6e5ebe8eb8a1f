"""Live delivery: every event of a channel, in order, to whoever listens on it in this process.

One connection LISTENs. A notification only says that a channel moved; the events are read from the outbox from the
offset that is known, so a lost notification or a lost connection loses nothing: after LISTEN is up again every
channel is read on. Readers join under the channel's lock, between two reads, so they neither miss nor repeat.
"""

import asyncio
from collections import OrderedDict
from contextlib import suppress
from typing import Any

import asyncpg
import msgspec
import sqlalchemy.exc
import structlog
from prometheus_client import Gauge

from tallylight.audience.channel import Channel
from tallylight.audience.frames import KEEP_ALIVE, NEVER, durable_frame, ephemeral_frame, reset_frame
from tallylight.audience.subscription import Subscription
from tallylight.foundation.clock import MICROSECONDS, Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import UnavailableError
from tallylight.foundation.outbox import (
    EPHEMERAL_NOTIFY_CHANNEL,
    NOTIFY_CHANNEL,
    Position,
    events_after,
    head_of,
)

RING_EVENTS = 512
QUEUE_FRAMES = 256
CATCH_UP_EVENTS_MAX = 2_000
READERS_MAX = 20_000
READ_BATCH = 500
GAUGES_REMEMBERED_MAX = 2_000
KEEP_ALIVE_S = 15
LISTEN_CHECK_S = 10
RETRY_S_MAX = 5.0
IDLE_CHANNEL_KEPT_US = 30 * MICROSECONDS

READERS = Gauge("tallylight_live_readers", "Readers connected to live delivery in this process.")

_log = structlog.get_logger()
_TROUBLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlalchemy.exc.SQLAlchemyError, TimeoutError)


class _Ephemeral(msgspec.Struct):
    channel: str
    type: str
    payload: dict[str, Any]


class Delivery:
    """Run ``run()`` as a task; call ``close()`` before the server waits for its connections to end."""

    def __init__(
        self, database: Database, clock: Clock, *, ring_events: int = RING_EVENTS, queue_frames: int = QUEUE_FRAMES
    ) -> None:
        self._database = database
        self._clock = clock
        self._ring_events = ring_events
        self._queue_frames = queue_frames
        self._channels: dict[str, Channel] = {}
        self._moved: set[str] = set()
        self._wake = asyncio.Event()
        self._gauges: OrderedDict[tuple[str, str], tuple[dict[str, Any], int]] = OrderedDict()
        self._decoder = msgspec.json.Decoder(_Ephemeral)
        self._closed = False
        self._readers = 0
        self.listening = asyncio.Event()

    # Readers

    async def subscribe(self, name: str, after: Position | None) -> Subscription:
        """Everything on channel ``name`` after ``after`` (None: from now on), then what comes.

        A place that cannot be caught up from (another epoch, too old, in the future) gets a ``reset`` frame and goes
        on from now. UnavailableError when the process is full or going down, or the database is away.
        """
        if self._closed or self._readers >= READERS_MAX:
            raise UnavailableError("live delivery is full or closing; come back in a moment")
        channel = self._channels.setdefault(name, Channel(name, self._ring_events))
        channel.entering += 1
        self._readers += 1
        try:
            async with channel.lock:
                if not channel.loaded:
                    await self._open(channel)
                elif after is not None and after != channel.position:
                    await self._advance(channel)
                subscription = Subscription(await self._backlog(channel, after), self._queue_frames)
                channel.subscriptions.add(subscription)
        except _TROUBLE as error:
            self._readers -= 1
            raise UnavailableError("the database does not answer; come back in a moment") from error
        except BaseException:
            self._readers -= 1
            raise
        finally:
            channel.entering -= 1
        READERS.set(self._readers)
        if self._closed:
            subscription.close("shutdown")
        return subscription

    def leave(self, name: str, subscription: Subscription) -> None:
        """The reader is gone; call it exactly once for each ``subscribe`` that returned."""
        subscription.close("left")
        channel = self._channels.get(name)
        if channel is not None:
            channel.subscriptions.discard(subscription)
            channel.idle_since_us = self._clock.monotonic_us() if channel.idle else None
        self._readers -= 1
        READERS.set(self._readers)

    def readers_on(self, name: str) -> int:
        """How many listen on channel ``name`` in this process."""
        channel = self._channels.get(name)
        return len(channel.subscriptions) if channel else 0

    def channels(self) -> list[str]:
        """The channels that someone listens on."""
        return [name for name, channel in self._channels.items() if channel.subscriptions]

    def tell(self, name: str, type_: str, payload: dict[str, Any]) -> None:
        """An ephemeral event to this process's readers only."""
        self._gauges[name, type_] = (payload, self._clock.now_us())
        self._gauges.move_to_end((name, type_))
        if len(self._gauges) > GAUGES_REMEMBERED_MAX:
            self._gauges.popitem(last=False)
        channel = self._channels.get(name)
        if channel is not None and channel.subscriptions:
            self._fan_out(channel, ephemeral_frame(type_, payload), durable=False)

    def last_told(self, name: str, type_: str) -> tuple[dict[str, Any], int] | None:
        """The newest ephemeral event of this type on this channel and the wall time it came, microseconds."""
        return self._gauges.get((name, type_))

    def close(self) -> None:
        """End every subscription and take no more: the server is going down."""
        self._closed = True
        for channel in self._channels.values():
            for subscription in list(channel.subscriptions):
                subscription.close("shutdown")

    # The tasks

    async def run(self) -> None:
        """Listen, read and deliver until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_listening())
            tasks.create_task(self._keep_reading())
            tasks.create_task(self._keep_alive())

    async def _keep_listening(self) -> None:
        retry_s = 0.1
        while True:
            try:
                await self._listen()
            except _TROUBLE as error:
                _log.warning("live delivery lost its LISTEN connection", error_type=type(error).__name__)
            retry_s = 0.1 if self.listening.is_set() else min(retry_s * 2, RETRY_S_MAX)
            self.listening.clear()
            await asyncio.sleep(retry_s)

    async def _listen(self) -> None:
        """One life of the LISTEN connection; returns or raises when it is lost."""
        connection = await self._database.raw_connection()
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _connection: lost.set())
        try:
            await connection.add_listener(NOTIFY_CHANNEL, self._on_moved)
            await connection.add_listener(EPHEMERAL_NOTIFY_CHANNEL, self._on_ephemeral)
            # Whatever was published while nobody listened is read now, from where each channel stands.
            self._moved.update(self._channels)
            self._wake.set()
            self.listening.set()
            while True:
                # A connection that was cut says so; one that went silent is found out by asking.
                with suppress(TimeoutError):
                    async with asyncio.timeout(LISTEN_CHECK_S):
                        await lost.wait()
                    return
                await connection.execute("select 1", timeout=LISTEN_CHECK_S)
        finally:
            with suppress(*_TROUBLE):
                await connection.close(timeout=1)

    async def _keep_reading(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._moved:
                channel = self._channels.get(self._moved.pop())
                if channel is None:
                    continue
                try:
                    async with channel.lock:
                        if channel.loaded:
                            await self._advance(channel)
                except _TROUBLE as error:
                    _log.warning("live delivery could not read the outbox", error_type=type(error).__name__)
                    self._moved.add(channel.name)
                    await asyncio.sleep(0.5)

    async def _keep_alive(self) -> None:
        """A comment now and then keeps proxies from cutting quiet streams; channels nobody wants are let go."""
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            now_us = self._clock.monotonic_us()
            for name, channel in list(self._channels.items()):
                self._fan_out(channel, KEEP_ALIVE, durable=False)
                if channel.idle and now_us - (channel.idle_since_us or 0) > IDLE_CHANNEL_KEPT_US:
                    del self._channels[name]

    def _on_moved(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        name = str(payload)
        if name in self._channels:
            self._moved.add(name)
            self._wake.set()

    def _on_ephemeral(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            told = self._decoder.decode(str(payload))
        except msgspec.DecodeError:
            _log.warning("an ephemeral notification does not read as one")
            return
        self.tell(told.channel, told.type, told.payload)

    # Reading the outbox, under the channel's lock

    async def _open(self, channel: Channel) -> None:
        """Find the channel's head and fill the ring with what came before it."""
        async with self._database.reading() as connection:
            head = await head_of(connection, channel.name) or NEVER
            start = Position(head.epoch, max(0, head.offset - self._ring_events))
            events = await events_after(connection, channel.name, start, self._ring_events)
        if events:
            channel.restart_at(Position(head.epoch, events[0].position.offset - 1))
            for event in events:
                channel.append(event)
        else:
            channel.restart_at(head)
        channel.loaded = True

    async def _advance(self, channel: Channel) -> None:
        """Read on from where the channel stands and hand out what is new."""
        async with self._database.reading() as connection:
            head = await head_of(connection, channel.name) or NEVER
            if channel.position == NEVER and head != NEVER:
                channel.restart_at(Position(head.epoch, 0))
            while channel.position != head:
                events = await events_after(connection, channel.name, channel.position, READ_BATCH)
                following = Position(channel.position.epoch, channel.position.offset + 1)
                if channel.position.epoch != head.epoch or not events or events[0].position != following:
                    self._reset(channel, head)
                    return
                for event in events:
                    self._fan_out(channel, channel.append(event), durable=True)

    def _reset(self, channel: Channel, head: Position) -> None:
        """The outbox is not the one that was read before: everyone starts over."""
        channel.restart_at(head)
        self._fan_out(channel, reset_frame(head), durable=True)

    async def _backlog(self, channel: Channel, after: Position | None) -> list[bytes]:
        """What a reader at ``after`` has missed, or a reset."""
        if after is None:
            return []
        if after == NEVER:
            after = Position(channel.position.epoch, 0)
        reset = [reset_frame(channel.position)]
        missing = channel.position.offset - after.offset
        if after.epoch != channel.position.epoch or not 0 <= missing <= CATCH_UP_EVENTS_MAX:
            return reset
        frames = channel.frames_after(after.offset)
        if frames is not None:
            return frames
        async with self._database.reading() as connection:
            events = await events_after(connection, channel.name, after, missing)
        if len(events) != missing or events[0].position.offset != after.offset + 1:
            return reset
        return [durable_frame(event) for event in events]

    def _fan_out(self, channel: Channel, frame: bytes, *, durable: bool) -> None:
        for subscription in list(channel.subscriptions):
            subscription.offer(frame, durable=durable)
            if subscription.closed_for is not None:
                channel.subscriptions.discard(subscription)
