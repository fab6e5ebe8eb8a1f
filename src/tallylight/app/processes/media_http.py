"""The media process' HTTP: uvicorn beside others on one event loop, on the public port and on one of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from tallylight.app.processes.answer_at_once import AtOnce, answering
from tallylight.app.processes.open_rtmp import shares_ports
from tallylight.foundation.errors import UnavailableError
from tallylight.foundation.settings import Settings
from tallylight.media.forward_door import ForwardDoor
from tallylight.media.origin import Origin

OWN_HOST = "127.0.0.1"
"""Where other media processes reach this one: they are on the same machine, for they share its recordings."""
HTTP_CONNECTIONS_MAX = 20_000
_BACKLOG = 2_048
_GRACE_S = 2


def origin_config(application: Origin | ForwardDoor, host: str, port: int, at_once: AtOnce) -> uvicorn.Config:
    """How the origin is served. ``at_once``: the origin's own, whatever stands before it."""
    return uvicorn.Config(
        application,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        loop="uvloop",
        http=answering(at_once),
        server_header=False,
        backlog=_BACKLOG,
        limit_concurrency=HTTP_CONNECTIONS_MAX,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=_GRACE_S,
    )


class MediaHttp(uvicorn.Server):
    """It leaves signals to the process and says when it cannot listen."""

    def __init__(self, settings: Settings, application: ForwardDoor, at_once: AtOnce) -> None:
        super().__init__(origin_config(application, settings.host, settings.media_port, at_once))
        self._settings = settings
        self._serving: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def start(self) -> int:
        """Return when both ports listen: the own one. UnavailableError when the public one cannot be had."""
        port = self._settings.media_port
        try:
            public = _listening(self._settings.host, port, shared=shares_ports(self._settings))
        except OSError:
            raise UnavailableError(f"port {port} for media cannot be opened: is another program on it?") from None
        own = _listening(OWN_HOST, 0, shared=False)
        own_port: int = own.getsockname()[1]
        self._serving = asyncio.create_task(self.serve([public, own]))
        while not self.started:
            if self._serving.done():
                self._serving.result()
            await asyncio.sleep(0.01)
        return own_port

    async def stop(self) -> None:
        self.should_exit = True
        if self._serving is not None:
            await asyncio.wait((self._serving,), timeout=_GRACE_S + 3)


def _listening(host: str, port: int, *, shared: bool) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        made.bind((host, port))
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made
