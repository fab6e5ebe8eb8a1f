"""Fixtures for everyone: a real PostgreSQL of both kinds, a fresh migrated database a test, and one event loop.

``TALLYLIGHT_TEST_POSTGRES=embedded`` (or ``debian``) runs the database tests on one server only.
"""

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import pytest

from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database
from tests.support.installation import data_dir, taken_port
from tests.support.postgres import DEBIAN_BIN, PostgresCluster, embedded_bin, in_memory

__all__ = ["data_dir", "taken_port"]

# Set for images, it would make each process that a test starts compile every module anew: seconds a house.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

T = TypeVar("T")

_ALL = ("embedded", "debian")
_REAL_TIME = {"attacks", "relay", "source"}
"""Folders of tests that play shows for seconds on end."""
_PASSING = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "128MB"}
"""Nothing outlives the tests, and in memory a log is soon long enough."""
_CHOSEN = os.environ.get("TALLYLIGHT_TEST_POSTGRES")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Rooms are tested on both servers. Screens and shows in real time run over the embedded one alone, the rest of the
    application over the older one alone: what that understands, the newer one does too.
    """
    if _CHOSEN:
        return
    left_out = [item for item in items if isinstance(item, pytest.Function) and _left_out(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _left_out(item: pytest.Function) -> bool:
    """State machines play against the newer server alone, too: it is the rules that they look for faults in."""
    server = item.callspec.params.get("postgres") if hasattr(item, "callspec") else None
    if item.get_closest_marker("browser") or _REAL_TIME & set(item.path.parts) or "machine" in item.path.stem:
        return server == "debian"
    return server == "embedded" and "app" in item.path.relative_to(item.config.rootpath).parts


@pytest.fixture(scope="session", params=[_CHOSEN] if _CHOSEN else _ALL)
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresCluster]:
    """A running server whose database ``template_tallylight`` is migrated and never connected to."""
    binaries = embedded_bin() if request.param == "embedded" else DEBIAN_BIN
    if not (binaries / "initdb").exists():
        pytest.fail(f"PostgreSQL of the kind {request.param} is missing at {binaries}; make test installs it")
    with PostgresCluster(binaries, in_memory(), **_PASSING) as cluster:

        async def prepare() -> None:
            admin = await asyncpg.connect(cluster.url())
            await admin.execute("create database template_tallylight")
            await admin.close()
            database = Database(cluster.url("template_tallylight"))
            await migrate(database)
            await database.close()

        asyncio.run(prepare())
        yield cluster


@pytest.fixture
def database_url(postgres: PostgresCluster) -> Iterator[str]:
    """The URL of a fresh, migrated database, dropped afterwards."""
    with _new_database(postgres, "template template_tallylight strategy file_copy") as url:
        yield url


@pytest.fixture
def empty_url(postgres: PostgresCluster) -> Iterator[str]:
    """The URL of a database without a table, dropped afterwards."""
    with _new_database(postgres) as url:
        yield url


@contextmanager
def _new_database(postgres: PostgresCluster, like: str = "") -> Iterator[str]:
    name = f"t{uuid4().hex}"

    async def statement(sql: str) -> None:
        admin = await asyncpg.connect(postgres.url())
        await admin.execute(sql)
        await admin.close()

    asyncio.run(statement(f"create database {name} {like}"))
    yield postgres.url(name)
    asyncio.run(statement(f"drop database {name} with (force)"))


class Runner:
    """Runs coroutines of one test on one event loop, with a database that lives as long."""

    def __init__(self, database_url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self.database = Database(database_url)

    def __call__(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        self._loop.run_until_complete(self.database.close())
        self._loop.close()


@pytest.fixture
def run(database_url: str) -> Iterator[Runner]:
    """``run(coroutine)`` and ``run.database`` on a fresh database."""
    runner = Runner(database_url)
    yield runner
    runner.close()
