"""Where other processes hand their requests to the holder of a shop's lease.

One door a process, opened with its first lease. Whoever comes in shows the key that the holder wrote beside its
lease: only somebody who reads the database can have it, and such a one could write orders anyway. A desk that does not
hold the lease (any more) says so, and the sender asks the next.
"""

import asyncio
import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import msgspec
import structlog

from tallylight.checkout.desk.requests import DeskRequest
from tallylight.checkout.desk.wire import (
    Asked,
    FromFollower,
    Knock,
    Ping,
    Pong,
    decode_request,
    encode_answer,
    encode_error,
)
from tallylight.checkout.errors import LeaseLostError
from tallylight.foundation.errors import TallyError, UnavailableError
from tallylight.foundation.wire import FRAME_BYTES_MAX, FrameTooLargeError, encode_frame, read_frame

FOLLOWERS_MAX = 256
"""Processes times shops."""
KNOCK_TIMEOUT_S = 5
ASKED_MAX = 5_000
"""Requests of one follower that are not answered yet."""
UNSENT_BYTES_MAX = 8 << 20

_ENDINGS = (asyncio.IncompleteReadError, OSError, TimeoutError, msgspec.DecodeError, FrameTooLargeError, KeyError)
_decoder = msgspec.msgpack.Decoder(FromFollower)
_log = structlog.get_logger()


def door_name(key: bytes) -> str:
    """How the database knows the connections of the process whose door has ``key``."""
    return f"tallylight-desk {hashlib.sha256(key).hexdigest()[:16]}"


class Counter(Protocol):
    """A desk that takes requests of other processes."""

    def submit_forwarded(self, asked: DeskRequest) -> None:
        """Queue ``asked``. Raises LeaseLostError when this desk does not sell now, and what ``submit`` raises."""
        ...


class DeskDoor:
    """Listens on ``host``; ``counter_of`` finds the desk of a shop, None when there is none in this process."""

    def __init__(self, host: str, counter_of: Callable[[UUID], Counter | None]) -> None:
        self._host = host
        self._counter_of = counter_of
        self._server: asyncio.Server | None = None
        self._opening = asyncio.Lock()
        self._inside: set[asyncio.Task[None]] = set()
        self.key = secrets.token_bytes(32)
        self.name = door_name(self.key)

    async def address(self) -> str:
        """``host:port``; the door is opened when it is asked for first."""
        async with self._opening:
            if self._server is None:
                self._server = await asyncio.start_server(self._come_in, self._host, 0, limit=FRAME_BYTES_MAX)
        return f"{self._host}:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Send everybody away; they ask the next holder."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._inside:
            task.cancel()
        await asyncio.gather(*self._inside, return_exceptions=True)

    async def _come_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._inside) >= FOLLOWERS_MAX:
            writer.close()
            return
        self._inside.add(task)
        try:
            async with asyncio.timeout(KNOCK_TIMEOUT_S):
                knock = await read_frame(reader, _decoder)
            if isinstance(knock, Knock) and hmac.compare_digest(knock.door_key, self.key):
                await _Follower(writer, self._counter_of(knock.shop_id)).serve(reader)
            else:
                _log.warning("somebody without the key was at the sale desk's door")
        except _ENDINGS:
            pass
        except asyncio.CancelledError:
            # The door is being closed: this connection ends, and nothing else waits for the task.
            pass
        finally:
            self._inside.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class _Follower:
    """One connection: requests in, answers out in whatever order they come."""

    def __init__(self, writer: asyncio.StreamWriter, counter: Counter | None) -> None:
        self._writer = writer
        self._counter = counter
        self._waiting = 0

    async def serve(self, reader: asyncio.StreamReader) -> None:
        while True:
            message = await read_frame(reader, _decoder)
            if isinstance(message, Ping):
                self._send(encode_frame(Pong()))
            elif isinstance(message, Asked):
                self._take(message)
            if self._writer.transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
                raise ConnectionError("the follower does not read its answers")

    def _take(self, message: Asked) -> None:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        asked = decode_request(message, answer)
        answer.add_done_callback(lambda done: self._answer(message.number, done))
        self._waiting += 1
        try:
            if self._counter is None:
                raise LeaseLostError("this process does not sell for the shop")
            if self._waiting > ASKED_MAX:
                raise UnavailableError("too many orders at once; repeat with the same key in a moment")
            self._counter.submit_forwarded(asked)
        except TallyError as refusal:
            answer.set_exception(refusal)

    def _answer(self, number: int, done: "asyncio.Future[Any]") -> None:
        self._waiting -= 1
        if done.cancelled():
            return
        error = done.exception()
        if error is None:
            self._send(encode_frame(encode_answer(number, done.result())))
        else:
            again = isinstance(error, LeaseLostError)
            self._send(encode_frame(encode_error(number, error, again=again)))

    def _send(self, frame: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(frame)
