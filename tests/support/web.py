"""The real web application on a real port, on the test's own event loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn

from tallylight.app.services import Services
from tallylight.app.web.create_app import create_app
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings


def services_on(database: Database, clock: Clock | None = None, **settings: object) -> Services:
    """Services of an installation whose data directory does not exist."""
    values: dict[str, object] = {"data_dir": Path("/nonexistent/tallylight"), "database_url": database.url}
    return Services(msgspec.convert(values | settings, Settings), database, clock)


@asynccontextmanager
async def client_of(services: Services, address: str = "203.0.113.7") -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls the application without a socket, from ``address``."""
    app: Any = create_app(services)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 40_000))
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            yield client
    finally:
        await services.sale_desk.stop()


@asynccontextmanager
async def live_web(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """The application behind uvicorn on a free port, with live delivery running."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(services), log_config=None, lifespan="off", proxy_headers=False)
    server = uvicorn.Server(config)
    await services.start()
    await asyncio.wait_for(services.delivery.listening.wait(), 10)
    task = asyncio.create_task(server._serve(sockets=[listener]))
    try:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=base, timeout=10) as client:
            yield client
    finally:
        services.delivery.close()
        server.should_exit = True
        await asyncio.wait_for(task, 10)
        await services.stop()


class StreamedEvent(msgspec.Struct):
    """One event of a text/event-stream."""

    id: str | None
    type: str
    data: Any


class EventReader:
    """Reads a stream's events one by one."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self, *types: str) -> StreamedEvent:
        """The next event, of one of ``types`` if any are named; fails after 10 s."""
        async with asyncio.timeout(10):
            while True:
                event = await self._read()
                if not types or event.type in types:
                    return event

    async def _read(self) -> StreamedEvent:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line and "event" in fields:
                return StreamedEvent(fields.get("id"), fields["event"], msgspec.json.decode(fields["data"]))
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
        raise EOFError("the stream ended")


@asynccontextmanager
async def event_stream(client: httpx.AsyncClient, url: str, **kwargs: Any) -> AsyncIterator[EventReader]:
    async with client.stream("GET", url, **kwargs) as response:
        assert response.status_code == 200, await response.aread()
        yield EventReader(response)
