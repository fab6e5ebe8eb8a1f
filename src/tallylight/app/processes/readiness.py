"""Whether a process does its work: asked from outside, as its users would."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx

_ANSWERS_WITHIN_S = 2.0

Ready = Callable[[], Awaitable[bool]]


def always() -> Ready:
    """For a process that has no door: running is enough."""

    async def ready() -> bool:
        return True

    return ready


def answers_http(host: str, port: int, path: str) -> Ready:
    """GET ``path`` is answered with 200."""

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_ANSWERS_WITHIN_S) as client:
                return (await client.get(f"http://{url_host(host)}:{port}{path}")).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def listens(host: str, *ports: int) -> Ready:
    """Each TCP port takes a connection."""

    async def ready() -> bool:
        try:
            for port in ports:
                await _connect_and_close(asyncio.open_connection(reachable_host(host), port))
        except (OSError, TimeoutError):
            return False
        return True

    return ready


def listens_where_written(path: Path) -> Ready:
    """The local TCP port that the file holds takes a connection."""

    async def ready() -> bool:
        try:
            port = int(path.read_text())
            await _connect_and_close(asyncio.open_connection("127.0.0.1", port))
        except (OSError, TimeoutError, ValueError):
            return False
        return True

    return ready


def listens_on_socket(path: Path) -> Ready:
    """The unix socket takes a connection."""

    async def ready() -> bool:
        try:
            await _connect_and_close(asyncio.open_unix_connection(path))
        except (OSError, TimeoutError):
            return False
        return True

    return ready


def reachable_host(host: str) -> str:
    """Where to connect to a server that listens on ``host``: loopback when that is every address."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - looked up, not bound


def url_host(host: str) -> str:
    """The same as it stands in a URL."""
    reachable = reachable_host(host)
    return f"[{reachable}]" if ":" in reachable else reachable


async def _connect_and_close(connecting: Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
    _, writer = await asyncio.wait_for(connecting, _ANSWERS_WITHIN_S)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
