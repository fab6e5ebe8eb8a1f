"""The undelayed programme as the camera sends it, for signed-in staff and for the off-air original's recording.

Pictures and sound pass through untouched. It is fed at ingest, before the gate, and has a serving map of its own:
nothing of it is reachable by a viewer's URL.
"""

from tallylight.foundation.clock import us_to_samples
from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND, VideoSample, init_segment
from tallylight.media.ingest import SourceSound
from tallylight.media.left_behind import LeftWindow
from tallylight.media.live_window import LiveWindow, SegmentKeeper
from tallylight.media.segmenter import Segmenter
from tallylight.media.sound import AacPacket
from tallylight.media.units import SAMPLE_RATE_HZ, AudioUnit, EpochClosed, EpochOpened, Unit

LISTED_TICKS = 8 * VIDEO_TICKS_PER_SECOND
KEPT_TICKS = 12 * VIDEO_TICKS_PER_SECOND


class Preview:
    """One broadcast's programme; ``window`` serves it."""

    def __init__(self, keeper: SegmentKeeper, left: LeftWindow | None = None) -> None:
        self.window = LiveWindow(
            self._programme_us, keeper, left=left, listed_ticks=LISTED_TICKS, kept_ticks=KEPT_TICKS
        )
        self._segmenter = Segmenter(self.window)
        self._origin_us: int | None = None
        self._sound_end = 0
        self._waiting: SourceSound | None = None

    def unit(self, unit: Unit, asc: bytes) -> None:
        """``asc``: the source's AudioSpecificConfig at this moment."""
        if isinstance(unit, EpochOpened):
            if self._origin_us is None:
                self._origin_us = unit.origin_us
            self._segmenter.begin_run(init_segment(unit.picture, unit.avcc, asc))
        elif isinstance(unit, EpochClosed):
            self.finish()
        elif not isinstance(unit, AudioUnit):
            dts = self._ticks(unit.dts_us)
            duration = self._ticks(unit.dts_us + unit.duration_us) - dts
            self._segmenter.video(VideoSample(dts, duration, self._ticks(unit.pts_us) - dts, unit.key, unit.data))

    def source_sound(self, sound: SourceSound) -> None:
        """A frame lasts until the next one: it is passed on when that has come."""
        self._flush_sound(sound.start_us)
        self._waiting = sound

    def finish(self) -> None:
        self._flush_sound(None)
        self._segmenter.finish()

    def _flush_sound(self, next_us: int | None) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        start = max(self._samples(waiting.start_us), self._sound_end)
        end = self._samples(next_us) if next_us is not None else start + 1024
        if end > start:
            self._sound_end = end
            self._segmenter.sound(AacPacket(start, end - start, waiting.data))

    def _programme_us(self, ticks: int) -> int:
        return (self._origin_us or 0) + ticks * 1_000_000 // VIDEO_TICKS_PER_SECOND

    def _ticks(self, at_us: int) -> int:
        return (at_us - (self._origin_us or 0)) * VIDEO_TICKS_PER_SECOND // 1_000_000

    def _samples(self, at_us: int) -> int:
        return us_to_samples(at_us - (self._origin_us or 0), SAMPLE_RATE_HZ)
