"""Places a publisher's samples in programme time. Pure: times come in as values.

The origin of an epoch is the wall clock when its first picture arrives. From there pictures follow the publisher's
millisecond stamps, and sound is counted in samples: a stamp moves sound only when it is off by more than
RESYNC_US. A stamp that leaps by more than JUMP_US, or a picture's that falls back by more than RESYNC_US, is a
break: the caller opens a new epoch. Programme time rises strictly from one epoch to the next, whatever the
publisher's stamps or the wall clock do.
"""

import msgspec

from tallylight.foundation.clock import samples_to_us, us_to_samples
from tallylight.media.units import SAMPLE_RATE_HZ

JUMP_US = 2_000_000
RESYNC_US = 100_000
_RESYNC_SAMPLES = RESYNC_US * SAMPLE_RATE_HZ // 1_000_000
_WRAP_MS = 1 << 32


class TimestampJumpError(Exception):
    """The stamp does not continue the epoch."""


class SoundPlace(msgspec.Struct, frozen=True, gc=False):
    """Where the next sound goes: ``silence`` samples, then the sound without its first ``skip``, from ``start``."""

    start: int
    silence: int
    skip: int


class Timeline:
    """One broadcast's timeline, through all its epochs."""

    def __init__(self) -> None:
        self.epoch = -1
        self.origin_us = 0
        """Programme time of the broadcast's first picture: sample index 0."""
        self.epoch_origin_us = 0
        self.end_us = 0
        """Nothing placed so far ends later."""
        self._base_ms = 0
        self._composition_ms = 0
        self._video_ms = 0
        self._sound_next = 0
        self._sound_placed = False

    def open_epoch(self, now_us: int, timestamp_ms: int, composition_ms: int) -> int:
        """Begin an epoch at a keyframe with this stamp; returns the epoch's origin in programme time."""
        origin = max(now_us, self.end_us)
        self.epoch += 1
        if self.epoch == 0:
            self.origin_us = origin
        self.epoch_origin_us = origin
        self.end_us = origin
        self._base_ms = timestamp_ms
        self._composition_ms = composition_ms
        self._video_ms = -1
        # Rounded up, so that no sample of this epoch begins before the last one's end.
        self._sound_next = us_to_samples(origin - self.origin_us, SAMPLE_RATE_HZ) + (self.epoch > 0)
        self._sound_placed = False
        return origin

    def place_video(self, timestamp_ms: int, composition_ms: int) -> tuple[int, int]:
        """(decoding, presentation) in programme time; raises TimestampJumpError.

        Presentation is shifted by the first keyframe's own offset, so that the epoch's first picture is shown at
        its origin and sound with the same stamp is heard with it.
        """
        last_ms = max(self._video_ms, 0)
        at_ms = self._relative_ms(timestamp_ms, last_ms)
        if not -RESYNC_US <= (at_ms - last_ms) * 1000 <= JUMP_US:
            raise TimestampJumpError
        at_ms = max(at_ms, self._video_ms + 1)
        self._video_ms = at_ms
        dts = self.epoch_origin_us + at_ms * 1000
        pts = max(self.epoch_origin_us, dts + (composition_ms - self._composition_ms) * 1000)
        return dts, pts

    def video_ends(self, until_us: int) -> None:
        self.end_us = max(self.end_us, until_us)

    def place_sound(self, timestamp_ms: int, samples: int) -> SoundPlace | None:
        """Where ``samples`` with this stamp go; None when all of them precede what is placed already.

        Raises TimestampJumpError.
        """
        origin = us_to_samples(self.epoch_origin_us - self.origin_us, SAMPLE_RATE_HZ) + (self.epoch > 0)
        heard_ms = (self._sound_next - origin) * 1000 // SAMPLE_RATE_HZ
        at_ms = self._relative_ms(timestamp_ms, heard_ms) - self._composition_ms
        if abs(at_ms - heard_ms) * 1000 > JUMP_US:
            raise TimestampJumpError
        late = origin + at_ms * SAMPLE_RATE_HZ // 1000 - self._sound_next
        if self._sound_placed and abs(late) <= _RESYNC_SAMPLES:
            late = 0
        silence, skip = max(late, 0), max(-late, 0)
        if skip >= samples:
            return None
        place = SoundPlace(self._sound_next, silence, skip)
        self._sound_placed = True
        self._sound_next += silence + samples - skip
        self.end_us = max(self.end_us, self.sample_time(self._sound_next))
        return place

    def skip_sound(self, missing_us: int) -> int:
        """Place silence of ``missing_us`` after the sound so far; returns its samples (at least 1)."""
        samples = max(us_to_samples(missing_us, SAMPLE_RATE_HZ), 1)
        self._sound_next += samples
        self._sound_placed = True
        self.end_us = max(self.end_us, self.sample_time(self._sound_next))
        return samples

    def sample_time(self, index: int) -> int:
        """Programme time at which the sample with ``index`` begins."""
        return self.origin_us + samples_to_us(index, SAMPLE_RATE_HZ)

    @property
    def sound_next(self) -> int:
        """The index that the next sample of sound will have."""
        return self._sound_next

    def _relative_ms(self, timestamp_ms: int, near_ms: int) -> int:
        """The stamp relative to the epoch's base, unwrapped (stamps count modulo 2**32) to lie near ``near_ms``."""
        off = (timestamp_ms - self._base_ms - near_ms + _WRAP_MS // 2) % _WRAP_MS - _WRAP_MS // 2
        return near_ms + off
