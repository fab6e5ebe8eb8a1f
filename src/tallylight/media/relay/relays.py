"""All destinations of one broadcast: an output of its air line that hands each message to each relay."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

from tallylight.media.fmp4 import VideoSample
from tallylight.media.relay.flv_air import AirMessage, FlvAir
from tallylight.media.relay.relay import CLOSE_TIMEOUT_S, Relay, RelayStatus
from tallylight.media.relay.target import Target
from tallylight.media.sound import AacPacket

DESTINATIONS_MAX = 32


class Relays:
    """An AirOutput. ``set_targets`` whenever the destinations change; ``close`` when the broadcast is over."""

    def __init__(self, make: Callable[[Target], Relay] = Relay) -> None:
        self._make = make
        self._air = FlvAir(self._send)
        self._relays: dict[UUID, tuple[Relay, asyncio.Task[None]]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def set_targets(self, targets: Mapping[UUID, Target]) -> None:
        """Begin with those that are new, end those that are gone, begin anew those that changed."""
        for one, (relay, task) in list(self._relays.items()):
            if targets.get(one) != relay.target:
                del self._relays[one]
                self._leave(relay, task)
        for one, target in list(targets.items())[:DESTINATIONS_MAX]:
            if one not in self._relays:
                relay = self._make(target)
                self._relays[one] = (relay, asyncio.create_task(relay.run()))
        if not self._relays:
            self._air.finish()  # What waits to be put in order would be stale when a destination comes again.

    def statuses(self) -> dict[UUID, RelayStatus]:
        return {one: relay.status() for one, (relay, _) in self._relays.items()}

    async def close(self) -> None:
        """Say goodbye to each, in a limited time."""
        self.set_targets({})
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=CLOSE_TIMEOUT_S + 1)
            for task in self._leaving:
                task.cancel()

    def _leave(self, relay: Relay, task: asyncio.Task[None]) -> None:
        relay.close()
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
        asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, task.cancel)

    def _send(self, message: AirMessage) -> None:
        for relay, _ in self._relays.values():
            relay.put(message)

    # -- AirOutput

    def begin_run(self, init: bytes) -> None:
        self._air.begin_run(init)

    def video(self, sample: VideoSample) -> None:
        if self._relays:
            self._air.video(sample)

    def sound(self, packet: AacPacket) -> None:
        if self._relays:
            self._air.sound(packet)

    def finish(self) -> None:
        self._air.finish()
