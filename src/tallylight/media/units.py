"""The pieces that a stream is cut into between ingest and air, in programme time.

An epoch is a stretch without a break: one publisher connection, one set of timestamps, one picture format. Units
come in order: EpochOpened, then video and audio of that epoch, then EpochClosed.
"""

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallylight.media.codec_config import PictureFormat

SAMPLE_RATE_HZ = 48_000
"""Sound is brought to this rate, stereo, at ingest: one clock for all epochs."""
CHANNELS = 2

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


class AudioUnit(msgspec.Struct, frozen=True, gc=False):
    """Sound whose first sample has index ``start`` on the broadcast's sample clock (0 at its first picture).

    ``packet``: the source's AAC frame that ``pcm`` is the decoding of, if air can carry it as it is.
    """

    epoch: int
    start: int
    pcm: Pcm
    packet: bytes | None = None

    @property
    def end(self) -> int:
        return self.start + int(self.pcm.shape[1])


@dataclass(frozen=True, slots=True)
class EpochClosed:
    """Nothing of this epoch ends after ``end_us``."""

    epoch: int
    end_us: int


Unit = EpochOpened | VideoUnit | AudioUnit | EpochClosed
