"""A bounded queue in front of a destination. Pure: whoever fills it never waits.

When it is full, everything in it goes, and what follows up to the next keyframe: a receiver that is too slow sees a
jump instead of falling behind for good, and never a picture whose reference it did not get.
"""

from collections import deque

from tallylight.media.relay.flv_air import AirMessage

BYTES_MAX = 8 << 20
SPAN_MS_MAX = 5_000


class KeyQueue:
    """``put`` messages, ``take`` them. It starts at a keyframe. ``dropped``: messages lost to overflowing."""

    def __init__(self, bytes_max: int = BYTES_MAX, span_ms_max: int = SPAN_MS_MAX) -> None:
        self.dropped = 0
        self.held_bytes = 0
        self._bytes_max = bytes_max
        self._span_ms_max = span_ms_max
        self._messages: deque[AirMessage] = deque()
        self._await_key = True
        self._overflowed = False

    def put(self, message: AirMessage) -> None:
        if self._await_key:
            if not message.key:
                self.dropped += self._overflowed
                return
            self._await_key = self._overflowed = False
        self._messages.append(message)
        self.held_bytes += len(message.payload)
        if self.held_bytes > self._bytes_max or self.held_ms > self._span_ms_max:
            self._overflow()

    def take(self) -> AirMessage | None:
        """The oldest message, None when there is none."""
        if not self._messages:
            return None
        message = self._messages.popleft()
        self.held_bytes -= len(message.payload)
        return message

    def start_over(self) -> None:
        """Forget what is held, without counting it: the next message out is a keyframe."""
        self._messages.clear()
        self.held_bytes = 0
        self._await_key = True
        self._overflowed = False

    @property
    def held_ms(self) -> int:
        """From the oldest message held to the newest."""
        return self._messages[-1].at_ms - self._messages[0].at_ms if self._messages else 0

    def _overflow(self) -> None:
        newest = self._messages[-1]
        self.dropped += len(self._messages)
        self.start_over()
        self._overflowed = True
        if newest.key and len(newest.payload) <= self._bytes_max:
            self.dropped -= 1
            self.put(newest)
