"""One short command's work: settings, a database that answers, a transaction, an event loop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from tallylight.app.processes.open_database import open_database
from tallylight.foundation.database import Database
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import Settings, read_settings

T = TypeVar("T")


@asynccontextmanager
async def command_database(settings: Settings) -> AsyncIterator[Database]:
    """The installation's database, beside ``tallylight serve`` or without it."""
    async with open_database(settings, shared=True) as running:
        assert running.database_url is not None
        database = Database(running.database_url, pool_size=2, application_name="tallylight command")
        try:
            yield database
        finally:
            await database.close()


def with_database(work: Callable[[Database, Settings], Coroutine[Any, Any, T]]) -> T:
    """Run ``work`` on the installation's database and return what it returns."""
    settings = read_settings()
    configure_logs("warning" if settings.log_level == "info" else settings.log_level, process="command")

    async def run() -> T:
        async with command_database(settings) as database:
            return await work(database, settings)

    return asyncio.run(run())
