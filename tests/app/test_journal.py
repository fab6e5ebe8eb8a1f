"""The media process's journal loses nothing when the database is killed under it."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from tallylight.app.flows.air_broadcast.journal import Journal
from tallylight.app.processes.embedded_postgres import EmbeddedPostgres
from tallylight.foundation.database import Database
from tests.conftest import Runner
from tests.support.full_disk import FULL, FULL_ON
from tests.support.waiting import until

ENTRIES = 300


def entry(number: int) -> Callable[[AsyncConnection], Awaitable[object]]:
    async def write(connection: AsyncConnection) -> None:
        await connection.execute(sa.text("insert into diary values (:number)"), {"number": number})

    return write


def test_entries_wait_for_a_database_that_was_killed_and_keep_their_order(data_dir: Path) -> None:
    async def story() -> None:
        server = EmbeddedPostgres(data_dir / "postgres")
        database = Database(await server.start(), pool_size=2)
        async with database.transaction() as connection:
            await connection.execute(sa.text("create table diary (number integer, id serial)"))
        journal = Journal(database)
        tasks = [asyncio.create_task(server.watch()), asyncio.create_task(journal.run())]
        for number in range(ENTRIES):
            journal.write(entry(number))
            if number == ENTRIES // 2:
                assert server.process_id
                os.kill(server.process_id, signal.SIGKILL)
            await asyncio.sleep(0)
        await until(lambda: journal.drained(1), what="the journal is written", within_s=60)
        async with database.reading() as connection:
            written = list((await connection.execute(sa.text("select number from diary order by id"))).scalars())
        # A commit whose answer was lost in the kill may be written again: never missing, never out of order.
        assert list(dict.fromkeys(written)) == list(range(ENTRIES))
        assert len(written) <= ENTRIES + 1
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await database.close()
        await server.stop()

    asyncio.run(story())


def test_entries_wait_while_the_databases_disk_is_full(run: Runner) -> None:
    async def story() -> None:
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("create table diary (number integer, id serial)"))
            await connection.execute(sa.text(FULL))
            await connection.execute(sa.text(FULL_ON.format(table="diary")))
        journal = Journal(run.database)
        writing = asyncio.create_task(journal.run())
        with capture_logs() as logs:
            for number in range(3):
                journal.write(entry(number))
            await until(lambda: any("waits" in each["event"] for each in logs), what="the journal has tried")
        async with run.database.transaction() as connection:
            await connection.execute(sa.text("drop trigger full_disk on diary"))
        assert await journal.drained(20)
        writing.cancel()
        async with run.database.reading() as connection:
            written = list((await connection.execute(sa.text("select number from diary order by id"))).scalars())
        assert written == [0, 1, 2]

    run(story())
