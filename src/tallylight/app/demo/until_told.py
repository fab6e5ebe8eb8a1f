"""Runs a demo role until SIGTERM or SIGINT, and knows where the installation answers."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress

from tallylight.foundation.settings import Settings


def local_host(settings: Settings) -> str:
    """The address to reach this installation at from this machine, as it stands in a URL."""
    if settings.host in ("0.0.0.0", "::", ""):  # noqa: S104 - what it listens on, not what we do
        return "127.0.0.1"
    return f"[{settings.host}]" if ":" in settings.host else settings.host


def web_base(settings: Settings) -> str:
    return f"http://{local_host(settings)}:{settings.web_port}"


def run_until_told(work: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run ``work()``; a signal to stop cancels it and this returns."""
    asyncio.run(_run(work))


async def _run(work: Callable[[], Coroutine[None, None, None]]) -> None:
    task = asyncio.ensure_future(work())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
