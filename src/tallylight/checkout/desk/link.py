"""A follower's side of the door: sends what was asked of it to the holder and hears the answers.

When the link breaks, everything that was not answered is asked again of whoever holds the lease next: an order by its
key, a settlement by its order's state, so nothing happens twice.
"""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

import msgspec

from tallylight.checkout.desk.requests import DeskRequest
from tallylight.checkout.desk.wire import (
    Answered,
    FromHolder,
    Knock,
    Ping,
    Refused,
    decode_answer,
    decode_error,
    encode_request,
)
from tallylight.foundation.wire import FRAME_BYTES_MAX, FrameTooLargeError, encode_frame, read_frame

OPEN_TIMEOUT_S = 1.0
PING_S = 0.5
SILENT_S = 1.5
"""A holder that has said nothing for so long is gone, or as good as gone."""

_ENDINGS = (asyncio.IncompleteReadError, OSError, TimeoutError, msgspec.DecodeError, FrameTooLargeError)
_decoder = msgspec.msgpack.Decoder(FromHolder)


class DeskLink:
    """One connection to the holder. ``changed`` is called when it ends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, changed: Callable[[], None]) -> None:
        self._reader = reader
        self._writer = writer
        self._changed = changed
        self._asked: dict[int, DeskRequest] = {}
        self._again: list[DeskRequest] = []
        self._number = 0
        self._heard = asyncio.Event()
        self.answered = 0
        """Requests that the holder has answered."""
        self.silent = False
        """The holder stopped answering while its connection stood."""
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._ping())]
        for task in self._tasks:
            task.add_done_callback(lambda _: changed())

    @classmethod
    async def open(cls, address: str, door_key: bytes, shop_id: UUID, changed: Callable[[], None]) -> "DeskLink":
        """Raises OSError or TimeoutError when nobody is there."""
        host, _, port = address.rpartition(":")
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host, int(port), limit=FRAME_BYTES_MAX)
        writer.write(encode_frame(Knock(shop_id, door_key)))
        return cls(reader, writer, changed)

    @property
    def alive(self) -> bool:
        return not any(task.done() for task in self._tasks)

    @property
    def waiting(self) -> int:
        """Requests that are not answered."""
        return len(self._asked)

    def send(self, asked: DeskRequest) -> None:
        """Hand ``asked`` over; its future is answered when the holder has answered."""
        self._number += 1
        self._asked[self._number] = asked
        self._writer.write(encode_frame(encode_request(self._number, asked)))

    def take_back(self) -> list[DeskRequest]:
        """Requests that the holder would not decide, to be asked again."""
        taken, self._again = self._again, []
        return taken

    async def close(self) -> list[DeskRequest]:
        """End the link; returns everything without an answer, oldest first."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        left = [*self.take_back(), *self._asked.values()]
        self._asked.clear()
        return [asked for asked in left if not asked.answer.done()]

    async def _hear(self) -> None:
        with contextlib.suppress(*_ENDINGS):
            while True:
                message = await read_frame(self._reader, _decoder)
                self._heard.set()
                if isinstance(message, Answered | Refused):
                    self._answer(message)

    def _answer(self, message: Answered | Refused) -> None:
        asked = self._asked.pop(message.number, None)
        if asked is None or asked.answer.done():
            return
        self.answered += not (isinstance(message, Refused) and message.again)
        if isinstance(message, Answered):
            asked.answer.set_result(decode_answer(asked, message))  # type: ignore[arg-type]
        elif message.again:
            self._again.append(asked)
            self._changed()
        else:
            asked.answer.set_exception(decode_error(message))

    async def _ping(self) -> None:
        """Ends when the holder is silent."""
        with contextlib.suppress(OSError):
            while True:
                self._heard.clear()
                self._writer.write(encode_frame(Ping()))
                try:
                    async with asyncio.timeout(SILENT_S):
                        await self._heard.wait()
                except TimeoutError:
                    self.silent = True
                    return
                await asyncio.sleep(PING_S)
