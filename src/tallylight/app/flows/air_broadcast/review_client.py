"""The media side of the review link: one connection a broadcast to the speech process.

Sound that is not judged yet is kept, so that after a reconnect a restarted recogniser hears it again and can still be
in time. Sound whose air time has passed is dropped: its fate is decided. Only what was sent on the present connection
can be judged by it: a watermark beyond that is cut down.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from tallylight.app.review_link import (
    PCM_SAMPLE_RATE_HZ,
    Aac,
    Break,
    Bye,
    FromSpeech,
    Hello,
    Pcm,
    Watermark,
)
from tallylight.foundation.wire import FrameTooLargeError, encode_frame, read_frame
from tallylight.media.review_sound import PacketRun

log = structlog.get_logger()

FRAMES_MAX = 6_000
_RECONNECT_FIRST_S = 0.1
_RECONNECT_MOST_S = 2.0
Sent = Pcm | Aac | Break
_decoder = msgspec.msgpack.Decoder(FromSpeech)


class ReviewClient:
    """``sound`` and ``break_at`` as they come; ``on_message`` gets words, spans and watermarks."""

    def __init__(
        self, socket: Path, broadcast_id: UUID, show_id: UUID, on_message: Callable[[FromSpeech], None]
    ) -> None:
        self.connected = False
        self.judged_us = 0
        self.dropped = 0
        self._socket = socket
        self._hello = Hello(broadcast_id, show_id)
        self._on_message = on_message
        self._frames: deque[Sent] = deque()
        self._sent = 0
        self._sent_until_us = 0
        self._until_us = 0
        self._closing = False
        self._hear_out = False
        self._more = asyncio.Event()

    def sound(self, at_us: int, samples: bytes) -> None:
        self._put(Pcm(at_us, samples))

    def packets(self, run: PacketRun) -> None:
        self._put(_aac(run))

    def break_at(self, at_us: int) -> None:
        """Nothing more comes that ends before ``at_us``."""
        self._put(Break(at_us))

    def forget_before(self, released_us: int) -> None:
        """Sound before ``released_us`` has aired or been covered: nobody needs to hear it any more."""
        done_us = min(max(self.judged_us, released_us), self._newest_us())
        while self._frames and _end_us(self._frames[0]) <= done_us and self._sent > 0:
            self._frames.popleft()
            self._sent -= 1

    def close(self) -> None:
        """Say goodbye when all is sent; ``run`` then returns."""
        self._closing = True
        self._more.set()

    def hear_out(self) -> None:
        """Nothing more comes: say goodbye when all is sent, and hear all verdicts on it before ``run`` returns."""
        self._hear_out = True
        self.close()

    @property
    def _done(self) -> bool:
        return self._closing and not (self._hear_out and self.judged_us < self._until_us)

    async def run(self, released_us: Callable[[], int]) -> None:
        """Keep a connection until closed. ``released_us`` tells where air is, to skip what it is too late for."""
        wait_s = _RECONNECT_FIRST_S
        while not self._done:
            try:
                reader, writer = await asyncio.open_unix_connection(self._socket)
            except OSError:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _RECONNECT_MOST_S)
                continue
            log.info("review link is up", broadcast_id=str(self._hello.broadcast_id))
            self._start_over(max(self.judged_us, released_us()))
            self.connected = True
            try:
                await self._converse(reader, writer)
            finally:
                self.connected = False
                writer.close()
            if not self._done:
                log.warning("review link is down", broadcast_id=str(self._hello.broadcast_id))
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _RECONNECT_MOST_S)

    # -- one connection

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listening = asyncio.create_task(self._listen(reader))
        sending = asyncio.create_task(self._send(writer))
        try:
            await asyncio.wait((listening, sending), return_when=asyncio.FIRST_COMPLETED)
            if self._hear_out and sending.done() and not sending.exception():
                await listening  # until the other side has said all and closes
        finally:
            for task in (listening, sending):
                task.cancel()
            await asyncio.gather(listening, sending, return_exceptions=True)

    async def _send(self, writer: asyncio.StreamWriter) -> None:
        writer.write(encode_frame(self._hello))
        while True:
            while self._sent < len(self._frames):
                frame = self._frames[self._sent]
                self._sent += 1
                writer.write(encode_frame(frame))
                self._sent_until_us = max(self._sent_until_us, _end_us(frame))
                await writer.drain()
            if self._closing:
                writer.write(encode_frame(Bye()))
                await writer.drain()
                return
            self._more.clear()
            await self._more.wait()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                message: FromSpeech = await read_frame(reader, _decoder)
                if isinstance(message, Watermark):
                    judged_us = min(message.judged_us, self._sent_until_us)
                    if judged_us <= self.judged_us:
                        continue
                    self.judged_us = judged_us
                    message = Watermark(judged_us)
                self._on_message(message)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError, FrameTooLargeError) as error:
            log.info("review link ended", kind=type(error).__name__)

    # -- what is kept

    def _put(self, frame: Sent) -> None:
        if len(self._frames) >= FRAMES_MAX:
            self._frames.popleft()
            self._sent = max(self._sent - 1, 0)
            self.dropped += 1
        self._frames.append(frame)
        self._until_us = max(self._until_us, _end_us(frame))
        self._more.set()

    def _newest_us(self) -> int:
        return _end_us(self._frames[-1]) if self._frames else 0

    def _start_over(self, from_us: int) -> None:
        """Queue what lies after ``from_us`` to be sent anew; a frame across it is cut."""
        self._sent = 0
        self._sent_until_us = 0
        while self._frames and _end_us(self._frames[0]) <= from_us:
            self._frames.popleft()
        first = self._frames[0] if self._frames else None
        if isinstance(first, Aac):
            self._frames[0] = _aac(_run(first).after(from_us))
        elif isinstance(first, Pcm) and first.at_us < from_us:
            skip = (from_us - first.at_us) * PCM_SAMPLE_RATE_HZ // 1_000_000
            at_us = first.at_us + skip * 1_000_000 // PCM_SAMPLE_RATE_HZ
            self._frames[0] = Pcm(at_us, first.samples[2 * skip :])


def _end_us(frame: Sent) -> int:
    if isinstance(frame, Break):
        return frame.at_us
    if isinstance(frame, Aac):
        return _run(frame).end_us
    return frame.at_us + len(frame.samples) // 2 * 1_000_000 // PCM_SAMPLE_RATE_HZ


def _aac(run: PacketRun) -> Aac:
    return Aac(run.at_us, run.asc, run.before, run.packets)


def _run(frame: Aac) -> PacketRun:
    return PacketRun(frame.at_us, frame.config, frame.before, frame.frames)
