"""Frames between our processes: whole, in order, bounded."""

import asyncio
from uuid import uuid4

import msgspec
import pytest

from tallylight.app.review_link import FromMedia, Hello, Pcm
from tallylight.foundation.wire import FRAME_BYTES_MAX, FrameTooLargeError, encode_frame, read_frame


def test_frames_survive_any_cut() -> None:
    messages: list[FromMedia] = [Hello(uuid4(), uuid4()), Pcm(5, b"\0\1" * 1600)]

    async def story() -> None:
        reader = asyncio.StreamReader()
        decoder = msgspec.msgpack.Decoder(FromMedia)
        stream = b"".join(encode_frame(message) for message in messages)
        reading = asyncio.create_task(_read(reader, decoder, len(messages)))
        for byte in stream:
            reader.feed_data(bytes((byte,)))
        reader.feed_eof()
        assert await reading == messages
        with pytest.raises(asyncio.IncompleteReadError):
            await read_frame(reader, decoder)

    asyncio.run(story())


def test_a_frame_too_large_is_refused_before_it_is_read() -> None:
    async def story() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data((FRAME_BYTES_MAX + 1).to_bytes(4, "big"))
        with pytest.raises(FrameTooLargeError):
            await read_frame(reader, msgspec.msgpack.Decoder(FromMedia))

    asyncio.run(story())
    with pytest.raises(FrameTooLargeError):
        encode_frame(Pcm(0, bytes(FRAME_BYTES_MAX)))


async def _read(
    reader: asyncio.StreamReader, decoder: "msgspec.msgpack.Decoder[FromMedia]", count: int
) -> list[FromMedia]:
    return [await read_frame(reader, decoder) for _ in range(count)]
