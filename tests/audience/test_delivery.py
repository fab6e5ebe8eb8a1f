"""Live delivery against a real outbox: no gap, no repeat, slow readers dropped, a lost connection survived."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import msgspec
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallylight.audience.delivery import CATCH_UP_EVENTS_MAX, Delivery
from tallylight.audience.frames import NEVER
from tallylight.audience.subscription import READERS_DROPPED, Subscription
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.database import Database
from tallylight.foundation.ids import new_id
from tallylight.foundation.outbox import (
    Position,
    channel_head,
    event,
    head_of,
    publish,
    publish_ephemeral,
    trim_events,
)
from tests.conftest import Runner


@asynccontextmanager
async def delivering(database: Database, **limits: int) -> AsyncIterator[Delivery]:
    delivery = Delivery(database, SystemClock(), **limits)
    task = asyncio.create_task(delivery.run())
    try:
        async with asyncio.timeout(10):
            await delivery.listening.wait()
        yield delivery
    finally:
        delivery.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def say(database: Database, channel: str, *numbers: int) -> None:
    async with database.transaction() as connection:
        for number in numbers:
            await publish(connection, channel, "number", {"n": number})


async def fetch(database: Database, channel: str) -> tuple[list[int], Position]:
    """The fresh fetch: all numbers ever said, and the channel's head, in one view."""
    async with database.reading() as connection:
        head = await head_of(connection, channel) or NEVER
        rows = await connection.scalars(
            sa.select(event.c.payload["n"].as_integer())
            .where(event.c.channel == channel, event.c.epoch == head.epoch)
            .order_by(event.c.offset)
        )
        return list(rows), head


class Reader:
    """A client: a snapshot, then events; it goes on from its place after a break and refetches on reset."""

    def __init__(self, database: Database, delivery: Delivery, channel: str) -> None:
        self.database, self.delivery, self.channel = database, delivery, channel
        self.numbers: list[int] = []
        self.position = NEVER
        self.resets = 0
        self.subscription: Subscription | None = None

    async def refetch(self) -> None:
        self.numbers, self.position = await fetch(self.database, self.channel)

    async def connect(self) -> None:
        self.subscription = await self.delivery.subscribe(self.channel, self.position)

    def leave(self) -> None:
        if self.subscription is not None:
            self.delivery.leave(self.channel, self.subscription)
            self.subscription = None

    async def read(self) -> None:
        """One piece of the stream."""
        if self.subscription is None:
            await self.connect()
        assert self.subscription is not None
        async with asyncio.timeout(10):
            piece = await self.subscription.next()
        if piece is None:
            self.leave()
            return
        for frame in piece.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
            if fields.get("event") == "reset":
                self.resets += 1
                await self.refetch()
            elif "id" in fields:
                epoch, _, offset = fields["id"].partition(":")
                place = Position(UUID(epoch), int(offset))
                if self.position not in (NEVER, place) and place.epoch != self.position.epoch:
                    await self.refetch()  # the browser's rule too: another epoch than the snapshot's is a reset
                    continue
                if place.epoch == self.position.epoch and place.offset <= self.position.offset:
                    continue
                assert place.offset == (self.position.offset if self.position != NEVER else 0) + 1, "a gap"
                self.position = place
                self.numbers.append(msgspec.json.decode(fields["data"])["payload"]["n"])

    async def read_up_to(self, head: Position) -> None:
        while self.position != head:
            await self.read()


async def cut_listeners(database: Database, delivery: Delivery) -> None:
    """Take every LISTEN connection away, as a database restart would, and wait until one is back."""
    async with database.transaction() as connection:
        await connection.execute(
            sa.text(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and query ilike 'listen%' and pid <> pg_backend_pid()"
            )
        )


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(1, 4)),
        st.tuples(st.just("join"), st.integers(0, 2)),
        st.tuples(st.just("leave"), st.integers(0, 2)),
        st.tuples(st.just("read"), st.integers(0, 2)),
        st.tuples(st.just("refetch"), st.integers(0, 2)),
        st.tuples(st.just("cut"), st.just(0)),
        st.tuples(st.just("new epoch"), st.just(0)),
    ),
    max_size=25,
)


def test_snapshot_and_events_make_a_fresh_fetch(run: Runner) -> None:
    async def interleave(steps: list[tuple[str, int]]) -> None:
        channel = f"show:{uuid4()}"
        said = 0
        async with delivering(run.database, ring_events=4, queue_frames=6) as delivery:
            readers = [Reader(run.database, delivery, channel) for _ in range(3)]
            for step, which in steps:
                reader = readers[which % 3]
                if step == "say":
                    await say(run.database, channel, *range(said, said + which))
                    said += which
                elif step == "join":
                    if reader.subscription is None:
                        await reader.connect()
                elif step == "leave":
                    reader.leave()
                elif step == "read":
                    if reader.position != (await fetch(run.database, channel))[1]:
                        await reader.read()
                elif step == "refetch":
                    await reader.refetch()
                elif step == "cut":
                    await cut_listeners(run.database, delivery)
                else:
                    async with run.database.transaction() as connection:
                        await connection.execute(
                            channel_head.update()
                            .where(channel_head.c.channel == channel)
                            .values(epoch=new_id(), offset=0)
                        )
                    await say(run.database, channel, said)
                    said += 1
            await say(run.database, channel, said)
            fresh, head = await fetch(run.database, channel)
            for reader in readers:
                await reader.read_up_to(head)
                assert reader.numbers == fresh
                reader.leave()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def example(steps: list[tuple[str, int]]) -> None:
        run(interleave(steps))

    example()


def test_what_is_published_while_the_connection_is_away_arrives(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database) as delivery:
            reader = Reader(run.database, delivery, "show:1")
            await reader.connect()
            for number in range(5):
                await cut_listeners(run.database, delivery)
                await say(run.database, "show:1", number)
            await reader.read_up_to((await fetch(run.database, "show:1"))[1])
            assert (reader.numbers, reader.resets) == ([0, 1, 2, 3, 4], 0)
            reader.leave()

    run(story())


def test_a_slow_reader_is_dropped_and_counted_and_catches_up(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database, queue_frames=8) as delivery:
            slow, quick = (Reader(run.database, delivery, "show:1") for _ in range(2))
            await slow.connect()
            await quick.connect()
            before = READERS_DROPPED.labels("slow")._value.get()
            for number in range(20):
                await say(run.database, "show:1", number)
                await quick.read()
            assert slow.subscription is not None
            assert slow.subscription.closed_for == "slow"
            assert quick.numbers == list(range(20))
            assert READERS_DROPPED.labels("slow")._value.get() == before + 1
            await slow.read()
            await slow.read_up_to(quick.position)
            assert (slow.numbers, slow.resets) == (list(range(20)), 0)

    run(story())


def test_gauges_are_shed_before_anything_else(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database, queue_frames=8) as delivery:
            subscription = await delivery.subscribe("show:1", None)
            for number in range(50):
                delivery.tell("show:1", "viewers", {"now": number})
            await say(run.database, "show:1", 1, 2)
            seen = Reader(run.database, delivery, "show:1")
            await seen.connect()
            await seen.read_up_to((await fetch(run.database, "show:1"))[1])
            assert subscription.closed_for is None
            piece = await subscription.next()
            assert piece is not None
            assert piece.count(b"event: viewers") == 4
            assert piece.count(b"event: number") == 2
            assert delivery.last_told("show:1", "viewers") is not None

    run(story())


def test_an_ephemeral_event_reaches_who_listens(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database) as delivery:
            subscription = await delivery.subscribe("control:1", None)
            async with run.database.transaction() as connection:
                await publish_ephemeral(connection, "control:1", "gate", {"state": "safe"})
            async with asyncio.timeout(10):
                piece = await subscription.next()
            assert piece == b'event: gate\ndata: {"at_us":null,"payload":{"state":"safe"}}\n\n'

    run(story())


def test_a_place_that_cannot_be_caught_up_from_starts_over(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database, ring_events=4) as delivery:
            await say(run.database, "show:1", *range(30))
            head = (await fetch(run.database, "show:1"))[1]
            resets = {}
            for name, place in {
                "another epoch": Position(uuid4(), 3),
                "the future": Position(head.epoch, 31),
                "within the ring": Position(head.epoch, 28),
                "before the ring": Position(head.epoch, 2),
                "the very beginning": NEVER,
                "the end": head,
            }.items():
                subscription = await delivery.subscribe("show:1", place)
                delivery.tell("show:1", "viewers", {"now": 1})
                resets[name] = b"event: reset" in (await subscription.next() or b"")
                delivery.leave("show:1", subscription)
            assert [name for name, reset in resets.items() if reset] == ["another epoch", "the future"]
            async with run.database.transaction() as connection:
                assert await trim_events(connection, kept=10) == 20
            old = await delivery.subscribe("show:1", Position(head.epoch, 2))
            assert b"event: reset" in (await old.next() or b"")
            kept = await delivery.subscribe("show:1", Position(head.epoch, 20))
            assert (await kept.next() or b"").count(b"event: number") == 10

    run(story())


def test_a_crowd_that_is_too_far_behind_is_told_to_start_over(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database) as delivery:
            await say(run.database, "show:1", *range(CATCH_UP_EVENTS_MAX + 2))
            head = (await fetch(run.database, "show:1"))[1]
            far = await delivery.subscribe("show:1", Position(head.epoch, 1))
            assert b"event: reset" in (await far.next() or b"")

    run(story())


def test_closing_ends_every_reader_and_takes_no_more(run: Runner) -> None:
    async def story() -> None:
        async with delivering(run.database) as delivery:
            subscription = await delivery.subscribe("show:1", None)
            waiting = asyncio.create_task(subscription.next())
            await asyncio.sleep(0)
            delivery.close()
            assert await waiting is None
            assert subscription.closed_for == "shutdown"

    run(story())
