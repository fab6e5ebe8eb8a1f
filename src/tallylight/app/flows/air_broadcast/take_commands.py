"""Hears the desk's commands: LISTEN on the database, and read what has come since the last one."""

import asyncio
from collections.abc import Callable, Iterable

import asyncpg
import structlog

from tallylight.app.flows.air_broadcast.on_air import OnAir
from tallylight.foundation.database import Database
from tallylight.shows.give_gate_command import NOTIFY_CHANNEL
from tallylight.shows.queries import gate_commands_after

log = structlog.get_logger()

RECONNECT_S = 1
LOOK_EVERY_S = 5
"""A look without a call, should a notification have been lost."""


class CommandListener:
    """``run`` as a task. ``on_air`` gives the shows that are on air now."""

    def __init__(self, database: Database, on_air: Callable[[], Iterable[OnAir]]) -> None:
        self._database = database
        self._on_air = on_air
        self._called = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("desk commands cannot be heard", kind=type(error).__name__)
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        connection = await self._database.raw_connection()
        try:
            await connection.add_listener(NOTIFY_CHANNEL, lambda *_: self._called.set())
            while not connection.is_closed():
                self._called.clear()
                await self.read()
                try:
                    await asyncio.wait_for(self._called.wait(), LOOK_EVERY_S)
                except TimeoutError:
                    continue
        finally:
            await connection.close(timeout=1)

    async def read(self) -> None:
        """Take each show's new commands, in order."""
        for on_air in list(self._on_air()):
            async with self._database.transaction() as connection:
                commands = await gate_commands_after(connection, on_air.show.id, on_air.last_command)
            for command in commands:
                on_air.last_command = command.id
                on_air.command(command)
