"""Writes to the database in order, beside the media path: evidence, events, states. It never holds up air.

While the database is away, entries wait and are retried; beyond ENTRIES_MAX the newest are lost, counted and logged.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.database import Database, database_is_away

log = structlog.get_logger()

ENTRIES_MAX = 5_000
_RETRY_FIRST_S = 0.2
_RETRY_MOST_S = 5.0

Entry = Callable[[AsyncConnection], Awaitable[object]]


class Journal:
    """``write`` from anywhere on the loop; ``run`` as a task."""

    def __init__(self, database: Database) -> None:
        self.lost = 0
        self._database = database
        self._entries: deque[Entry] = deque()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    def write(self, entry: Entry) -> None:
        """Have ``entry`` run in a transaction of its own, after those before it."""
        if len(self._entries) >= ENTRIES_MAX:
            self.lost += 1
            if self.lost == 1 or self.lost % 100 == 0:
                log.error("journal is full", lost=self.lost)
            return
        self._entries.append(entry)
        self._idle.clear()
        self._more.set()

    def tell(self, entry: Entry) -> None:
        """The same for what is stale in a moment: left out while others wait."""
        if len(self._entries) < 50:
            self.write(entry)

    async def run(self) -> None:
        """Write until cancelled."""
        retry_s = _RETRY_FIRST_S
        while True:
            await self._more.wait()
            if not self._entries:
                self._more.clear()
                self._idle.set()
                continue
            try:
                async with self._database.transaction() as connection:
                    await self._entries[0](connection)
            except Exception as error:
                if database_is_away(error):
                    log.warning("database is away; the journal waits", waiting=len(self._entries))
                    await asyncio.sleep(retry_s)
                    retry_s = min(retry_s * 2, _RETRY_MOST_S)
                    continue
                log.exception("journal entry failed")
            retry_s = _RETRY_FIRST_S
            self._entries.popleft()

    async def drained(self, timeout_s: float) -> bool:
        """Wait until all is written; False when that takes longer."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            return False
        return True
