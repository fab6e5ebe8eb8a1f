"""A small shop on the real web application, on a thread of its own beside the browser that visits it."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tallylight.app.services import Services
from tallylight.foundation.database import Database
from tallylight.members.types import Role
from tests.support.small_shop import Shelf, SmallShop, fill_shelf, small_shop
from tests.support.web import live_web, services_on

T = TypeVar("T")


class DeskWeb:
    """Playwright's synchronous face holds this thread's event loop, so the server has its own."""

    url: str
    services: Services
    small: SmallShop
    shelf: Shelf

    def __init__(
        self, database_url: str, data_dir: Path, roles: tuple[Role, ...], settings: dict[str, Any] | None = None
    ) -> None:
        self._database_url, self._data_dir, self._roles = database_url, data_dir, roles
        self._settings = settings or {}
        self.signed_in: dict[Role, tuple[Any, str]] = {}
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._up = threading.Event()
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._up.wait(30)
        if self._failed is not None:
            raise self._failed

    @property
    def database(self) -> Database:
        return self.services.database

    def do(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it beside the server."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(30)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:
            self._failed = error
        finally:
            self._up.set()
            self._loop.close()

    async def _serve(self) -> None:
        self.services = services_on(Database(self._database_url), data_dir=self._data_dir, **self._settings)
        try:
            self.small = await small_shop(self.database, *self._roles)
            self.shelf = await fill_shelf(self.database, self.small, now_us=self.services.clock.now_us())
            async with live_web(self.services) as client:
                self.url = str(client.base_url).rstrip("/")
                self._up.set()
                await self._ended.wait()
        finally:
            await self.database.close()


@contextmanager
def desk_web(database_url: str, data_dir: Path, *roles: Role, **settings: Any) -> Iterator[DeskWeb]:
    """The application with one person a role, and further ``settings``; gone afterwards."""
    web = DeskWeb(database_url, data_dir, roles, settings)
    try:
        yield web
    finally:
        web.stop()
