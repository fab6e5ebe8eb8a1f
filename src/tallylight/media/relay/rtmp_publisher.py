"""The publishing side of RTMP (Adobe "Real-Time Messaging Protocol", 1.0): one stream to one server.

Errors: OSError when the server is not there or goes, RelayRefusedError when it says no, RtmpProtocolError when it
breaks the protocol. Nothing here has a time limit of its own except ``drained``: callers set them.
"""

import asyncio
import os
import ssl
import struct
from collections import deque
from typing import Self

from tallylight.media import rtmp_chunks
from tallylight.media.amf import AmfValue, decode_amf, encode_amf
from tallylight.media.errors import RtmpProtocolError
from tallylight.media.relay.flv_air import AirMessage, Run
from tallylight.media.relay.target import Target
from tallylight.media.rtmp_chunks import ChunkReader, Message, encode_message

WRITE_BUFFER_BYTES = 256 << 10
ANSWERS_MAX = 200
"""Messages that a server may send before publishing has begun."""
SAID_BYTES_MAX = 64 << 20
"""What a server may send over one connection: it has little to say, in days of publishing too."""
DESCRIPTION_CHARS_MAX = 200

_CHUNK_BYTES = 4096
_HANDSHAKE_BYTES = 1536
_VERSION = 3
_READ_BYTES = 16 << 10
_COMMAND, _SOUND, _PICTURE = 3, 4, 6


class RelayRefusedError(Exception):
    """The server said no. ``description`` is in its own words, cut short, without the key."""

    def __init__(self, description: str) -> None:
        super().__init__("refused")
        self.description = description


class RtmpPublisher:
    """``await RtmpPublisher.connect(target)``, then ``send`` and ``drained``; run ``listen`` beside it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target) -> None:
        self.sent_bytes = 0
        self._reader = reader
        self._writer = writer
        self._target = target
        self._chunks = ChunkReader()
        self._received = 0
        self._acknowledge_every = 0
        self._acknowledged = 0
        self._stream_id = 1
        self._answers: deque[list[AmfValue]] = deque()
        self._answered = 0
        self._run: Run | None = None
        self._began_ms: int | None = None

    @classmethod
    async def connect(cls, target: Target, tls: ssl.SSLContext | None = None) -> Self:
        """Connect and publish; ``tls`` for servers whose certificate the system does not know."""
        context = (tls or ssl.create_default_context()) if target.tls else None
        reader, writer = await asyncio.open_connection(
            target.host, target.port, ssl=context, server_hostname=target.host if context else None
        )
        publisher = cls(reader, writer, target)
        try:
            writer.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
            await publisher._shake_hands()
            await publisher._publish()
        except BaseException:
            writer.transport.abort()
            raise
        return publisher

    def send(self, message: AirMessage) -> None:
        """Put one message on its way, with its run's headers when they are new to the server."""
        if self._began_ms is None:
            self._began_ms = message.at_ms
        at_ms = message.at_ms - self._began_ms
        if at_ms < 0:
            return  # sound from before the first picture
        if message.run is not self._run:
            self._begin_run(message.run, at_ms)
        kind = rtmp_chunks.VIDEO if message.video else rtmp_chunks.AUDIO
        self._message(kind, message.payload, _PICTURE if message.video else _SOUND, at_ms)

    async def drained(self, within_s: float) -> None:
        """Wait until the server has taken most of what was sent; TimeoutError when it does not."""
        if self._writer.transport.get_write_buffer_size() > WRITE_BUFFER_BYTES:
            async with asyncio.timeout(within_s):
                await self._writer.drain()

    async def listen(self) -> None:
        """Answer the server's pings and read what it says, until it ends or refuses."""
        while data := await self._reader.read(_READ_BYTES):
            for message in self._read(data):
                self._obey(message)
                _refuse_errors(message, self._target)

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self._writer.transport.abort()

    async def close(self, within_s: float) -> None:
        """Say that the stream ends, and close."""
        try:
            async with asyncio.timeout(within_s):
                self._command("FCUnpublish", 6.0, None, self._target.key)
                self._command("deleteStream", 7.0, None, float(self._stream_id))
                await self._writer.drain()
                self._writer.close()
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            pass
        finally:
            self.abort()

    # -- beginning

    async def _shake_hands(self) -> None:
        """Section 5.2, the simple form."""
        self._writer.write(bytes((_VERSION,)) + bytes(8) + os.urandom(_HANDSHAKE_BYTES - 8))
        version = (await self._read_exactly(1))[0]
        if version != _VERSION:
            raise RtmpProtocolError("the server does not speak RTMP")
        server_hello = await self._read_exactly(_HANDSHAKE_BYTES)
        await self._read_exactly(_HANDSHAKE_BYTES)
        self._writer.write(server_hello)

    async def _publish(self) -> None:
        target = self._target
        url = f"{'rtmps' if target.tls else 'rtmp'}://{target.host}:{target.port}/{target.app}"
        self._message(rtmp_chunks.SET_CHUNK_SIZE, struct.pack(">I", _CHUNK_BYTES), 2, 0, chunk_size=128)
        self._command(
            "connect",
            1.0,
            {"app": target.app, "type": "nonprivate", "flashVer": "FMLE/3.0 (compatible; Tallylight)", "tcUrl": url},
        )
        await self._result(1.0)
        self._command("releaseStream", 2.0, None, target.key)
        self._command("FCPublish", 3.0, None, target.key)
        self._command("createStream", 4.0, None)
        values = await self._result(4.0)
        self._stream_id = int(values[-1]) if isinstance(values[-1], float) and 0 < values[-1] < 2**32 else 1
        self._command("publish", 5.0, None, target.key, "live", stream_id=self._stream_id)
        await self._status("NetStream.Publish.Start")

    async def _result(self, transaction: float) -> list[AmfValue]:
        while (values := await self._next_command())[:2] != ["_result", transaction]:
            pass
        return values

    async def _status(self, code: str) -> None:
        while True:
            values = await self._next_command()
            information = values[-1]
            if values[0] == "onStatus" and isinstance(information, dict) and information.get("code") == code:
                return

    async def _next_command(self) -> list[AmfValue]:
        """The next that the server says; RtmpProtocolError when it only talks."""
        while not self._answers:
            if self._answered > ANSWERS_MAX:
                raise RtmpProtocolError("the server talks and does not answer")
            data = await self._reader.read(_READ_BYTES)
            if not data:
                raise ConnectionResetError
            for message in self._read(data):
                self._answered += 1
                self._obey(message)
                _refuse_errors(message, self._target)
                if message.type == rtmp_chunks.COMMAND_AMF0 and (values := decode_amf(message.payload)):
                    self._answers.append(values)
        return self._answers.popleft()

    async def _read_exactly(self, size: int) -> bytes:
        try:
            data = await self._reader.readexactly(size)
        except asyncio.IncompleteReadError:
            raise ConnectionResetError from None
        self._received += size
        return data

    # -- what the server says

    def _read(self, data: bytes) -> list[Message]:
        self._received += len(data)
        if self._received > SAID_BYTES_MAX:
            raise RtmpProtocolError("the server says too much")
        self._chunks.push(data)
        messages = list(self._chunks.messages())
        if self._acknowledge_every and self._received - self._acknowledged >= self._acknowledge_every:
            self._acknowledged = self._received
            self._message(rtmp_chunks.ACKNOWLEDGEMENT, struct.pack(">I", self._received & 0xFFFFFFFF), 2, 0)
        return messages

    def _obey(self, message: Message) -> None:
        if message.type == rtmp_chunks.WINDOW_SIZE and len(message.payload) >= 4:
            self._acknowledge_every = max(int.from_bytes(message.payload[:4], "big"), 4096)
        elif message.type == rtmp_chunks.USER_CONTROL and message.payload[:2] == b"\x00\x06":
            self._message(rtmp_chunks.USER_CONTROL, b"\x00\x07" + message.payload[2:6], 2, 0)

    # -- sending

    def _begin_run(self, run: Run, at_ms: int) -> None:
        first, self._run = self._run is None, run
        if first:
            about: AmfValue = {
                "width": float(run.picture.width), "height": float(run.picture.height),
                "videocodecid": 7.0, "audiocodecid": 10.0, "audiosamplerate": 48_000.0, "stereo": True,
                "encoder": "Tallylight",
            }  # fmt: skip
            self._message(rtmp_chunks.DATA_AMF0, encode_amf(["@setDataFrame", "onMetaData", about]), _SOUND, 0)
        self._message(rtmp_chunks.VIDEO, run.video_header, _PICTURE, at_ms)
        self._message(rtmp_chunks.AUDIO, run.sound_header, _SOUND, at_ms)

    def _command(self, *values: AmfValue, stream_id: int = 0) -> None:
        self._message(rtmp_chunks.COMMAND_AMF0, encode_amf(values), _COMMAND, 0, stream_id=stream_id)

    def _message(
        self, kind: int, payload: bytes, chunk_stream_id: int, at_ms: int, *, chunk_size: int = _CHUNK_BYTES,
        stream_id: int | None = None,
    ) -> None:  # fmt: skip
        media = kind in (rtmp_chunks.VIDEO, rtmp_chunks.AUDIO, rtmp_chunks.DATA_AMF0)
        data = encode_message(
            kind, payload, chunk_stream_id=chunk_stream_id, chunk_size=chunk_size, timestamp_ms=at_ms,
            stream_id=(self._stream_id if media else 0) if stream_id is None else stream_id,
        )  # fmt: skip
        self.sent_bytes += len(data)
        self._writer.write(data)


def _refuse_errors(message: Message, target: Target) -> None:
    """Raises RelayRefusedError when a message says no."""
    if message.type != rtmp_chunks.COMMAND_AMF0:
        return
    values = decode_amf(message.payload)
    information = values[-1] if values else None
    level = information.get("level") if isinstance(information, dict) else None
    if values[:1] == ["_error"] and values[1:2] in ([2.0], [3.0]):
        return  # Some servers do not know releaseStream and FCPublish; nothing depends on them.
    if values[:1] == ["_error"] or (values[:1] == ["onStatus"] and level == "error"):
        said = information.get("description") or information.get("code") if isinstance(information, dict) else None
        raise RelayRefusedError(_in_short(str(said or "no reason given"), target))


def _in_short(said: str, target: Target) -> str:
    words = "".join(letter if letter.isprintable() else " " for letter in said)
    return words.replace(target.key, "…")[:DESCRIPTION_CHARS_MAX]
