"""The programs that take sources in, with what each is told on its standard input."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallylight.media.source.guard import Networks
from tallylight.media.source.puller import PullJob

SRT_LATENCY_US = 200_000


@dataclass(frozen=True, slots=True)
class Program:
    """``job`` holds what is secret; a command line can be read by everyone on the machine."""

    command: tuple[str, ...]
    job: bytes


def pull_program(url: str, networks: Networks, files_dir: Path | None) -> Program:
    """Our own, with the FFmpeg libraries that are here anyway."""
    job = PullJob(url, [str(one) for one in networks], str(files_dir) if files_dir else None)
    return Program((sys.executable, "-m", "tallylight.media.source.puller"), msgspec.json.encode(job))


def srt_program(host: str, port: int, passphrase: str) -> Program:
    """The machine's FFmpeg, waiting for one caller: PyAV's libraries have no SRT.

    The address comes as a one-line concat script, so that the passphrase is on no command line.
    """
    name = f"[{host}]" if ":" in host else host
    url = (
        f"srt://{name}:{port}?mode=listener&passphrase={passphrase}&pbkeylen=32&enforced_encryption=1"
        f"&latency={SRT_LATENCY_US}"
    )
    ffmpeg = shutil.which("ffmpeg") or "ffmpeg"
    command = (
        ffmpeg, "-hide_banner", "-nostats", "-loglevel", "error",
        "-f", "concat", "-safe", "0", "-protocol_whitelist", "pipe,srt", "-i", "pipe:0",
        "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", "-f", "flv", "-flvflags", "no_duration_filesize",
        "-flush_packets", "1", "pipe:1",
    )  # fmt: skip
    return Program(command, f"ffconcat version 1.0\nfile '{url}'\n".encode())
