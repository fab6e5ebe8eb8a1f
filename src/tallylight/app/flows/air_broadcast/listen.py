"""Hears that something changed in the database (LISTEN), and reads it: at once, and every few seconds besides."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from tallylight.foundation.database import Database

log = structlog.get_logger()

RECONNECT_S = 1
LOOK_EVERY_S = 5
"""A look without a call, should a notification have been lost."""


async def listen(database: Database, channel: str, read: Callable[[], Awaitable[None]]) -> None:
    """Call ``read`` whenever ``channel`` was notified, until cancelled; survives the database's absence."""
    while True:
        try:
            await _listen(database, channel, read)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("changes in the database cannot be heard", channel=channel, kind=type(error).__name__)
        await asyncio.sleep(RECONNECT_S)


async def _listen(database: Database, channel: str, read: Callable[[], Awaitable[None]]) -> None:
    called = asyncio.Event()
    connection = await database.raw_connection()
    try:
        await connection.add_listener(channel, lambda *_: called.set())
        while not connection.is_closed():
            called.clear()
            await read()
            try:
                await asyncio.wait_for(called.wait(), LOOK_EVERY_S)
            except TimeoutError:
                continue
    finally:
        await connection.close(timeout=1)
