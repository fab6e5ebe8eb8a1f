"""Reads the sound of any recording that FFmpeg knows, as the recogniser wants it: 16 kHz, mono, block by block."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from tallylight.foundation.errors import InvalidInputError

RATE_HZ = 16_000
LENGTH_US_MAX = 8 * 3_600 * 1_000_000
"""A recording is up to eight hours long."""


class NotMediaError(InvalidInputError):
    """The file is not a recording, has no sound, or is too long."""

    code: ClassVar[str] = "not_media"


class SoundInfo(msgspec.Struct, frozen=True):
    """``length_us`` None: the file does not say."""

    length_us: int | None


def sound_info(path: Path) -> SoundInfo:
    """Look at the file without decoding it. Raises NotMediaError with what to do."""
    if not path.is_file():
        raise NotMediaError(f"{path} is not a file")
    try:
        with av.open(str(path), "r") as container:
            if not container.streams.audio:
                raise NotMediaError(f"{path.name} has no sound; give a recording with the host's voice in it")
            length_us = container.duration
    except (av.error.FFmpegError, ValueError) as error:
        raise NotMediaError(f"{path.name} is not a recording that can be read ({type(error).__name__})") from error
    if length_us is not None and length_us > LENGTH_US_MAX:
        raise NotMediaError(f"{path.name} is longer than {LENGTH_US_MAX // 3_600_000_000} hours; cut it into parts")
    return SoundInfo(length_us)


def read_sound(path: Path) -> Iterator[NDArray[np.float32]]:
    """Blocks of float32 mono at RATE_HZ. Raises NotMediaError; what is damaged inside the file is left out."""
    heard = 0
    try:
        with av.open(str(path), "r") as container:
            resampler = av.AudioResampler("flt", "mono", RATE_HZ)
            for packet in container.demux(audio=0):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    continue
                for frame in frames:
                    for out in resampler.resample(frame):
                        block: NDArray[np.float32] = out.to_ndarray().ravel().astype(np.float32)
                        heard += len(block)
                        if heard > LENGTH_US_MAX // 1_000_000 * RATE_HZ:
                            raise NotMediaError(f"{path.name} is longer than {LENGTH_US_MAX // 3_600_000_000} hours")
                        yield block
    except av.error.FFmpegError as error:
        raise NotMediaError(f"{path.name} cannot be read to its end ({type(error).__name__})") from error
    if not heard:
        raise NotMediaError(f"{path.name} has a sound track with nothing in it")
