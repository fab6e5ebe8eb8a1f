"""A plain RTMP client for tests: says exactly what it is told, and reads what the server answers."""

import asyncio
import os
import ssl
from contextlib import suppress
from typing import Self

from tallylight.media.amf import AmfValue, decode_amf, encode_amf
from tallylight.media.rtmp_chunks import AUDIO, COMMAND_AMF0, VIDEO, ChunkReader, encode_message


class RtmpClient:
    """``await RtmpClient.connect(port)``; then ``publish`` and ``send``."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._chunks = ChunkReader()

    @classmethod
    async def connect(cls, port: int, tls: ssl.SSLContext | None = None, first: bytes = b"") -> Self:
        """A connection after the handshake; ``first`` goes before it, as from a proxy."""
        client = cls(*await asyncio.open_connection("127.0.0.1", port, ssl=tls))
        client.writer.write(first)
        client.writer.write(b"\x03" + bytes(8) + os.urandom(1528))
        await client.reader.readexactly(1 + 2 * 1536)
        client.writer.write(bytes(1536))
        return client

    def command(self, *values: AmfValue, stream_id: int = 0) -> None:
        self.writer.write(encode_message(COMMAND_AMF0, encode_amf(values), chunk_stream_id=3, stream_id=stream_id))

    def publish(self, name: str, app: str = "live") -> None:
        """connect, createStream and publish in one go, as an impatient client sends them."""
        self.command("connect", 1.0, {"app": app, "type": "nonprivate"})
        self.command("createStream", 2.0, None)
        self.command("publish", 3.0, None, name, "live", stream_id=1)

    def media(self, kind: str, payload: bytes) -> None:
        message_type = VIDEO if kind == "video" else AUDIO
        self.writer.write(encode_message(message_type, payload, chunk_stream_id=6, stream_id=1))

    async def status(self) -> dict[str, AmfValue]:
        """The next onStatus; EOFError when the connection ends before one comes."""
        while data := await self.reader.read(65_536):
            self._chunks.push(data)
            for message in self._chunks.messages():
                if message.type == COMMAND_AMF0:
                    values = decode_amf(message.payload)
                    if values[0] == "onStatus" and isinstance(values[-1], dict):
                        return values[-1]
        raise EOFError

    async def ended(self) -> bool:
        """Wait for the server to close."""
        with suppress(ConnectionError):
            while await self.reader.read(65_536):
                pass
        return True

    def close(self) -> None:
        self.writer.close()
