"""Runs the program that takes a source in, and is the publisher of what it writes."""

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import msgspec
import structlog

from tallylight.media.errors import RtmpProtocolError, StreamRefusedError
from tallylight.media.flv_stream import FlvStream, FlvTag
from tallylight.media.rtmp_connection import (
    BITRATE_MAX_BPS,
    BITRATE_WINDOW_S,
    Accepted,
    Publisher,
    PublishSink,
    Refused,
)

log = structlog.get_logger()

LetIn = Callable[[Publisher], Awaitable[Accepted | Refused]]

READ_BYTES = 64 << 10
SILENCE_TIMEOUT_S = 30
WORDS_BYTES_MAX = 8 << 10
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "LANG", "TZ")
"""The program reads what strangers send: it gets none of our secrets."""


class SourceEnd(msgspec.Struct, frozen=True):
    """``ended``: the source is over. ``failed``: another try may do better. ``refused``: none will.

    ``problem`` is for the control room.
    """

    how: Literal["ended", "failed", "refused"]
    problem: str | None = None


class Sidecar:
    """``run`` once. ``job`` goes to the program's standard input; ``before`` runs in it before it begins."""

    def __init__(
        self, program: Sequence[str], job: bytes, *, before: Callable[[], None], on_live: Callable[[], None]
    ) -> None:
        self._program = program
        self._job = job
        self._before = before
        self._on_live = on_live
        self._process: asyncio.subprocess.Process | None = None
        self._sink: PublishSink | None = None
        self._running = asyncio.Event()
        self._running.set()
        self._end: SourceEnd | None = None
        self._closed = False
        self._window_began = 0.0
        self._window_bytes = 0

    async def run(self, let_in: LetIn) -> SourceEnd:
        """From its start to its end. ``let_in`` is asked once its first bytes are there: the source answers then."""
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        pipe = asyncio.subprocess.PIPE
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *self._program, stdin=pipe, stdout=pipe, stderr=pipe, limit=READ_BYTES, env=environment,
                preexec_fn=self._before,
            )  # fmt: skip
        except OSError as error:
            log.error("the program for a source cannot be started", kind=type(error).__name__)
            return SourceEnd("refused", "The program that takes this source in is not installed on the server.")
        assert process.stdout is not None
        assert process.stderr is not None
        listening = asyncio.create_task(_last_words(process.stderr))
        try:
            await self._tell(process)
            await self._carry(process.stdout, let_in)
        except RtmpProtocolError as error:
            log.info("a source's program sent what is no stream", problem=str(error))
            self._end = SourceEnd("failed", "The source cannot be read.")
        finally:
            self.close()
            await process.wait()
            words = await listening
        return self._end or read_end(words)

    # -- Publisher

    def pause(self) -> None:
        """Read no more: the pipe fills, and the program waits."""
        self._running.clear()

    def resume(self) -> None:
        self._running.set()

    def refuse(self, error: StreamRefusedError) -> None:
        log.info("source refused", code=error.code, reason=error.description)
        self._end = SourceEnd("refused", error.description)
        self.close()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.closed()
        self._running.set()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    # -- media

    async def _tell(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            process.stdin.write(self._job)
            await process.stdin.drain()
            process.stdin.close()

    async def _carry(self, stdout: asyncio.StreamReader, let_in: LetIn) -> None:
        stream = FlvStream()
        data = await stdout.read(READ_BYTES)
        if not data:
            return
        answer = await let_in(self)
        if isinstance(answer, Refused):
            self._end = SourceEnd("failed", answer.description)
            return
        self._sink = answer.sink
        self._on_live()
        while data and not self._closed:
            self._count(len(data))
            for tag in stream.feed(data):
                self._give(tag)
            await self._running.wait()
            try:
                async with asyncio.timeout(SILENCE_TIMEOUT_S):
                    data = await stdout.read(READ_BYTES)
            except TimeoutError:
                self._end = SourceEnd("failed", "The source has fallen silent.")
                return

    def _give(self, tag: FlvTag) -> None:
        if self._sink is None:
            return
        try:
            (self._sink.video if tag.kind == "video" else self._sink.audio)(tag.at_ms, tag.payload)
        except StreamRefusedError as error:
            self.refuse(error)

    def _count(self, size: int) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._window_began > BITRATE_WINDOW_S:
            self._window_began, self._window_bytes = now, 0
        self._window_bytes += size
        if self._window_bytes * 8 > BITRATE_MAX_BPS * BITRATE_WINDOW_S:
            words = f"The stream exceeds {BITRATE_MAX_BPS // 1_000_000} Mbit/s. Lower its bitrate."
            self.refuse(StreamRefusedError(words))


async def _last_words(stderr: asyncio.StreamReader) -> bytes:
    """The end of what the program complained of, read to its end so that it never waits for us."""
    words = b""
    while data := await stderr.read(WORDS_BYTES_MAX):
        words = (words + data)[-WORDS_BYTES_MAX:]
    return words


def read_end(words: bytes) -> SourceEnd:
    """The program's own account, which is its last line; a fault for one that gave none."""
    lines = words.strip().splitlines()
    try:
        told: Any = msgspec.json.decode(lines[-1], type=SourceEnd) if lines else None
    except msgspec.DecodeError:
        told = None
    return told or SourceEnd("failed", "The program that takes the source in has stopped.")
