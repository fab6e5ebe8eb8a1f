"""The pieces that a stream is cut into between ingest and air, in programme time.

An epoch is a stretch without a break: one publisher connection, one set of timestamps, one picture format. Units
come in order: EpochOpened, then video and audio of that epoch, then EpochClosed.
"""

from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallylight.media.codec_config import PictureFormat

SAMPLE_RATE_HZ = 48_000
"""Sound is brought to this rate, stereo, at ingest: one clock for all epochs."""
CHANNELS = 2
AAC_FRAME_SAMPLES = 1024
"""Samples of one frame of AAC-LC (ISO/IEC 14496-3, 4.5.2.1)."""

Pcm = NDArray[np.float32]
"""Sound as (2, n) planar float samples at SAMPLE_RATE_HZ: amplitudes, not times or money."""


@dataclass(frozen=True, slots=True)
class EpochOpened:
    """``origin_us`` is the programme time of its first picture; ``frame_us`` the usual time between pictures."""

    epoch: int
    origin_us: int
    avcc: bytes
    picture: PictureFormat
    frame_us: int


class VideoUnit(msgspec.Struct, frozen=True, gc=False):
    """One coded picture. Decoding order is by ``dts_us``; viewers see it from ``pts_us``; both programme time.

    ``duration_us`` is the time to the next picture in decoding order, known because ingest waits for it.
    """

    epoch: int
    dts_us: int
    pts_us: int
    duration_us: int
    key: bool
    data: bytes

    @property
    def shown_until_us(self) -> int:
        return max(self.pts_us, self.dts_us) + self.duration_us


class Coded(Protocol):
    """A frame of the source's AAC that air can carry as it is, ``AAC_FRAME_SAMPLES`` long."""

    @property
    def data(self) -> bytes: ...

    def pcm(self) -> Pcm:
        """What it decodes to."""
        ...


class AudioUnit(msgspec.Struct, frozen=True, gc=False):
    """Sound whose first sample has index ``start`` on the broadcast's sample clock (0 at its first picture)."""

    epoch: int
    start: int
    sound: Pcm | Coded

    @property
    def samples(self) -> int:
        return int(self.sound.shape[1]) if isinstance(self.sound, np.ndarray) else AAC_FRAME_SAMPLES

    @property
    def end(self) -> int:
        return self.start + self.samples

    @property
    def size(self) -> int:
        """Bytes that holding it takes."""
        return self.sound.nbytes if isinstance(self.sound, np.ndarray) else len(self.sound.data)

    @property
    def packet(self) -> bytes | None:
        """The source's AAC frame, if air can carry it as it is."""
        return None if isinstance(self.sound, np.ndarray) else self.sound.data

    @property
    def pcm(self) -> Pcm:
        return self.sound if isinstance(self.sound, np.ndarray) else self.sound.pcm()


@dataclass(frozen=True, slots=True)
class EpochClosed:
    """Nothing of this epoch ends after ``end_us``."""

    epoch: int
    end_us: int


Unit = EpochOpened | VideoUnit | AudioUnit | EpochClosed
