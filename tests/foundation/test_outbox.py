"""The outbox: offsets without gaps, nothing before commit, nothing after a rollback."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from tallylight.foundation.outbox import NOTIFY_CHANNEL, Position, events_after, head_of, publish, publish_ephemeral
from tests.conftest import Runner


def test_concurrent_writers_leave_no_gap(run: Runner) -> None:
    async def write(worker: int) -> None:
        for number in range(10):
            async with run.database.transaction() as connection:
                await publish(connection, "show:x", "n", {"worker": worker, "number": number}, at_us=number)

    async def story() -> None:
        await asyncio.gather(*(write(worker) for worker in range(8)))
        async with run.database.reading() as connection:
            head = await head_of(connection, "show:x")
            assert head is not None
            events = await events_after(connection, "show:x", Position(head.epoch, 0), 1_000)
        assert [e.position.offset for e in events] == list(range(1, 81))
        assert head.offset == 80
        for worker in range(8):
            assert [e.payload["number"] for e in events if e.payload["worker"] == worker] == list(range(10))

    run(story())


def test_a_rolled_back_event_never_was(run: Runner) -> None:
    class Refusal(Exception):
        pass

    async def story() -> None:
        async with run.database.transaction() as connection:
            first = await publish(connection, "c", "kept", {})
        with pytest.raises(Refusal):
            async with run.database.transaction() as connection:
                await publish(connection, "c", "lost", {})
                raise Refusal
        async with run.database.transaction() as connection:
            second = await publish(connection, "c", "kept", {})
        assert second == Position(first.epoch, first.offset + 1)
        async with run.database.reading() as connection:
            assert [e.type for e in await events_after(connection, "c", Position(first.epoch, 0), 9)] == [
                "kept",
                "kept",
            ]
            assert await events_after(connection, "c", Position(uuid4(), 0), 9) == []

    run(story())


def test_readers_are_woken_by_commit_only(run: Runner) -> None:
    async def story() -> None:
        heard: asyncio.Queue[object] = asyncio.Queue()
        listener: asyncpg.Connection = await run.database.raw_connection()
        await listener.add_listener(NOTIFY_CHANNEL, lambda *arguments: heard.put_nowait(arguments[-1]))
        async with run.database.transaction() as connection:
            await publish(connection, "show:y", "t", {})
            await listener.fetchval("select 1")
            assert heard.empty()
        assert await asyncio.wait_for(heard.get(), 5) == "show:y"
        await listener.close()

    run(story())


def test_an_ephemeral_event_has_a_size(run: Runner) -> None:
    async def story() -> None:
        async with run.database.transaction() as connection:
            await publish_ephemeral(connection, "show:z", "viewers", {"now": 3})
            with pytest.raises(ValueError, match="notification"):
                await publish_ephemeral(connection, "show:z", "viewers", {"now": "x" * 8_000})

    run(story())
