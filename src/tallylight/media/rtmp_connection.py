"""One RTMP publisher: handshake, commands, then its media handed to a sink.

Nothing of the publisher's media is looked at before the authoriser has accepted its stream name: the transport is
not even read while the authoriser thinks. The stream name holds the secret, so it is never logged or repeated.
"""

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, cast

import structlog

from tallylight.media import rtmp_chunks
from tallylight.media.amf import AmfValue, decode_amf, encode_amf
from tallylight.media.errors import RtmpProtocolError, StreamRefusedError
from tallylight.media.peers import Elsewhere
from tallylight.media.rtmp_chunks import ChunkReader, Message, encode_message
from tallylight.media.rtmp_splice import Splice

log = structlog.get_logger()

HANDSHAKE_TIMEOUT_S = 10
PUBLISH_TIMEOUT_S = 15
SILENCE_TIMEOUT_S = 30
NAME_CHARS_MAX = 512
COMMANDS_MAX = 64
SAID_BYTES_MAX = 64 << 10
"""What a publisher says before it is let in, kept to say it again to another process."""
GATHER_S = 0.1
"""A publisher's bytes are taken this often. Some encoders write a hundred bytes at a time, and each wake-up costs more
than the bytes do. The recogniser hears them that much later; air does not come later, for it goes by their stamps."""
GATHER_BYTES = 128 << 10
"""A read as large as this found the socket's buffer filling faster than that: the next follows at once."""
BITRATE_WINDOW_S = 10
BITRATE_MAX_BPS = 60_000_000

_HANDSHAKE_BYTES = 1536
_VERSION = 3
_WINDOW_BYTES = 2_500_000
_CHUNK_BYTES = 4096
_MEDIA_STREAM_ID = 1


class PublishSink(Protocol):
    """Where an accepted publisher's media goes. A method may raise StreamRefusedError to end the publishing."""

    def metadata(self, values: AmfValue) -> None: ...

    def video(self, timestamp_ms: int, payload: bytes) -> None: ...

    def audio(self, timestamp_ms: int, payload: bytes) -> None: ...

    def closed(self) -> None: ...


class Publisher(Protocol):
    """The hold that the sink's owner has on its publisher."""

    def pause(self) -> None:
        """Read no more: the publisher runs ahead of the clock, TCP makes it wait."""
        ...

    def resume(self) -> None: ...

    def refuse(self, error: StreamRefusedError) -> None:
        """Tell the host why, then close."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Accepted:
    sink: PublishSink


MOVING = "The show is being moved to another process. Connect again in a moment."


@dataclass(frozen=True, slots=True)
class Refused:
    """``description`` reaches the host; an unknown stream and a wrong secret must read alike."""

    description: str = "This stream key is not valid. Copy a fresh one from the control room."


Authorise = Callable[[str, str, Publisher], Awaitable[Accepted | Refused | Elsewhere]]
"""(app, stream name, publisher) -> whether and where it may publish."""


class RtmpConnection(asyncio.Protocol):
    """The server's side of one connection.

    ``admit`` says whether there is room for one more from an address; ``forget`` is called once when it ends.
    """

    def __init__(
        self,
        authorise: Authorise,
        admit: Callable[["RtmpConnection", str], bool],
        forget: Callable[["RtmpConnection"], object],
    ) -> None:
        self._authorise = authorise
        self._admit = admit
        self._forget = forget
        self._loop = asyncio.get_running_loop()
        self._chunks = ChunkReader()
        self._hello = bytearray()
        self._handshake_step = 0
        self._app = ""
        self._commands = 0
        self._sink: PublishSink | None = None
        self._said: bytearray | None = bytearray()
        self._answered = 0
        self._splice: Splice | None = None
        self._asking: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._paused = False
        self._received = 0
        self._acknowledged = 0
        self._window_started = self._loop.time()
        self._window_bytes = 0
        self._heard_at = self._loop.time()

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have the interface and not the base class.
        self._transport = cast("asyncio.Transport", transport)
        peer = self._transport.get_extra_info("peername")
        if not self._admit(self, peer[0] if peer else ""):
            self._transport.abort()
            return
        self._expect_within(HANDSHAKE_TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        if self._asking is not None:
            self._asking.cancel()
        if self._splice is not None:
            self._splice.close()
        self._end_publishing()
        self._forget(self)

    def data_received(self, data: bytes) -> None:
        if self._splice is not None:
            self._heard_at = self._loop.time()
            self._splice.send(data)
            return
        if self._said is not None and len(self._said) <= SAID_BYTES_MAX:
            self._said += data
        if self._sink is not None and not self._paused and len(data) < GATHER_BYTES:
            self._transport.pause_reading()
            self._loop.call_later(GATHER_S, self._read_on)
        self._received += len(data)
        self._heard_at = self._loop.time()
        self._guarded(lambda: self._receive(data))
        if self._received - self._acknowledged >= _WINDOW_BYTES // 2:
            self._acknowledged = self._received
            self._send(rtmp_chunks.ACKNOWLEDGEMENT, struct.pack(">I", self._received & 0xFFFFFFFF))

    def _read_on(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def _receive(self, data: bytes) -> None:
        self._limit_bitrate(len(data))
        self._chunks.push(self._shake_hands(data) if self._handshake_step < 2 else data)
        self._read_messages()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do ``work``; whatever the peer did wrong ends the connection, with words where there are any."""
        try:
            work()
        except RtmpProtocolError as error:
            log.info("rtmp connection broke the protocol", problem=str(error))
            self._transport.abort()
        except StreamRefusedError as error:
            self.refuse(error)

    # -- Publisher

    def pause(self) -> None:
        self._paused = True
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume(self) -> None:
        self._paused = False
        if not self._transport.is_closing():
            self._heard_at = self._loop.time()
            self._transport.resume_reading()

    def refuse(self, error: StreamRefusedError) -> None:
        log.info("stream refused", code=error.code, reason=error.description)
        self._status("error", error.code, error.description)
        self.close()

    def close(self) -> None:
        self._end_publishing()
        self._transport.close()

    # -- handshake (section 5.2)

    def _shake_hands(self, data: bytes) -> bytes:
        """Consume C0, C1 and C2; returns what follows them."""
        self._hello += data
        if self._handshake_step == 0:
            if self._hello[0] != _VERSION:
                raise RtmpProtocolError("not an RTMP handshake of version 3")
            if len(self._hello) < 1 + _HANDSHAKE_BYTES:
                return b""
            c1 = bytes(self._hello[1 : 1 + _HANDSHAKE_BYTES])
            s1 = bytes(8) + os.urandom(_HANDSHAKE_BYTES - 8)
            self._answered += 1 + 2 * _HANDSHAKE_BYTES
            self._transport.write(bytes((_VERSION,)) + s1 + c1)
            del self._hello[: 1 + _HANDSHAKE_BYTES]
            self._handshake_step = 1
        if len(self._hello) < _HANDSHAKE_BYTES:
            return b""
        self._handshake_step = 2
        rest = bytes(self._hello[_HANDSHAKE_BYTES:])
        self._hello.clear()
        self._expect_within(PUBLISH_TIMEOUT_S)
        return rest

    # -- messages

    def _read_messages(self) -> None:
        if self._asking is not None:
            return
        for message in self._chunks.messages():
            self._handle(message)
            if self._asking is not None or self._transport.is_closing():
                return

    def _handle(self, message: Message) -> None:
        match message.type:
            case rtmp_chunks.VIDEO:
                if self._sink is not None and message.payload:
                    self._sink.video(message.timestamp_ms, message.payload)
            case rtmp_chunks.AUDIO:
                if self._sink is not None and message.payload:
                    self._sink.audio(message.timestamp_ms, message.payload)
            case rtmp_chunks.DATA_AMF0 | rtmp_chunks.DATA_AMF3:
                if self._sink is not None:
                    self._data(decode_amf(message.payload[message.type == rtmp_chunks.DATA_AMF3 :]))
            case rtmp_chunks.COMMAND_AMF0 | rtmp_chunks.COMMAND_AMF3:
                self._command(decode_amf(message.payload[message.type == rtmp_chunks.COMMAND_AMF3 :]))
            case rtmp_chunks.USER_CONTROL if message.payload[:2] == b"\x00\x06":
                self._send(rtmp_chunks.USER_CONTROL, b"\x00\x07" + message.payload[2:6])

    def _data(self, values: list[AmfValue]) -> None:
        if self._sink is not None and "onMetaData" in values[:2]:
            self._sink.metadata(values[-1])

    def _command(self, values: list[AmfValue]) -> None:
        self._commands += 1
        if self._commands > COMMANDS_MAX or not values:
            raise RtmpProtocolError("more commands than publishing needs")
        name = values[0]
        transaction = values[1] if len(values) > 1 else 0.0
        match name:
            case "connect":
                self._connect(transaction, values[2] if len(values) > 2 else None)
            case "createStream":
                self._reply(transaction, None, float(_MEDIA_STREAM_ID))
            case "releaseStream" | "FCPublish":
                self._reply(transaction, None, None)
            case "publish":
                self._publish(values[3] if len(values) > 3 else None)
            case "play":
                raise StreamRefusedError("This address takes streams in; watch on the show's page.",
                                         code="NetStream.Play.Failed")  # fmt: skip
            case "deleteStream" | "closeStream" | "FCUnpublish":
                self._end_publishing()

    def _connect(self, transaction: AmfValue, arguments: AmfValue) -> None:
        app = arguments.get("app") if isinstance(arguments, dict) else None
        self._app = app[:NAME_CHARS_MAX] if isinstance(app, str) else ""
        self._send(rtmp_chunks.WINDOW_SIZE, struct.pack(">I", _WINDOW_BYTES))
        self._send(rtmp_chunks.PEER_BANDWIDTH, struct.pack(">IB", _WINDOW_BYTES, 2))
        self._send(rtmp_chunks.SET_CHUNK_SIZE, struct.pack(">I", _CHUNK_BYTES), chunk_size=128)
        self._reply(
            transaction,
            {"fmsVer": "FMS/3,0,1,123", "capabilities": 31.0},
            {
                "level": "status",
                "code": "NetConnection.Connect.Success",
                "description": "Connected.",
                "objectEncoding": 0.0,
            },
        )

    def _publish(self, name: AmfValue) -> None:
        if self._sink is not None or self._asking is not None:
            raise RtmpProtocolError("a connection publishes one stream")
        if not isinstance(name, str) or not 0 < len(name) <= NAME_CHARS_MAX:
            self.refuse(StreamRefusedError(Refused().description, code="NetStream.Publish.BadName"))
            return
        self._transport.pause_reading()
        self._asking = self._loop.create_task(self._ask(name.partition("?")[0]))

    async def _ask(self, name: str) -> None:
        try:
            answer = await asyncio.wait_for(self._authorise(self._app, name, self), PUBLISH_TIMEOUT_S)
        except Exception as error:
            log.warning("stream key could not be checked", kind=type(error).__name__)
            answer = Refused("The stream key cannot be checked just now. Try again in a moment.")
        if isinstance(answer, Elsewhere):
            await self._hand_on(answer)
            return
        self._said, self._asking = None, None
        if self._transport.is_closing():
            if isinstance(answer, Accepted):
                answer.sink.closed()
            return
        if isinstance(answer, Refused):
            self.refuse(StreamRefusedError(answer.description, code="NetStream.Publish.BadName"))
            return
        self._sink = answer.sink
        self._heard_at = self._loop.time()
        self._expect_within(SILENCE_TIMEOUT_S)
        self._send(rtmp_chunks.USER_CONTROL, struct.pack(">HI", 0, _MEDIA_STREAM_ID))
        self._status("status", "NetStream.Publish.Start", "Publishing.")
        self._transport.resume_reading()
        self._guarded(self._read_messages)  # What came in the same packet as the publish command.

    async def _hand_on(self, elsewhere: Elsewhere) -> None:
        """Have the other process say all that is still to be said."""
        said, self._said = bytes(self._said or b""), None
        try:
            if len(said) > SAID_BYTES_MAX:
                raise ConnectionRefusedError
            self._splice = await Splice.connect(
                self._transport, said, self._answered, elsewhere.process.host, elsewhere.process.rtmp_port
            )
        except (OSError, TimeoutError):
            self.refuse(StreamRefusedError(MOVING, code="NetStream.Publish.BadName"))
            return
        finally:
            self._asking = None
        if self._transport.is_closing():
            self._splice.close()
            return
        log.info("publisher handed on", process=elsewhere.process.name)
        self._expect_within(SILENCE_TIMEOUT_S)
        self._transport.resume_reading()

    def _end_publishing(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.closed()

    # -- answers

    def _reply(self, transaction: AmfValue, *values: AmfValue) -> None:
        self._send(rtmp_chunks.COMMAND_AMF0, encode_amf(["_result", transaction, *values]), chunk_stream_id=3)

    def _status(self, level: str, code: str, description: str) -> None:
        information: AmfValue = {"level": level, "code": code, "description": description}
        payload = encode_amf(["onStatus", 0.0, None, information])
        self._send(rtmp_chunks.COMMAND_AMF0, payload, chunk_stream_id=5, stream_id=_MEDIA_STREAM_ID)

    def _send(
        self, message_type: int, payload: bytes, *, chunk_stream_id: int = 2, stream_id: int = 0,
        chunk_size: int = _CHUNK_BYTES,
    ) -> None:  # fmt: skip
        if self._transport.is_closing():
            return
        message = encode_message(
            message_type, payload, chunk_stream_id=chunk_stream_id, stream_id=stream_id, chunk_size=chunk_size
        )
        self._answered += len(message)
        self._transport.write(message)

    # -- limits

    def _limit_bitrate(self, size: int) -> None:
        now = self._loop.time()
        if now - self._window_started > BITRATE_WINDOW_S:
            self._window_started, self._window_bytes = now, 0
        self._window_bytes += size
        if self._window_bytes * 8 > BITRATE_MAX_BPS * BITRATE_WINDOW_S:
            raise StreamRefusedError(f"The stream exceeds {BITRATE_MAX_BPS // 1_000_000} Mbit/s. Lower its bitrate.")

    def _expect_within(self, seconds: float) -> None:
        """Something must come of this connection in ``seconds``, or it is closed."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(seconds, self._deadline_passed)

    def _deadline_passed(self) -> None:
        silent_s = self._loop.time() - self._heard_at
        if (self._sink is not None or self._splice is not None) and silent_s < SILENCE_TIMEOUT_S:
            self._expect_within(SILENCE_TIMEOUT_S - silent_s + 0.1)
            return
        if self._sink is not None and self._paused:
            self._expect_within(SILENCE_TIMEOUT_S)
            return
        log.info("rtmp connection timed out", publishing=self._sink is not None)
        self._transport.abort()
