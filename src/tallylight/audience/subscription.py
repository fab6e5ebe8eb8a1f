"""One reader's bounded queue. A slow reader is dropped, never waited for: it reconnects and catches up."""

import asyncio
from collections import deque

from prometheus_client import Counter

READERS_DROPPED = Counter(
    "tallylight_readers_dropped_total", "Live readers that the server let go, by reason.", ["reason"]
)
GAUGES_SHED = Counter("tallylight_gauges_shed_total", "Ephemeral events not queued for readers that lag.")


class Subscription:
    """Frames for one reader, at most ``frames_max`` waiting.

    Gauges (ephemeral frames) are the first to go: they are shed from half full on. A durable frame that finds the
    queue full ends the subscription: leaving one out would be a gap.
    """

    def __init__(self, backlog: list[bytes], frames_max: int) -> None:
        self._frames: deque[bytes] = deque(backlog)
        # A backlog comes on top of the limit, so that catching up is not mistaken for being slow.
        self._frames_max = frames_max + len(backlog)
        self._gauges_max = len(backlog) + frames_max // 2
        self._waiter: asyncio.Future[None] | None = None
        self.closed_for: str | None = None

    def offer(self, frame: bytes, *, durable: bool) -> None:
        """Queue a frame, shed it, or drop the reader."""
        if self.closed_for is not None:
            return
        if not durable and len(self._frames) >= self._gauges_max:
            GAUGES_SHED.inc()
            return
        if len(self._frames) >= self._frames_max:
            self.close("slow")
            return
        self._frames.append(frame)
        self._wake()

    def close(self, reason: str) -> None:
        """End the subscription for ``reason``: ``slow``, ``left``, ``dismissed``, ``shutdown``.

        What waits is not delivered.
        """
        if self.closed_for is not None:
            return
        self.closed_for = reason
        self._frames.clear()
        if reason != "left":
            READERS_DROPPED.labels(reason).inc()
        self._wake()

    async def next(self) -> bytes | None:
        """All that waits, as one piece; waits for something; None when the subscription is over."""
        while not self._frames:
            if self.closed_for is not None:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        piece = b"".join(self._frames)
        self._frames.clear()
        return piece

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
