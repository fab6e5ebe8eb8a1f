"""What ``tallylight doctor`` tries: each part for real, on this machine, with these settings."""

import asyncio
import os
import platform
import shutil
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from importlib.resources import files
from typing import Literal

import av
import msgspec
import numpy as np

from tallylight.app.demo.timeline import SHOW_FILE
from tallylight.app.processes.check_ports import check_ports
from tallylight.app.processes.check_server import check_server
from tallylight.app.processes.directory_lock import DirectoryLock
from tallylight.app.processes.disk import check_free_space, make_folder
from tallylight.app.processes.embedded_postgres import EmbeddedPostgres
from tallylight.app.processes.errors import AlreadyRunningError
from tallylight.foundation.errors import TallyError
from tallylight.foundation.settings import Settings
from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Hints

_GIB = 1 << 30
_MEMORY_GIB_ADVISED = 2
_CORES_ADVISED = 2
_GREETING_S = 6
_GREETING_WORD = "welcome"


class Finding(msgspec.Struct, frozen=True):
    """``note``: works, or is not needed, but worth knowing."""

    grade: Literal["ok", "note", "fail"]
    subject: str
    text: str


Check = Callable[[Settings], Awaitable[Finding]]


async def examine(settings: Settings, report: Callable[[Finding], None]) -> None:
    """Run every check in turn and report each as it is known; none stops the others."""
    for subject, check in _CHECKS.items():
        try:
            finding = await check(settings)
        except TallyError as error:
            finding = Finding("fail", subject, error.message)
        except (OSError, ImportError, RuntimeError, ValueError, av.FFmpegError) as error:
            finding = Finding("fail", subject, f"{type(error).__name__}: {error}")
        report(finding)


async def _python(_: Settings) -> Finding:
    return Finding("ok", "Python", f"{platform.python_version()} on {platform.platform(terse=True)}")


async def _machine(_: Settings) -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    text = f"{cores} cores, {memory_gib:.1f} GiB of memory"
    if cores < _CORES_ADVISED or memory_gib < _MEMORY_GIB_ADVISED:
        return Finding("note", "Machine", f"{text}: one live show wants {_CORES_ADVISED} and {_MEMORY_GIB_ADVISED}")
    return Finding("ok", "Machine", text)


async def _data(settings: Settings) -> Finding:
    make_folder(settings.data_dir, open_to_others=os.geteuid() == 0)
    check_free_space(settings.data_dir)
    free_gib = shutil.disk_usage(settings.data_dir).free / _GIB
    return Finding("ok", "Data", f"{settings.data_dir}, {free_gib:.1f} GiB free")


async def _database(settings: Settings) -> Finding:
    if settings.database_url:
        version = await check_server(settings.database_url)
        return Finding("ok", "Database", f"the server of DATABASE_URL answers, PostgreSQL {version}")
    server = EmbeddedPostgres(settings.data_dir / "postgres", port=settings.postgres_port)
    began = time.monotonic()
    try:
        url = await server.start()
    except AlreadyRunningError:
        return Finding("ok", "Database", "the embedded PostgreSQL is running already")
    took_s = time.monotonic() - began
    try:
        version = await check_server(url)
    finally:
        await server.stop()
    return Finding("ok", "Database", f"the embedded PostgreSQL {version} started in {took_s:.1f} s")


async def _ports(settings: Settings) -> Finding:
    ports = f"{settings.web_port}, {settings.media_port} and {settings.rtmp_port} on {settings.host}"
    lock = DirectoryLock(settings.data_dir / "supervisor.lock")
    try:
        lock.acquire()
    except AlreadyRunningError:
        return Finding("ok", "Ports", f"{ports}: a Tallylight is running on this folder now")
    try:
        check_ports(settings)
    finally:
        lock.release()
    return Finding("ok", "Ports", f"{ports} are free")


async def _encoder(_: Settings) -> Finding:
    await asyncio.to_thread(_encode_a_moment)
    return Finding("ok", "Encoder", f"H.264 and AAC encode and decode (PyAV {av.__version__})")


def _encode_a_moment() -> None:
    """One picture and one frame of sound through the encoders that slates and bleeps need, and back."""
    video = av.CodecContext.create("libx264", "w")
    video.width, video.height, video.pix_fmt, video.time_base = 64, 64, "yuv420p", Fraction(1, 30)
    picture = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
    picture.pts = 0
    packets = [*video.encode(picture), *video.encode(None)]
    decoder = av.CodecContext.create("h264", "r")
    if not [frame for packet in [*packets, None] for frame in decoder.decode(packet)]:
        raise RuntimeError("the H.264 encoder gave nothing that decodes")
    audio = av.CodecContext.create("aac", "w")
    audio.sample_rate, audio.layout, audio.format = 48_000, "stereo", "fltp"
    sound = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
    sound.sample_rate, sound.pts = 48_000, 0
    if not [*audio.encode(sound), *audio.encode(None)]:
        raise RuntimeError("the AAC encoder gave nothing")


async def _speech(settings: Settings) -> Finding:
    began = time.monotonic()
    heard = await asyncio.to_thread(_hear_the_greeting, settings)
    took_s = time.monotonic() - began
    if _GREETING_WORD not in heard.lower():
        return Finding("fail", "Speech", f"the model {settings.speech_model} heard {heard!r} in the demo's greeting")
    text = f"the model {settings.speech_model} loaded and heard the demo's greeting in {took_s:.1f} s"
    return Finding("ok", "Speech", text)


def _hear_the_greeting(settings: Settings) -> str:
    """Load the recogniser's model and transcribe the first seconds of the demo's recording."""
    engine = FasterWhisperEngine(settings.speech_model, threads=settings.speech_threads)
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
    parts: list[bytes] = []
    with av.open(str(SHOW_FILE)) as recording:
        for frame in recording.decode(audio=0):
            parts += [resampled.to_ndarray().tobytes() for resampled in resampler.resample(frame)]
            if sum(map(len, parts)) >= _GREETING_S * SAMPLE_RATE_HZ * 2:
                break
    samples = np.frombuffer(b"".join(parts), np.int16)[: _GREETING_S * SAMPLE_RATE_HZ]
    return "".join(word.text for word in engine.transcribe(samples.astype(np.float32) / np.float32(32_768), Hints()))


async def _front_end(_: Settings) -> Finding:
    page = files("tallylight.app.web") / "static" / "index.html"
    if not page.is_file():
        return Finding("fail", "Front end", "the pages are not built: run make front (needs Node 20), or use a wheel")
    return Finding("ok", "Front end", "the pages are built")


_CHECKS: dict[str, Check] = {
    "Python": _python,
    "Machine": _machine,
    "Data": _data,
    "Database": _database,
    "Ports": _ports,
    "Encoder": _encoder,
    "Speech": _speech,
    "Front end": _front_end,
}
