"""Reads a shop's own sound for the place of a withheld phrase, from any file of sound that FFmpeg knows."""

import io
from typing import ClassVar

import av
import numpy as np

from tallylight.foundation.errors import InvalidInputError
from tallylight.media.bleep import STORED_SAMPLES_MAX, StoredSound
from tallylight.media.units import SAMPLE_RATE_HZ

SOUND_BYTES_MAX = 2 << 20


class StoredSoundError(InvalidInputError):
    """The file is no sound, or longer than ten seconds."""

    code: ClassVar[str] = "stored_sound"


def read_stored_sound(data: bytes) -> StoredSound:
    """Raises StoredSoundError with what to do."""
    if len(data) > SOUND_BYTES_MAX:
        raise StoredSoundError("the sound is larger than 2 MB; take a shorter one", field="sound")
    pieces: list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]] = []
    heard = 0
    try:
        with av.open(io.BytesIO(data), "r") as container:
            if not container.streams.audio:
                raise StoredSoundError("the file holds no sound", field="sound")
            resampler = av.AudioResampler("fltp", "stereo", SAMPLE_RATE_HZ)
            for frame in container.decode(audio=0):
                for out in resampler.resample(frame):
                    heard += out.samples
                    if heard > STORED_SAMPLES_MAX:
                        raise StoredSoundError("the sound is longer than ten seconds; cut it shorter", field="sound")
                    pieces.append(out.to_ndarray().astype(np.float32))
    except av.FFmpegError as error:
        raise StoredSoundError("the file is no sound that can be read; save it as WAV", field="sound") from error
    if not heard:
        raise StoredSoundError("the file holds no sound", field="sound")
    return StoredSound(np.concatenate(pieces, axis=1))
