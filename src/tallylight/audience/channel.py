"""What one process knows of one channel: how far it has read, the last events, who listens."""

import asyncio
from collections import deque

from tallylight.audience.frames import NEVER, durable_frame
from tallylight.audience.subscription import Subscription
from tallylight.foundation.outbox import Event, Position


class Channel:
    """A ring of the last events up to ``position``, contiguous. Changed only under ``lock``."""

    def __init__(self, name: str, ring_events: int) -> None:
        self.name = name
        self.lock = asyncio.Lock()
        self.position = NEVER
        self.loaded = False
        self.subscriptions: set[Subscription] = set()
        self.entering = 0
        self.idle_since_us: int | None = None
        self._ring: deque[bytes] = deque(maxlen=ring_events)

    @property
    def idle(self) -> bool:
        """Whether nobody listens or is about to."""
        return not self.subscriptions and not self.entering

    def restart_at(self, position: Position) -> None:
        """Forget what was read; the next event is the one after ``position``."""
        self.position = position
        self._ring.clear()

    def append(self, event: Event) -> bytes:
        """Take the next event in; ValueError when it does not follow, which would be a gap."""
        if event.position != Position(self.position.epoch, self.position.offset + 1):
            raise ValueError("the event does not follow the last one")
        self.position = event.position
        frame = durable_frame(event)
        self._ring.append(frame)
        return frame

    def frames_after(self, offset: int) -> list[bytes] | None:
        """The frames after ``offset``; None when the ring does not reach back that far."""
        missing = self.position.offset - offset
        if missing < 0 or missing > len(self._ring):
            return None
        return list(self._ring)[len(self._ring) - missing :]
