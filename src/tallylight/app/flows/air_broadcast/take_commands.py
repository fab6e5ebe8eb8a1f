"""Takes the desk's commands: whenever one was given, reads what has come since the last."""

from collections.abc import Callable, Iterable

from tallylight.app.flows.air_broadcast.listen import listen
from tallylight.app.flows.air_broadcast.on_air import OnAir
from tallylight.foundation.database import Database
from tallylight.shows.give_gate_command import NOTIFY_CHANNEL
from tallylight.shows.queries import gate_commands_after


class CommandListener:
    """``run`` as a task. ``on_air`` gives the shows that are on air now."""

    def __init__(self, database: Database, on_air: Callable[[], Iterable[OnAir]]) -> None:
        self._database = database
        self._on_air = on_air

    async def run(self) -> None:
        await listen(self._database, NOTIFY_CHANNEL, self.read)

    async def read(self) -> None:
        """Take each show's new commands, in order."""
        for on_air in list(self._on_air()):
            async with self._database.transaction() as connection:
                commands = await gate_commands_after(connection, on_air.show.id, on_air.last_command)
            for command in commands:
                on_air.last_command = command.id
                on_air.command(command)
