"""Stopping on request: SIGTERM, Ctrl-C or a closed terminal unwind what runs; asking twice ends it at once."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


def run_until_told_to_stop(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work``; a signal cancels it, so that its ``finally`` blocks stop what it started. Errors pass through."""
    asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    told = False

    def stop() -> None:
        nonlocal told
        if told:
            # The kernel takes the children along (parent_death), and the database recovers by itself.
            os.kill(os.getpid(), signal.SIGKILL)
        told = True
        task.cancel()

    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(which, stop)
    with suppress(asyncio.CancelledError):
        await task
