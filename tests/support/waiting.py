"""Waiting for the outside world: a condition with a deadline, instead of a sleep of a guessed length."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

POLL_S = 0.02


def wait_until(condition: Callable[[], object], *, what: str, within_s: float = 40.0) -> None:
    """Return once ``condition()`` is true; AssertionError naming ``what`` after ``within_s``."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(POLL_S)


async def until(condition: Callable[[], object | Awaitable[object]], *, what: str, within_s: float = 40.0) -> None:
    """The same on an event loop; ``condition`` may be a coroutine function."""
    deadline = time.monotonic() + within_s
    while True:
        held = condition()
        if inspect.isawaitable(held):
            held = await held
        if held:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what}")
        await asyncio.sleep(POLL_S)
