"""Hostile publishers: sessions put together from what real ones say and then damaged, and a server's end to feed.

A session is bytes in pieces. ``Fuzz`` runs it against a real connection with a real ingest behind it, and knows what
must hold afterwards: nothing raised that the transport would see, no task left, no more held than the limits allow.
"""

import asyncio
import random
from collections.abc import Callable
from typing import Any, cast

from tallylight.foundation.clock import ManualClock
from tallylight.media import rtmp_chunks
from tallylight.media.amf import AmfValue, encode_amf
from tallylight.media.ingest import Ingest, SourceSound
from tallylight.media.review_sound import PacketRun
from tallylight.media.rtmp_chunks import UNFINISHED_BYTES_MAX, encode_message
from tallylight.media.rtmp_connection import Accepted, Publisher, Refused, RtmpConnection
from tallylight.media.units import Unit
from tests.media.sources import Source, make_source

HELD_BYTES_MAX = UNFINISHED_BYTES_MAX + (1 << 17)
_HELLO = b"\x03" + bytes(1536)
_STRANGE = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF)


class Transport:
    """What the connection sees of the network."""

    def __init__(self) -> None:
        self.closing = False
        self.written = 0

    def get_extra_info(self, name: str) -> tuple[str, int]:
        return ("203.0.113.9", 5000)

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def is_closing(self) -> bool:
        return self.closing

    def is_reading(self) -> bool:
        return True

    def close(self) -> None:
        self.closing = True

    def abort(self) -> None:
        self.closing = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Nobody:
    """An ingest's listener that lets everything go by."""

    def unit(self, unit: Unit) -> None: ...

    def source_sound(self, sound: SourceSound) -> None: ...

    def review_packets(self, run: PacketRun) -> None: ...

    def review_sound(self, at_us: int, pcm: bytes) -> None: ...


class Sink:
    """A show's end of the connection, with a real ingest."""

    def __init__(self) -> None:
        clock = ManualClock()
        self._clock = clock
        self._ingest = Ingest(clock, Nobody())

    def metadata(self, values: AmfValue) -> None:
        self._ingest.metadata(values)

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        self._clock.advance(33_000)
        self._ingest.video(timestamp_ms, payload)

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        self._ingest.audio(timestamp_ms, payload)

    def closed(self) -> None:
        self._ingest.publisher_changed()


async def let_in(app: str, name: str, publisher: Publisher) -> Accepted | Refused:
    return Accepted(Sink()) if name.startswith("k") else Refused()


class Fuzz:
    """``await run(pieces)`` raises what a session must not do. One event loop for all sessions."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.problems: list[dict[str, Any]] = []
        self.accepted = 0
        self.loop.set_exception_handler(lambda _, context: self.problems.append(context))

    async def run(self, pieces: list[bytes]) -> None:
        forgotten = 0

        def forget(_: RtmpConnection) -> None:
            nonlocal forgotten
            forgotten += 1

        transport = Transport()
        connection = RtmpConnection(let_in, lambda *_: True, forget)
        connection.connection_made(cast("asyncio.BaseTransport", transport))
        for piece in pieces:
            if transport.closing:
                break
            connection.data_received(piece)
            assert connection._chunks.held_bytes <= HELD_BYTES_MAX + len(piece), "more is held than the limits allow"
            if connection._asking is not None:
                await connection._asking
        self.accepted += connection._sink is not None
        connection.connection_lost(None)
        assert forgotten == 1, "the connection was not forgotten once"
        assert connection._sink is None, "a publisher outlives its connection"
        assert not self.problems, self.problems[0]


def session(chance: random.Random, source: Source) -> list[bytes]:
    """One publisher's bytes, damaged in some places, in pieces of some sizes."""
    messages: list[bytes] = [encode_message(rtmp_chunks.SET_CHUNK_SIZE, (4096).to_bytes(4, "big"), chunk_stream_id=2)]
    arguments: AmfValue = {"app": "live", "type": "nonprivate", "tcUrl": "rtmp://host/live"}
    for number, values in enumerate(
        (
            ["connect", 1.0, arguments],
            ["releaseStream", 2.0, None, "key"],
            ["createStream", 4.0, None],
            ["publish", 5.0, None, "key" if chance.random() < 0.9 else "wrong", "live"],
            ["@setDataFrame", "onMetaData", {"framerate": 30.0, "width": 320.0}],
        )
    ):
        kind = rtmp_chunks.DATA_AMF0 if number == 4 else rtmp_chunks.COMMAND_AMF0
        messages.append(_coded(chance, kind, encode_amf(cast("list[AmfValue]", values)), 0))
    at = chance.randrange(max(len(source.messages) - 12, 1))
    for message in (*source.configs, *source.messages[at : at + chance.randrange(12)]):
        kind = rtmp_chunks.VIDEO if message.kind == "video" else rtmp_chunks.AUDIO
        messages.append(_coded(chance, kind, message.payload, message.timestamp_ms))
    _DISORDER[chance.randrange(len(_DISORDER))](chance, messages)
    hello = _HELLO + bytes(1536) if chance.random() < 0.97 else chance.randbytes(chance.randrange(3100))
    data = bytearray(hello + b"".join(messages))
    for _ in range(chance.choice((0, 0, 1, 2, 8))):
        _damage(chance, data, len(hello) if chance.random() < 0.95 else 0)
    return _pieces(chance, bytes(data))


def _coded(chance: random.Random, kind: int, payload: bytes, at_ms: int) -> bytes:
    if chance.random() < 0.3:
        changed = bytearray(payload)
        _damage(chance, changed, 0)
        payload = bytes(changed)
    if chance.random() < 0.05:
        kind = chance.randrange(256)
    if chance.random() < 0.05:
        at_ms = chance.choice(_STRANGE)
    chunk_size = 4096 if chance.random() < 0.95 else chance.choice((1, 128, 65_536))
    return encode_message(
        kind, payload, chunk_stream_id=chance.choice((3, 4, 6)), stream_id=1, chunk_size=chunk_size, timestamp_ms=at_ms
    )


def _damage(chance: random.Random, data: bytearray, begin: int) -> None:
    if len(data) <= begin:
        return
    at = chance.randrange(begin, len(data))
    match chance.randrange(6):
        case 0:
            data[at] ^= 1 << chance.randrange(8)
        case 1:
            data[at] = chance.randrange(256)
        case 2:
            del data[at : at + chance.randrange(1, 64)]
        case 3:
            data[at:at] = chance.randbytes(chance.randrange(1, 64))
        case 4:
            data[at : at + 4] = chance.choice(_STRANGE).to_bytes(4, "big")
        case _:
            data[at:at] = data[at : at + chance.randrange(1, 200)]


def _pieces(chance: random.Random, data: bytes) -> list[bytes]:
    if chance.random() < 0.5:
        return [data]
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(1, 6)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True) if end > begin]


def _swap(chance: random.Random, messages: list[bytes]) -> None:
    one, two = chance.randrange(len(messages)), chance.randrange(len(messages))
    messages[one], messages[two] = messages[two], messages[one]


def _repeat(chance: random.Random, messages: list[bytes]) -> None:
    messages.insert(chance.randrange(len(messages)), messages[chance.randrange(len(messages))])


def _flood(chance: random.Random, messages: list[bytes]) -> None:
    messages[chance.randrange(len(messages))] *= chance.randrange(2, 80)


_DISORDER: tuple[Callable[[random.Random, list[bytes]], None], ...] = (
    lambda chance, messages: None,
    lambda chance, messages: None,
    _swap,
    _repeat,
    _flood,
)


def sources() -> list[Source]:
    """What sessions are made from."""
    return [make_source(1, width=64, height=48), make_source(1, width=64, height=48, b_frames=2)]
