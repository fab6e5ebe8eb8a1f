"""The installation's database, wherever it is: a server by DATABASE_URL, the embedded one that already runs, or
the embedded one started for as long as it is needed. Always migrated to this version's schema.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import asyncpg
import msgspec
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from tallylight.app.migrations.migrate import migrate
from tallylight.app.processes.check_server import check_server
from tallylight.app.processes.disk import make_folder
from tallylight.app.processes.embedded_postgres import EmbeddedPostgres, application_url
from tallylight.app.processes.errors import AlreadyRunningError, StartError
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings

_OTHER_ENDS_WITHIN_S = 15.0
_POLL_S = 0.2


@asynccontextmanager
async def open_database(settings: Settings, *, shared: bool) -> AsyncIterator[Settings]:
    """Settings whose ``database_url`` answers inside the block.

    ``shared``: an embedded server that another Tallylight runs will do (short commands beside ``serve``). Not
    shared: the server must be ours, because others will lean on it; a short command's is waited for.
    """
    async with AsyncExitStack() as stack:
        if settings.database_url:
            await check_server(settings.database_url)
            url = settings.database_url
        else:
            url = await _embedded(settings, stack, shared=shared)
        await _migrate(url)
        yield msgspec.structs.replace(settings, database_url=url)


async def _embedded(settings: Settings, stack: AsyncExitStack, *, shared: bool) -> str:
    make_folder(settings.data_dir, open_to_others=os.geteuid() == 0)
    folder = settings.data_dir / "postgres"
    deadline = asyncio.get_running_loop().time() + _OTHER_ENDS_WITHIN_S
    while True:
        server = EmbeddedPostgres(folder, port=settings.postgres_port)
        try:
            url = await server.start()
        except AlreadyRunningError:
            if shared and (url_of_other := await _running(settings)):
                return url_of_other
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(_POLL_S)
            continue
        stack.push_async_callback(server.stop)
        watching = asyncio.create_task(server.watch(), name="watch the database")
        stack.push_async_callback(_cancel, watching)
        return url


async def _running(settings: Settings) -> str | None:
    try:
        url = application_url(settings.data_dir / "postgres")
        connection = await asyncpg.connect(url, timeout=2)
    except (OSError, TimeoutError, StartError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    await connection.close()
    return url


async def _migrate(url: str) -> None:
    database = Database(url, pool_size=1, application_name="tallylight migrate")
    try:
        await migrate(database)
    except CommandError as error:
        raise StartError(
            f"the database is not one that this version can use ({error}): it may have been migrated by a newer "
            "Tallylight; install that one, or use another database"
        ) from error
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig else None
        if isinstance(cause, asyncpg.InsufficientPrivilegeError | asyncpg.DiskFullError):
            raise StartError(f"the database cannot be migrated ({cause}): correct that and start again") from error
        raise
    finally:
        await database.close()


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
