"""The database session: one request = one transaction; rooms never commit.

Rooms declare their tables in ``models.py`` on the shared ``metadata`` (SQLAlchemy Core). Hot paths (sale desk,
delivery) take a raw asyncpg connection of their own from ``Database.raw_connection``.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Json = JSONB(none_as_null=True)


class Database:
    """A pool of connections to one PostgreSQL (15 or later).

    ``url`` is a libpq URL: ``postgresql://user:password@host:port/name``.
    """

    def __init__(self, url: str, *, pool_size: int = 10, application_name: str = "tallylight") -> None:
        self.url = url
        self.application_name = application_name
        # asyncpg reads the URL itself: libpq's parameters (sslmode, host=/socket/folder) then mean what they say.
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.raw_connection,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            # What people wrote must not reach the logs by way of an error's text.
            hide_parameters=True,
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """One transaction (READ COMMITTED): commits at the end of the block, rolls back on any error."""
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One consistent view of the database, for snapshots: REPEATABLE READ, READ ONLY."""
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            async with connection.begin():
                yield connection

    async def raw_connection(self, **settings: str) -> asyncpg.Connection:
        """A dedicated asyncpg connection outside the pool; the caller closes it."""
        return await asyncpg.connect(self.url, server_settings={"application_name": self.application_name, **settings})

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def joined(raw: asyncpg.Connection) -> AsyncIterator[AsyncConnection]:
    """What is open on ``raw``, as rooms take it: their statements are part of its transaction, within a savepoint.

    For rare work of a hot path's owner; it costs some round trips. Outside a transaction of ``raw`` it would commit.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=partial(_itself, raw), poolclass=sa.StaticPool, hide_parameters=True
    )
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        # The pool's way of reading JSON is not the raw connection's.
        for kind in ("json", "jsonb"):
            if not raw.is_closed():
                await raw.reset_type_codec(kind, schema="pg_catalog")


async def _itself(raw: asyncpg.Connection) -> asyncpg.Connection:
    return raw


def row_dict(row: sa.Row[Any]) -> dict[str, Any]:
    """A row as a plain dict by column name."""
    return dict(row._mapping)


_AWAY = ("08", "57P", "53", "58")


def database_is_away(error: Exception) -> bool:
    """Whether the server or the way to it is at fault, so that the same work may succeed later.

    SQLSTATE classes 08 (connection), 57P (shut down, starting up), 53 (its disk is full, no memory, no connection) and
    58 (its disk fails; PostgreSQL appendix A), broken sockets, and a pool that has no connection to give.
    """
    if isinstance(error, sa.exc.DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        return (
            error.connection_invalidated
            or state.startswith(_AWAY)
            or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
        )
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(_AWAY)
    return isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | sa.exc.TimeoutError)
