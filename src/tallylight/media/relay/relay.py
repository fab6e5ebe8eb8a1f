"""One destination: connects, publishes, sends what air gives it, and tries again when that ends."""

import asyncio
import random
import ssl
import time
from typing import Literal

import msgspec
import structlog

from tallylight.media.errors import RtmpProtocolError
from tallylight.media.relay.flv_air import AirMessage
from tallylight.media.relay.key_queue import KeyQueue
from tallylight.media.relay.rtmp_publisher import RelayRefusedError, RtmpPublisher
from tallylight.media.relay.target import Target

log = structlog.get_logger()

CONNECT_TIMEOUT_S = 10.0
STALL_TIMEOUT_S = 10.0
"""A server that takes nothing for this long is given up."""
CLOSE_TIMEOUT_S = 2.0
RETRY_FIRST_S = 1.0
RETRY_MOST_S = 30.0
STEADY_S = 30.0
"""After so long without trouble the next retry is quick again."""

RelayState = Literal["waiting", "connecting", "live", "retrying"]
"""waiting: nothing is on air yet. retrying: the last try failed, ``problem`` says how."""


class RelayStatus(msgspec.Struct, frozen=True):
    """How a destination stands. ``dropped``: pictures and sound frames that it was too slow for."""

    state: RelayState
    problem: str | None
    bitrate_kbps: int
    behind_ms: int
    dropped: int
    reconnects: int


class Relay:
    """``put`` what airs; ``run`` as a task; ``close`` at the end. ``tls`` for certificates that the system lacks."""

    def __init__(self, target: Target, tls: ssl.SSLContext | None = None) -> None:
        self.target = target
        self._tls = tls
        self._queue = KeyQueue()
        self._more = asyncio.Event()
        self._state: RelayState = "waiting"
        self._problem: str | None = None
        self._reconnects = 0
        self._sent_bytes = 0
        self._metered = (time.monotonic(), 0)
        self._closing = False

    def put(self, message: AirMessage) -> None:
        """Never waits. Between two tries air goes by; while one is made it is kept, as far as the queue holds."""
        if self._state != "retrying":
            self._queue.put(message)
        self._more.set()

    def status(self) -> RelayStatus:
        """How it stands now; the bitrate is that since the last call."""
        now, (before, sent) = time.monotonic(), self._metered
        kbps = int((self._sent_bytes - sent) * 8 / 1000 / (now - before)) if now > before else 0
        self._metered = (now, self._sent_bytes)
        queue = self._queue
        return RelayStatus(self._state, self._problem, kbps, queue.held_ms, queue.dropped, self._reconnects)

    async def run(self) -> None:
        """Keep the destination supplied until ``close``."""
        await self._more.wait()
        retry_s = RETRY_FIRST_S
        while not self._closing:
            began = time.monotonic()
            try:
                await self._serve_once()
            except (OSError, TimeoutError, RtmpProtocolError, RelayRefusedError) as error:
                self._problem = _in_words(error)
            except Exception as error:
                log.exception("relay failed")
                self._problem = _in_words(error)
            if self._closing:
                break
            self._state = "retrying"
            self._queue.start_over()
            if time.monotonic() - began > STEADY_S:
                retry_s = RETRY_FIRST_S
            log.info("relay interrupted", host=self.target.host, problem=self._problem, retry_s=retry_s)
            # Spread out, so that many shows do not come back to a platform in the same moment.
            await asyncio.sleep(retry_s * random.uniform(0.5, 1))  # noqa: S311 - not a secret
            retry_s = min(retry_s * 2, RETRY_MOST_S)
            self._reconnects += 1

    def close(self) -> None:
        """Have ``run`` send what is queued, say goodbye and return."""
        self._closing = True
        self._more.set()

    async def _serve_once(self) -> None:
        self._state = "connecting"
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            publisher = await RtmpPublisher.connect(self.target, self._tls)
        self._state, self._problem = "live", None
        log.info("relay is live", host=self.target.host)
        listening = asyncio.create_task(publisher.listen())
        sending = asyncio.create_task(self._send(publisher))
        try:
            await asyncio.wait((listening, sending), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
                await publisher.close(CLOSE_TIMEOUT_S)
            else:
                listening.result()
                raise ConnectionResetError
        finally:
            for task in (listening, sending):
                task.cancel()
            await asyncio.gather(listening, sending, return_exceptions=True)
            publisher.abort()

    async def _send(self, publisher: RtmpPublisher) -> None:
        """Send as it comes; returns when closing and all is sent."""
        while True:
            while message := self._queue.take():
                before = publisher.sent_bytes
                publisher.send(message)
                self._sent_bytes += publisher.sent_bytes - before
                await publisher.drained(STALL_TIMEOUT_S)
            if self._closing:
                return
            self._more.clear()
            await self._more.wait()


def _in_words(error: Exception) -> str:
    """What the control room shows."""
    if isinstance(error, RelayRefusedError):
        return f"The destination refuses the stream: {error.description}. Check its key, and that it expects you."
    if isinstance(error, ssl.SSLError):
        return "The destination's certificate is not valid. Check the address."
    if isinstance(error, TimeoutError):
        return "The destination does not answer, or takes nothing. Trying again."
    if isinstance(error, RtmpProtocolError):
        return "The destination does not speak RTMP. Check the address."
    if isinstance(error, ConnectionRefusedError):
        return "Nothing listens at the destination's address. Check it, and that the stream there is set up."
    return "The connection to the destination broke. Trying again."
