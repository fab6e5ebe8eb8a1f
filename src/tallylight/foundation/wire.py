"""Messages between our own processes: msgpack structs in length-prefixed frames over a stream socket.

A frame is a 4-byte big-endian length and that many bytes of msgpack. A frame over ``FRAME_BYTES_MAX`` is
refused before it is read: the peer is broken or not ours.
"""

import asyncio
from typing import Any

import msgspec

FRAME_BYTES_MAX = 4 << 20

_encoder = msgspec.msgpack.Encoder()


class FrameTooLargeError(ConnectionError):
    """The peer announced a frame larger than any of ours."""


def encode_frame(message: msgspec.Struct) -> bytes:
    """One message as a frame, ready to write."""
    body = _encoder.encode(message)
    if len(body) > FRAME_BYTES_MAX:
        raise FrameTooLargeError(f"a frame of {len(body)} bytes; the limit is {FRAME_BYTES_MAX}")
    return len(body).to_bytes(4, "big") + body


async def read_frame(reader: asyncio.StreamReader, decoder: "msgspec.msgpack.Decoder[Any]") -> Any:
    """The next message. Raises asyncio.IncompleteReadError at the end of the stream."""
    length = int.from_bytes(await reader.readexactly(4), "big")
    if length > FRAME_BYTES_MAX:
        raise FrameTooLargeError(f"a frame of {length} bytes; the limit is {FRAME_BYTES_MAX}")
    return decoder.decode(await reader.readexactly(length))
