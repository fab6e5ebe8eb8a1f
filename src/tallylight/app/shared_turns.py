"""One read for everyone who asks at once: a crowd that comes back after a network gap costs what one viewer costs.

Whoever asks while a read is running waits for the next one, which they all share. So an answer is never older than
its question, and at most one read of a key runs at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedTurns(Generic[T]):
    """Turns by key; a key that nobody waits for takes no memory."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Task[T]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def take(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        """What ``read`` gives in the first turn that begins from now on. Its error goes to all who shared it."""
        turn = self._waiting.get(key)
        if turn is None:
            turn = self._waiting[key] = asyncio.create_task(self._turn(key, read))
        # One who leaves must not take the answer from the others.
        return await asyncio.shield(turn)

    async def _turn(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            del self._waiting[key]
            try:
                return await read()
            finally:
                if key not in self._waiting:
                    del self._locks[key]
