"""The web process: API, live delivery, the built pages and the sale desk, on one event loop."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
import uvloop

from tallylight.app.services import Services
from tallylight.app.web.create_app import create_app
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError, UnavailableError
from tallylight.foundation.garbage import collect_rarely
from tallylight.foundation.logs import configure_logs
from tallylight.foundation.settings import Settings

BACKLOG = 2_048
CONNECTIONS_MAX = 25_000
GRACE_S = 2
STOP_S = 3
KEEP_ALIVE_S = 15
POOL_SIZE = 12

_log = structlog.get_logger()


class _Server(uvicorn.Server):
    """uvicorn, which ends the event streams before it waits for its connections."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.delivery.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end the server and nothing more: uvicorn's own way raises them again and spoils the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    async def stop_on_failure(self) -> None:
        """End the server when one of its services has died."""
        await self._services.failed.wait()
        self.should_exit = True

    def _stop(self) -> None:
        self.should_exit = True


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; open event streams end within GRACE_S.

    UnavailableError: the port is in use, or a part of the process died of a fault.
    """
    configure_logs(settings.log_level, process="web")
    if settings.database_url is None:
        raise InvalidInputError("DATABASE_URL is not set; start the server with `tallylight serve`")
    uvloop.run(_serve(settings, settings.database_url))


async def _serve(settings: Settings, database_url: str) -> None:
    listener = _listen(settings.host, settings.web_port)
    database = Database(database_url, pool_size=POOL_SIZE, application_name="tallylight web")
    services = Services(settings, database)
    collect_rarely()
    config = uvicorn.Config(
        create_app(services),
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        backlog=BACKLOG,
    )
    await services.start()
    server = _Server(config, services)
    watch = asyncio.create_task(server.stop_on_failure())
    try:
        _log.info("the web process serves", port=settings.web_port)
        await server.serve(sockets=[listener])
    finally:
        watch.cancel()
        try:
            async with asyncio.timeout(STOP_S):
                await services.stop()
                await database.close()
        except TimeoutError:
            _log.warning("the web process goes without waiting for its database any longer")
    if services.failed.is_set():
        raise UnavailableError("a part of the web process failed; its log says which")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UnavailableError(
            f"cannot listen on {host} port {port} ({error.strerror}); free it or set TALLYLIGHT_WEB_PORT"
        ) from error
    listener.setblocking(False)
    return listener
