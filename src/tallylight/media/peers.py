"""The other media processes as one of them knows them: where each show's camera and air are, to send on who comes here.

All share the public ports, so anyone may arrive anywhere. Encoders are handed on by the byte (``rtmp_splice``),
viewers' requests by HTTP (``forward_door``). What arrives by a process's own port has been sent on once and stays.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from tallylight.media.homes import Home, MediaProcess

REACH_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An answer to a publisher: another process takes this show in."""

    process: MediaProcess


@dataclass(slots=True)
class Peers:
    """``name``: this process. ``learn`` what the rows say."""

    name: str
    processes: dict[str, MediaProcess] = field(default_factory=dict)
    _air: dict[UUID, str] = field(default_factory=dict)
    _camera: dict[UUID, str] = field(default_factory=dict)
    _learned: asyncio.Event = field(default_factory=asyncio.Event)

    def learn(self, homes: Iterable[Home], processes: Iterable[MediaProcess]) -> None:
        self.processes = {one.name: one for one in processes}
        on_air = [home for home in homes if home.broadcast_id is not None]
        self._air = {home.broadcast_id: home.air or home.home for home in on_air if home.broadcast_id}
        self._camera = {home.broadcast_id: home.home for home in on_air if home.broadcast_id}
        learned, self._learned = self._learned, asyncio.Event()
        learned.set()

    @property
    def alone(self) -> bool:
        return len(self.processes) < 2

    def others(self) -> list[MediaProcess]:
        return [one for one in self.processes.values() if one.name != self.name]

    def at_air_of(self, broadcast_id: UUID) -> MediaProcess | None:
        """The other process that viewers of this broadcast are served by; None when that is not known or this one."""
        return self._other(self._air.get(broadcast_id))

    def at_camera_of(self, broadcast_id: UUID) -> MediaProcess | None:
        """The same for its undelayed programme."""
        return self._other(self._camera.get(broadcast_id))

    async def news(self, within_s: float) -> None:
        """Wait until something has been learned anew."""
        try:
            await asyncio.wait_for(self._learned.wait(), within_s)
        except TimeoutError:
            return

    def _other(self, name: str | None) -> MediaProcess | None:
        return None if name is None or name == self.name else self.processes.get(name)


async def reaches(process: MediaProcess) -> bool:
    """Whether it takes connections now: one that was killed refuses at once."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(process.host, process.rtmp_port), REACH_TIMEOUT_S)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
