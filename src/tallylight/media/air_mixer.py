"""Turns what the gate released into air: picks the sound's packets, swaps covered pictures for the slate's."""

from tallylight.media.air_outputs import AirOutput
from tallylight.media.air_sound import AirSound, air_asc
from tallylight.media.delay_gate import Released, ReleasedPicture, ReleasedSound
from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND, VideoSample, init_segment
from tallylight.media.slate import Slate, SlateShelf
from tallylight.media.slate_card import PLAIN, SlateLook
from tallylight.media.units import EpochOpened, VideoUnit


class AirMixer:
    """One broadcast's way from the gate to ``output``."""

    def __init__(self, output: AirOutput, slates: SlateShelf, look: SlateLook = PLAIN) -> None:
        self._output = output
        self._slates = slates
        self._look = look
        self._origin_us: int | None = None
        self._epoch: EpochOpened | None = None
        self._sound = AirSound()
        self._slate: Slate | None = None
        self._slate_frame = 0

    def air(self, released: list[Released]) -> None:
        """Pass these on, in order."""
        for item in released:
            if isinstance(item, ReleasedSound):
                for packet in self._sound.air(item):
                    self._output.sound(packet)
            elif isinstance(item, ReleasedPicture):
                self._picture(item.unit, covered=item.covered)
            elif isinstance(item, EpochOpened):
                self._open(item)
            else:
                self._close()

    def programme_us(self, ticks: int) -> int:
        """Programme time of a tick of the fragments' clock."""
        return (self._origin_us or 0) + ticks * 1_000_000 // VIDEO_TICKS_PER_SECOND

    def _open(self, epoch: EpochOpened) -> None:
        if self._origin_us is None:
            self._origin_us = epoch.origin_us
        self._epoch = epoch
        self._sound = AirSound()
        self._slate = None
        self._output.begin_run(init_segment(epoch.picture, epoch.avcc, air_asc()))

    def finish(self) -> None:
        """Write out what is pending, between two units."""
        self._close()

    def _close(self) -> None:
        for packet in self._sound.finish():
            self._output.sound(packet)
        self._sound = AirSound()
        self._output.finish()

    def _picture(self, unit: VideoUnit, *, covered: bool) -> None:
        assert self._epoch is not None
        dts = self._ticks(unit.dts_us)
        duration = self._ticks(unit.dts_us + unit.duration_us) - dts
        if not covered:
            if self._slate is not None:
                self._slate = None
                self._output.begin_run(init_segment(self._epoch.picture, self._epoch.avcc, air_asc()))
            composition = self._ticks(unit.pts_us) - dts
            self._output.video(VideoSample(dts, duration, composition, unit.key, unit.data))
            return
        if self._slate is None:
            self._slate = self._slates.take(self._epoch.picture, self._look)
            self._slate_frame = 0
            self._output.begin_run(init_segment(self._slate.picture, self._slate.avcc, air_asc()))
        data = self._slate.frames[self._slate_frame % len(self._slate.frames)]
        key = self._slate_frame % len(self._slate.frames) == 0
        self._slate_frame += 1
        self._output.video(VideoSample(dts, duration, 0, key, data))

    def _ticks(self, at_us: int) -> int:
        """Ticks since the broadcast's origin, rounded down alike everywhere, so that durations add up."""
        assert self._origin_us is not None
        return (at_us - self._origin_us) * VIDEO_TICKS_PER_SECOND // 1_000_000
