"""RTMP's chunk stream (Adobe "Real-Time Messaging Protocol", 1.0, section 5.3): bytes in, messages out.

Limits: the size of a message by its type, the bytes of all unfinished messages together, the number of chunk
streams. A chunk is consumed as it arrives, so that the parser never holds more than a header besides those.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from tallylight.media.errors import RtmpProtocolError

SET_CHUNK_SIZE, ABORT, ACKNOWLEDGEMENT, USER_CONTROL = 1, 2, 3, 4
WINDOW_SIZE, PEER_BANDWIDTH = 5, 6
AUDIO, VIDEO = 8, 9
DATA_AMF3, COMMAND_AMF3, DATA_AMF0, COMMAND_AMF0 = 15, 17, 18, 20

VIDEO_BYTES_MAX = 4 << 20
AUDIO_BYTES_MAX = 64 << 10
OTHER_BYTES_MAX = 64 << 10
UNFINISHED_BYTES_MAX = 6 << 20
CHUNK_STREAMS_MAX = 32
_CHUNK_SIZE_MAX = 0xFFFFFF
_EXTENDED = 0xFFFFFF
_HEADER_BYTES = (11, 7, 3, 0)


class Message(msgspec.Struct, frozen=True, gc=False):
    """One RTMP message. ``timestamp_ms`` counts modulo 2**32."""

    type: int
    timestamp_ms: int
    stream_id: int
    payload: bytes


@dataclass(slots=True)
class _ChunkStream:
    """What a chunk may leave out because the one before on its chunk stream said it."""

    timestamp_ms: int = 0
    delta_ms: int = 0
    length: int = 0
    type: int = 0
    stream_id: int = 0
    extended: int | None = None
    seen: bool = False
    marker: int = 0
    """The one byte that heads a chunk which goes on with this stream's message; 0 where it takes more."""
    message: bytearray | None = None


@dataclass(slots=True)
class ChunkReader:
    """Feed bytes in with ``push``, take messages out with ``messages``."""

    _buffer: bytearray = field(default_factory=bytearray)
    _streams: dict[int, _ChunkStream] = field(default_factory=dict)
    _chunk_size: int = 128
    _current: _ChunkStream | None = None
    _chunk_left: int = 0
    _unfinished_bytes: int = 0

    def push(self, data: bytes) -> None:
        self._buffer += data

    @property
    def held_bytes(self) -> int:
        """Bytes held for messages that are not whole yet."""
        return len(self._buffer) + self._unfinished_bytes

    def messages(self) -> Iterator[Message]:
        """Whole messages, as far as the bytes reach; the caller may stop between two and go on later.

        Raises RtmpProtocolError when the peer breaks the format or a limit.
        """
        while True:
            if self._current is None and not self._header():
                return
            message = self._body()
            if message is not None:
                yield message
            elif self._current is not None:
                return

    def _header(self) -> bool:
        """Read one chunk header; False when it has not all arrived."""
        buffer = self._buffer
        if not buffer:
            return False
        form, chunk_stream_id, at = buffer[0] >> 6, buffer[0] & 63, 1
        if chunk_stream_id < 2:
            at = 2 + chunk_stream_id
            if len(buffer) < at:
                return False
            chunk_stream_id = 64 + buffer[1] + (buffer[2] << 8 if at == 3 else 0)
        stream = self._streams.get(chunk_stream_id) or _ChunkStream()
        fixed = _HEADER_BYTES[form]
        if len(buffer) < at + fixed:
            return False
        head = bytes(buffer[at : at + fixed])
        at += fixed
        extended = stream.extended if form == 3 else None
        stamp = int.from_bytes(head[0:3], "big") if form < 3 else None
        if stamp == _EXTENDED or extended is not None:
            if len(buffer) < at + 4:
                return False
            value = int.from_bytes(buffer[at : at + 4], "big")
            if form < 3:
                stamp = extended = value
                at += 4
            elif value == extended:
                at += 4  # Section 5.3.1.3 repeats it on type 3; some encoders leave it out, hence the comparison.
        self._check(form, stream, chunk_stream_id)
        del buffer[:at]
        self._streams[chunk_stream_id] = stream
        stream.marker = 0xC0 | chunk_stream_id if 2 <= chunk_stream_id < 64 and extended is None else 0
        self._begin_chunk(form, stream, head, stamp, extended)
        return True

    def _check(self, form: int, stream: _ChunkStream, chunk_stream_id: int) -> None:
        if not stream.seen:
            if form != 0 and form != 1:
                raise RtmpProtocolError("a chunk stream starts without a full header")
            if len(self._streams) >= CHUNK_STREAMS_MAX and chunk_stream_id not in self._streams:
                raise RtmpProtocolError("too many chunk streams")
        if stream.message is not None and form != 3:
            raise RtmpProtocolError("a message starts before the one before on its chunk stream has ended")

    def _begin_chunk(
        self, form: int, stream: _ChunkStream, head: bytes, stamp: int | None, extended: int | None
    ) -> None:
        stream.seen = True
        stream.extended = extended
        if form < 2:
            stream.length = int.from_bytes(head[3:6], "big")
            stream.type = head[6]
            if stream.length > _bytes_max(stream.type):
                raise RtmpProtocolError("a message is too large")
        if form == 0:
            stream.stream_id = int.from_bytes(head[7:11], "little")
        if stream.message is None:
            if form == 0:
                stream.timestamp_ms, stream.delta_ms = stamp or 0, 0
            else:
                if stamp is not None:
                    stream.delta_ms = stamp
                stream.timestamp_ms = (stream.timestamp_ms + stream.delta_ms) & 0xFFFFFFFF
            stream.message = bytearray()
        self._current = stream
        self._chunk_left = min(self._chunk_size, stream.length - len(stream.message))

    def _body(self) -> Message | None:
        """Take what has arrived of the current chunk; a message when that ends one."""
        stream = self._current
        if stream is None or stream.message is None:
            return None
        taken = min(self._chunk_left, len(self._buffer))
        stream.message += self._buffer[:taken]
        del self._buffer[:taken]
        self._chunk_left -= taken
        self._unfinished_bytes += taken
        if not self._chunk_left and stream.marker:
            self._take_whole_chunks(stream, stream.message)
        if self._unfinished_bytes > UNFINISHED_BYTES_MAX:
            raise RtmpProtocolError("too many unfinished messages")
        if self._chunk_left:
            return None
        self._current = None
        if len(stream.message) < stream.length:
            return None
        payload, stream.message = bytes(stream.message), None
        self._unfinished_bytes -= len(payload)
        message = Message(stream.type, stream.timestamp_ms, stream.stream_id, payload)
        self._obey(message)
        return message

    def _take_whole_chunks(self, stream: _ChunkStream, message: bytearray) -> None:
        """The chunks that follow and are there whole: at 128 bytes a chunk there are thousands a second, so the full
        ones are taken together, their markers checked and dropped by slices."""
        buffer, size = self._buffer, self._chunk_size
        left = stream.length - len(message)
        count = min(left // size, len(buffer) // (size + 1))
        if count and buffer[: count * (size + 1) : size + 1] == bytes((stream.marker,)) * count:
            run = buffer[: count * (size + 1)]
            del buffer[: len(run)], run[:: size + 1]
            message += run
            self._unfinished_bytes += len(run)
            left -= len(run)
        at = 0
        while left and len(buffer) - at > (step := min(size, left)) and buffer[at] == stream.marker:
            message += buffer[at + 1 : at + 1 + step]
            at, left = at + 1 + step, left - step
            self._unfinished_bytes += step
        del buffer[:at]

    def _obey(self, message: Message) -> None:
        """The two messages that change how chunks are read (section 5.4)."""
        if message.type == SET_CHUNK_SIZE:
            size = int.from_bytes(message.payload[:4], "big")
            if not 1 <= size <= 0x7FFFFFFF or len(message.payload) < 4:
                raise RtmpProtocolError("a chunk size that the protocol does not have")
            self._chunk_size = min(size, _CHUNK_SIZE_MAX)
        elif message.type == ABORT and len(message.payload) >= 4:
            stream = self._streams.get(int.from_bytes(message.payload[:4], "big"))
            if stream is not None and stream.message is not None:
                self._unfinished_bytes -= len(stream.message)
                stream.message = None


def _bytes_max(message_type: int) -> int:
    if message_type == VIDEO:
        return VIDEO_BYTES_MAX
    return AUDIO_BYTES_MAX if message_type == AUDIO else OTHER_BYTES_MAX


def encode_message(
    message_type: int,
    payload: bytes,
    *,
    chunk_stream_id: int,
    stream_id: int = 0,
    chunk_size: int = 128,
    timestamp_ms: int = 0,
) -> bytes:
    """One message as chunks: a type-0 header, then type-3 headers. ``chunk_stream_id``: 2-63."""
    stamp = timestamp_ms & 0xFFFFFFFF
    extended = stamp.to_bytes(4, "big") if stamp >= _EXTENDED else b""
    header = (
        bytes((chunk_stream_id,))
        + min(stamp, _EXTENDED).to_bytes(3, "big")
        + len(payload).to_bytes(3, "big")
        + bytes((message_type,))
        + stream_id.to_bytes(4, "little")
        + extended
    )
    follow = bytes((0xC0 | chunk_stream_id,)) + extended
    rest = (follow + payload[at : at + chunk_size] for at in range(chunk_size, len(payload), chunk_size))
    return b"".join((header, payload[:chunk_size], *rest))
