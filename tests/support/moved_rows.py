"""An installation of an older version that is brought up to a newer one."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
import pytest

from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database

T = TypeVar("T")


async def at_revision(url: str, revision: str, story: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """What ``story`` makes of the database at ``url`` once it is migrated to ``revision``."""
    database = Database(url)
    await migrate(database, to=revision)
    await database.close()
    connection = await asyncpg.connect(url)
    try:
        return await story(connection)
    finally:
        await connection.close()


async def refuses(connection: asyncpg.Connection, *changes: str) -> None:
    """The table is still append-only: the database itself turns each of ``changes`` down."""
    for change in changes:
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await connection.execute(change)
