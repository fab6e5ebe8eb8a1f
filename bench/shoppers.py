"""Shoppers who buy over HTTP/1.1, at as little cost as Python allows: what loads the server must not be the load.

Each connection sends one request and waits for its answer. Shoppers come from many addresses, as a proxy would say.
"""

import asyncio
import itertools
import time
from typing import cast
from uuid import UUID, uuid4

import msgspec
from tests.support.sale import Scene, order_request

ADDRESSES = 60_000
"""An address may buy 50 times a second."""
_HEADS = itertools.count()
_encode = msgspec.json.Encoder().encode


def body_of(scene: Scene, key: UUID, at_us: int, total_minor: int) -> bytes:
    """The JSON body of an order of one piece by a new buyer; the same for the same arguments."""
    return _encode(order_request(scene, total_minor, key=key, at_us=at_us, email=f"{key.hex}@example.com"))


def request_of(body: bytes) -> bytes:
    """A whole POST of ``body``, by somebody at the next address."""
    number = next(_HEADS) % ADDRESSES
    address = f"10.{number // 250 % 250}.{number % 250}.7"
    return (
        b"POST /api/orders HTTP/1.1\r\nhost: shop.example\r\ncontent-type: application/json\r\nx-forwarded-for: "
        + address.encode()
        + b"\r\ncontent-length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )


class Connection(asyncio.Protocol):
    """One keep-alive connection. ``ask`` answers (status, body); status 0: the connection broke."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Raises OSError when nobody listens on 127.0.0.1 ``port``."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None or self._transport.is_closing():
            return 0, b""
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 : head.find(b"\r", place) if b"\r" in head[place:] else None])
        if len(body) < length:
            return
        self._received = body[length:]
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((int(head[9:12]), body[:length]))

    def connection_lost(self, _: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result((0, b""))


class OrderAnswer(msgspec.Struct):
    """What a shopper keeps of the answer."""

    id: UUID


decode_order = msgspec.json.Decoder(OrderAnswer).decode


async def buy_for(port: int, scene: Scene, total_minor: int, *, seconds: float) -> list[float]:
    """Buy one order after another on one connection; the latencies in seconds. Raises RuntimeError when refused."""
    connection = await Connection.open(port)
    latencies: list[float] = []
    stop = time.perf_counter() + seconds
    while True:
        request = request_of(body_of(scene, uuid4(), time.time_ns() // 1000, total_minor))
        began = time.perf_counter()
        if began >= stop:
            connection.close()
            return latencies
        status, body = await connection.ask(request)
        if status != 200:
            raise RuntimeError(f"the shop answered {status}: {body[:200]!r}")
        latencies.append(time.perf_counter() - began)
