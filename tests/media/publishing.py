"""Pushes a source by RTMP as an encoder would: PyAV's FLV muxer over FFmpeg's RTMP client, in a process of its own.

(FFmpeg's connect holds the interpreter's lock, so it cannot run beside the server in one process.)
"""

import asyncio
import io
import pickle
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from tallylight.media.codec_config import read_avcc
from tallylight.media.fmp4 import init_segment
from tests.media.sources import FlvMessage, Source

_MILLISECOND = Fraction(1, 1000)


class Push:
    """``async with Push(url, source)``: pushes until all is sent, stopped or killed."""

    def __init__(self, url: str, source: Source, *, pace: bool = True, messages: tuple[FlvMessage, ...] | None = None):
        self._job = (url, source, messages or source.messages, pace)
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        with tempfile.NamedTemporaryFile(suffix=".job", delete=False) as file:
            pickle.dump(self._job, file)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.media.publishing", file.name, cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return self

    async def began_us(self) -> int:
        """Wall time at which stamp 0 was sent, once it has been."""
        assert self._process is not None
        assert self._process.stdout is not None
        return int(await self._process.stdout.readline())

    async def finished(self) -> str:
        """Wait for the encoder to end by itself; what it complained of."""
        assert self._process is not None
        _, complaint = await self._process.communicate()
        return complaint.decode()

    async def kill(self) -> None:
        """kill -9, as a crash or a cut cable leaves it."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()


def push(url: str, source: Source, messages: tuple[FlvMessage, ...], pace: bool) -> None:
    template = av.open(io.BytesIO(init_segment(read_avcc(source.avcc), source.avcc, source.asc)))
    output = av.open(url, "w", format="flv")
    streams = {
        "video": output.add_stream_from_template(template.streams.video[0]),
        "audio": output.add_stream_from_template(template.streams.audio[0]),
    }
    began: float | None = None
    for message in messages:
        video = message.kind == "video"
        packet = av.Packet(message.payload[5 if video else 2 :])
        packet.stream = streams[message.kind]
        packet.time_base = _MILLISECOND
        packet.dts = message.timestamp_ms
        composition = int.from_bytes(message.payload[2:5], "big", signed=True) if video else 0
        packet.pts = message.timestamp_ms + composition
        packet.is_keyframe = not video or message.payload[0] >> 4 == 1
        output.mux(packet)
        if began is None:
            began = time.monotonic() - message.timestamp_ms / 1000
            print(time.time_ns() // 1000 - message.timestamp_ms * 1000, flush=True)
        if pace:
            time.sleep(max(began + message.timestamp_ms / 1000 - time.monotonic(), 0))
    output.close()


if __name__ == "__main__":
    job = Path(sys.argv[1])
    parameters = pickle.loads(job.read_bytes())
    job.unlink()
    push(*parameters)
