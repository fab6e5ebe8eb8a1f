"""Turns one broadcast's FLV messages into units in programme time, for the gate, the reviewer and the preview.

It survives its publishers: a reconnect is a new epoch on the same timeline. Nothing is emitted before both codecs
are known and a keyframe has come.
"""

from collections import deque
from typing import Protocol

import msgspec
import numpy as np

from tallylight.foundation.clock import Clock
from tallylight.media.amf import AmfValue
from tallylight.media.codec_config import PictureFormat, SoundFormat, read_asc, read_avcc
from tallylight.media.errors import StreamRefusedError
from tallylight.media.flv import AudioConfig, AudioSample, VideoConfig, VideoSample, parse_audio, parse_video
from tallylight.media.review_sound import PacketRun, ReviewFeed
from tallylight.media.sound import AAC_FRAME_SAMPLES, CodedFrame, FrameDecoder, SoundDecoder
from tallylight.media.timeline import Timeline, TimestampJumpError
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ, AudioUnit, EpochClosed, EpochOpened, Pcm, Unit, VideoUnit

CONFIG_WAIT_US = 6_000_000
FRAME_US_USUAL = 33_333
SOUND_MISSING_US = 1_000_000
"""Sound this far behind the picture is taken for missing and becomes silence."""
EPOCHS_MAX = 6
EPOCHS_WINDOW_US = 60_000_000
LAG_MAX_US = 1_500_000
LAG_WINDOW_US = 5_000_000


class SourceSound(msgspec.Struct, frozen=True, gc=False):
    """One AAC frame as the publisher sent it, placed in programme time."""

    start_us: int
    data: bytes


class IngestListener(Protocol):
    """Who gets what ingest makes. Calls come in programme order of each kind."""

    def unit(self, unit: Unit) -> None: ...

    def source_sound(self, sound: SourceSound) -> None: ...

    def review_packets(self, run: PacketRun) -> None:
        """Sound for the recogniser, as it came; with ``review_sound`` continuous within an epoch."""
        ...

    def review_sound(self, at_us: int, pcm: bytes) -> None:
        """The same where no packet says it: 16 kHz mono s16 whose first sample is at ``at_us``."""
        ...


class Ingest:
    """One broadcast's ingest; ``publisher_changed`` when a publisher comes or goes."""

    def __init__(self, clock: Clock, listener: IngestListener) -> None:
        self.timeline = Timeline()
        self.picture: PictureFormat | None = None
        self.sound: SoundFormat | None = None
        self.asc: bytes = b""
        self.keyframe_interval_us = 0
        self._clock = clock
        self._listener = listener
        self._avcc: bytes | None = None
        self._decoder: SoundDecoder | FrameDecoder | None = None
        """Of single frames where air can carry the source's own."""
        self._before: bytes | None = None
        self._review: ReviewFeed | None = None
        self._frame_us = FRAME_US_USUAL
        self._open = False
        self._pending: VideoUnit | None = None
        self._waiting_since_us: int | None = None
        self._last_key_us: int | None = None
        self._opened_at: deque[int] = deque(maxlen=EPOCHS_MAX)
        self._lag_least_us = 0
        self._lag_window_us = 0

    # -- what the publisher sends

    def metadata(self, values: AmfValue) -> None:
        """onMetaData: only the frame rate is of use, and only as a guess."""
        rate = values.get("framerate") if isinstance(values, dict) else None
        if isinstance(rate, float) and 1 <= rate <= 120:
            self._frame_us = int(1_000_000 / rate)

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        """Raises StreamRefusedError for what cannot go on air."""
        parsed = parse_video(payload)
        if isinstance(parsed, VideoConfig):
            self._configure_video(parsed.avcc)
        elif isinstance(parsed, VideoSample):
            self._picture(timestamp_ms, parsed)

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        """Raises StreamRefusedError for what cannot go on air."""
        parsed = parse_audio(payload)
        if isinstance(parsed, AudioConfig):
            self._configure_audio(parsed.asc)
        elif isinstance(parsed, AudioSample):
            self._sound(timestamp_ms, parsed.data)

    def publisher_changed(self) -> None:
        """A publisher went or another came: the epoch ends, the next one must say its codecs anew."""
        self.close_epoch()
        self._avcc = None
        self._decoder = None
        self._waiting_since_us = None
        self._opened_at.clear()

    def close_epoch(self) -> None:
        """End the epoch, if one is open; the next keyframe opens another."""
        if not self._open:
            return
        self._open = False
        if self._pending is not None:
            self._emit_picture(self._pending.dts_us + self._frame_us)
        if self._review is not None:
            self._review.finish()
            self._review = None
        self._listener.unit(EpochClosed(self.timeline.epoch, self.timeline.end_us))

    @property
    def newest_us(self) -> int:
        """Programme time up to which anything has come."""
        return self.timeline.end_us

    # -- configuration

    def _configure_video(self, avcc: bytes) -> None:
        if avcc == self._avcc:
            return
        picture = read_avcc(avcc)
        self.close_epoch()
        self._avcc, self.picture = avcc, picture

    def _configure_audio(self, asc: bytes) -> None:
        if self._decoder is not None and asc == self.asc:
            return
        sound = read_asc(asc)
        self.close_epoch()
        self.asc, self.sound = asc, sound
        passes = sound.plain and (sound.sample_rate_hz, sound.channels) == (SAMPLE_RATE_HZ, CHANNELS)
        self._decoder = FrameDecoder(asc) if passes else SoundDecoder(asc, sound.sample_rate_hz)
        self._before = None

    def _require_codecs(self) -> bool:
        """True when both are known; refuses a stream that stays without one."""
        if self._avcc is not None and self._decoder is not None:
            return True
        now = self._clock.now_us()
        if self._waiting_since_us is None:
            self._waiting_since_us = now
        elif now - self._waiting_since_us > CONFIG_WAIT_US:
            missing = "sound" if self._decoder is None else "picture"
            raise StreamRefusedError(
                f"The stream has no {missing}. A show needs H.264 video and AAC audio: check the encoder's sources."
            )
        return False

    # -- pictures

    def _picture(self, timestamp_ms: int, sample: VideoSample) -> None:
        if not self._require_codecs():
            return
        if not self._open:
            if not sample.key:
                return
            self._open_epoch(timestamp_ms, sample)
        try:
            dts, pts = self.timeline.place_video(timestamp_ms, sample.composition_ms)
        except TimestampJumpError:
            self.close_epoch()
            if sample.key:
                self._picture(timestamp_ms, sample)
            return
        if self._lags_for_good(dts):
            self.close_epoch()
            return
        self._fill_missing_sound(dts)
        self._emit_picture(dts)
        if sample.key:
            if self._last_key_us is not None:
                self.keyframe_interval_us = dts - self._last_key_us
            self._last_key_us = dts
        self._pending = VideoUnit(self.timeline.epoch, dts, pts, self._frame_us, sample.key, sample.data)

    def _open_epoch(self, timestamp_ms: int, sample: VideoSample) -> None:
        now = self._clock.now_us()
        if len(self._opened_at) == EPOCHS_MAX and now - self._opened_at[0] < EPOCHS_WINDOW_US:
            raise StreamRefusedError("The stream's timestamps keep jumping. Restart the encoder.")
        self._opened_at.append(now)
        assert self._avcc is not None
        assert self.picture is not None
        origin = self.timeline.open_epoch(now, timestamp_ms, sample.composition_ms)
        self._open = True
        self._last_key_us = None
        self._lag_window_us, self._lag_least_us = origin, LAG_MAX_US * 2
        self._review = ReviewFeed(self.asc, self._listener)
        self._listener.unit(EpochOpened(self.timeline.epoch, origin, self._avcc, self.picture, self._frame_us))

    def _emit_picture(self, next_dts_us: int) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        duration = max(next_dts_us - pending.dts_us, 1)
        unit = VideoUnit(pending.epoch, pending.dts_us, pending.pts_us, duration, pending.key, pending.data)
        self.timeline.video_ends(unit.shown_until_us)
        self._listener.unit(unit)

    def _lags_for_good(self, dts_us: int) -> bool:
        """True when pictures have come late for a whole window: the publisher's clock is slow, so start afresh."""
        now = self._clock.now_us()
        self._lag_least_us = min(self._lag_least_us, now - dts_us)
        if now - self._lag_window_us < LAG_WINDOW_US:
            return False
        late, self._lag_window_us, self._lag_least_us = self._lag_least_us, now, now - dts_us
        return late > LAG_MAX_US

    # -- sound

    def _sound(self, timestamp_ms: int, data: bytes) -> None:
        if not self._require_codecs() or not self._open or self._decoder is None:
            return
        sound = self._coded(self._decoder, data)
        try:
            place = self.timeline.place_sound(timestamp_ms, _samples(sound))
        except TimestampJumpError:
            if self._pending is not None and self._pending.dts_us > self.timeline.epoch_origin_us + SOUND_MISSING_US:
                self.close_epoch()
            return
        if place is None:
            return
        if place.silence:
            self._emit_sound(place.start, np.zeros((CHANNELS, place.silence), np.float32))
        start = place.start + place.silence
        self._listener.source_sound(SourceSound(self.timeline.sample_time(start - place.skip), data))
        if not place.skip:
            self._emit_sound(start, sound)
        else:
            self._emit_sound(start, (sound.pcm() if isinstance(sound, CodedFrame) else sound)[:, place.skip :])

    def _coded(self, decoder: SoundDecoder | FrameDecoder, data: bytes) -> Pcm | CodedFrame:
        """The frame as it will be carried: decoded only where air cannot carry it as it is."""
        if isinstance(decoder, SoundDecoder):
            return decoder.decode(data)
        before, self._before = self._before, data
        return CodedFrame(data, before, decoder)

    def _fill_missing_sound(self, picture_us: int) -> None:
        """Silence for sound that the publisher stopped sending, so that picture and review go on."""
        timeline = self.timeline
        missing = picture_us - SOUND_MISSING_US - timeline.sample_time(timeline.sound_next)
        if missing > 0:
            start = timeline.sound_next
            samples = timeline.skip_sound(missing)
            self._emit_sound(start, np.zeros((CHANNELS, samples), np.float32))

    def _emit_sound(self, start: int, sound: Pcm | CodedFrame) -> None:
        at_us = self.timeline.sample_time(start)
        if isinstance(sound, CodedFrame):
            self._listener.unit(AudioUnit(self.timeline.epoch, start, sound))
            if self._review is not None:
                self._review.packet(at_us, sound.data, sound.before)
        elif sound.shape[1]:
            self._listener.unit(AudioUnit(self.timeline.epoch, start, sound))
            if self._review is not None:
                self._review.pcm(at_us, sound)


def _samples(sound: Pcm | CodedFrame) -> int:
    return AAC_FRAME_SAMPLES if isinstance(sound, CodedFrame) else int(sound.shape[1])
