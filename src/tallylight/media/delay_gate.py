"""The delay gate: nothing unreviewed airs. A pure core; whoever drives it passes the time in.

A unit is released when it is older than the delay. Then, and once and for all, it is decided how:
- as it came, when the watermark has passed its end by the padding and nothing withholds it;
- silenced or bleeped, sample for sample, where a span withholds sound;
- covered (the picture by a slate, the sound by silence) in cover spans, in panic, and when the verdict is late:
  the gate fails closed, on time, so air neither leaks nor stalls. A show set to fail open airs it instead, on record.

A covered picture comes back at the next keyframe. Epochs leave in order, each at the full delay: a reconnect opens
no short way out for what the old epoch still holds.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec
import numpy as np

from tallylight.foundation.clock import samples_to_us
from tallylight.media.bleep import fade_in, silence_spans
from tallylight.media.delay_slew import DelaySlew
from tallylight.media.release_policy import Action, GatePolicy, WithheldSpan
from tallylight.media.units import (
    AAC_FRAME_SAMPLES,
    CHANNELS,
    SAMPLE_RATE_HZ,
    AudioUnit,
    Coded,
    EpochClosed,
    EpochOpened,
    Pcm,
    Unit,
    VideoUnit,
)
from tallylight.media.withheld import SpanAired, StretchBegan, StretchEnded, StretchKind, Withheld


class ReleasedPicture(msgspec.Struct, frozen=True, gc=False):
    """``covered``: show the slate in its stead, for as long."""

    unit: VideoUnit
    covered: bool


class ReleasedSound(msgspec.Struct, frozen=True, gc=False):
    """Sound to air; ``start`` is its first sample's index on the broadcast's sample clock.

    ``packet``: the source's own AAC frame, only when ``sound`` is just that.
    """

    start: int
    sound: Pcm | Coded
    packet: bytes | None = None

    @property
    def samples(self) -> int:
        return int(self.sound.shape[1]) if isinstance(self.sound, np.ndarray) else AAC_FRAME_SAMPLES

    @property
    def pcm(self) -> Pcm:
        return self.sound if isinstance(self.sound, np.ndarray) else self.sound.pcm()


Released = EpochOpened | ReleasedPicture | ReleasedSound | EpochClosed
GateFact = SpanAired | StretchBegan | StretchEnded


@dataclass(slots=True)
class _Epoch:
    opened: EpochOpened
    announced: bool = False
    closed: EpochClosed | None = None
    pictures: deque[VideoUnit] = field(default_factory=deque)
    sounds: deque[AudioUnit] = field(default_factory=deque)


class DelayGate:
    """Feed units with ``put`` and verdicts with ``withhold`` and ``advance_watermark``; take air with ``step``."""

    def __init__(self, policy: GatePolicy) -> None:
        self.policy = policy
        self.watermark_us = 0
        self.released_us = 0
        """Sound before this programme time has been decided."""
        self.held_bytes = 0
        self.late = False
        self.panicking = False
        self.covering = False
        self._delay = DelaySlew(policy.delay_us, policy.delay_us)
        self._cough_until_us = 0
        self._origin_us: int | None = None
        self._epochs: deque[_Epoch] = deque()
        self._withheld = Withheld()
        self._facts: list[GateFact] = []
        self._failing_open = False
        self._muted_before = False
        self._picture_due_us = 0

    # -- in

    def put(self, unit: Unit) -> bool:
        """Hold ``unit``. True when it may be the next to leave: then ``next_due_us`` is to be asked anew."""
        if isinstance(unit, EpochOpened):
            if self._origin_us is None:
                self._origin_us = self.released_us = unit.origin_us
            self._epochs.append(_Epoch(unit))
            return False  # Nothing of it can leave before its first unit.
        epoch = self._epochs[-1]
        if isinstance(unit, VideoUnit):
            first = not epoch.pictures
            epoch.pictures.append(unit)
            self.held_bytes += len(unit.data)
        elif isinstance(unit, AudioUnit):
            first = not epoch.sounds
            epoch.sounds.append(unit)
            self.held_bytes += unit.size
        else:
            first = not epoch.pictures and not epoch.sounds
            epoch.closed = unit
        return first and len(self._epochs) == 1

    def advance_watermark(self, judged_us: int) -> None:
        """Everything before ``judged_us`` is judged, and its spans handed over. It never goes back."""
        self.watermark_us = max(self.watermark_us, judged_us)

    def withhold(self, span: WithheldSpan) -> None:
        if not self._withheld.add(span, self.released_us):
            self.panic()

    def decide(self, span_id: UUID, action: Action) -> bool:
        """The desk's word on a span, if it comes before the span begins to air; False when too late or unknown."""
        return self._withheld.decide(span_id, action, self.released_us)

    def panic(self) -> None:
        """Cover and mute from the next sample on, until ``uncover``."""
        if not self.panicking:
            self.panicking = True
            self._facts.append(self._withheld.begin("panic", self.released_us))

    def cover(self) -> None:
        """Hide the picture from the next one on, until ``uncover``; what is said goes on, judged as ever."""
        if self._withheld.began_us("covered") is None:
            self._facts.append(self._withheld.begin("covered", self.released_us))

    def uncover(self) -> None:
        """End a panic and a cover."""
        self.panicking = False
        self._end_stretch("panic", self.released_us)
        self._end_stretch("covered", self.released_us)

    def dump(self, from_us: int, until_us: int) -> bool:
        """Cover and mute what is held of [from_us, until_us), for good; False when all of it has aired."""
        start_us = max(from_us, self.released_us)
        if start_us >= until_us:
            return False
        self._facts.append(self._withheld.begin("dump", start_us))
        self._end_stretch("dump", until_us)
        return True

    def unheard(self, from_us: int, until_us: int) -> None:
        """Nobody could decode the sound of [from_us, until_us): it was not judged, so none of it airs."""
        start_us = max(from_us, self.released_us)
        began = self._withheld.unheard(start_us, until_us) if start_us < until_us else None
        if began is not None:
            self._facts.append(began)

    def cough(self, from_us: int, until_us: int) -> None:
        """Mute the sound from ``from_us`` on, until ``end_cough``, at most to ``until_us``."""
        if self._withheld.began_us("cough") is None:
            self._cough_until_us = until_us
            self._facts.append(self._withheld.begin("cough", max(from_us, self.released_us)))

    def end_cough(self, until_us: int) -> None:
        self._end_stretch("cough", max(min(until_us, self._cough_until_us), self.released_us))

    @property
    def coughing(self) -> bool:
        return self._withheld.began_us("cough") is not None

    @property
    def covered_by_hand(self) -> bool:
        return self._withheld.began_us("covered") is not None

    def change_delay(self, delay_us: int, now_us: int) -> None:
        """Slide to another delay; what is held airs whole, a little slower or faster."""
        self._delay = self._delay.changed(delay_us, now_us)
        self.policy = replace(self.policy, delay_us=delay_us)

    def set_delay(self, delay_us: int) -> None:
        """Another delay at once, while nothing is held yet."""
        self._delay = DelaySlew(delay_us, delay_us)
        self.policy = replace(self.policy, delay_us=delay_us)

    def delay_us_at(self, now_us: int) -> int:
        """The delay as it is at this moment, which may be on its way to the policy's."""
        return self._delay.at(now_us)

    def aired_clear(self, start_us: int, end_us: int) -> bool:
        """Whether nothing in [start_us, end_us) was or is to be withheld."""
        return self._withheld.aired_clear(start_us, end_us)

    # -- out

    @property
    def empty(self) -> bool:
        """True when all that was put in has left and no epoch is open."""
        return not self._epochs

    def next_due_us(self) -> int | None:
        """The wall time at which ``step`` will have something; None while nothing is held."""
        if not self._epochs:
            return None
        due = self._next_us(self._epochs[0])
        return None if due is None else self._delay.due(due)

    def due_us(self, programme_us: int) -> int:
        """The wall time at which what ends at ``programme_us`` leaves."""
        return self._delay.due(programme_us)

    def step(self, now_us: int) -> tuple[list[Released], list[GateFact]]:
        """Everything due at wall time ``now_us``, in programme order, and what is to be recorded of it."""
        released: list[Released] = []
        target_us = now_us - self._delay.at(now_us)
        while self._epochs:
            epoch = self._epochs[0]
            due = self._next_us(epoch)
            if due is None or due > target_us:
                break
            if not epoch.announced:
                epoch.announced = True
                self._picture_due_us = 0
                self.covering = False
                released.append(epoch.opened)
            released.append(self._release_next(epoch))
        if self.released_us >= self._cough_until_us:
            self.end_cough(self._cough_until_us)
        if self._origin_us is not None:
            self._facts.extend(self._withheld.passed(self.released_us))
        facts, self._facts = self._facts, []
        return released, facts

    # -- deciding

    def _next_us(self, epoch: _Epoch) -> int | None:
        """The programme time at which the epoch's next unit is whole: its last sample, or its picture's time."""
        if not epoch.pictures:
            if epoch.sounds:
                return self._sound_end_us(epoch.sounds[0])
            return epoch.closed.end_us if epoch.closed is not None else None
        picture_us = self._picture_us(epoch.pictures[0])
        return min(picture_us, self._sound_end_us(epoch.sounds[0])) if epoch.sounds else picture_us

    def _picture_us(self, unit: VideoUnit) -> int:
        return max(unit.dts_us, unit.pts_us, self._picture_due_us)

    def _sound_end_us(self, unit: AudioUnit) -> int:
        assert self._origin_us is not None
        return self._origin_us + samples_to_us(unit.end, SAMPLE_RATE_HZ)

    def _release_next(self, epoch: _Epoch) -> Released:
        picture_us = self._picture_us(epoch.pictures[0]) if epoch.pictures else None
        if epoch.sounds and (picture_us is None or self._sound_end_us(epoch.sounds[0]) <= picture_us):
            return self._release_sound(epoch, epoch.sounds.popleft())
        if epoch.pictures:
            return self._release_picture(epoch, epoch.pictures.popleft())
        assert epoch.closed is not None
        self._epochs.popleft()
        self.released_us = max(self.released_us, epoch.closed.end_us)
        self._leave_late(epoch.closed.end_us)
        return epoch.closed

    def _release_sound(self, epoch: _Epoch, unit: AudioUnit) -> ReleasedSound:
        assert self._origin_us is not None
        self.held_bytes -= unit.size
        start_us = self._origin_us + samples_to_us(unit.start, SAMPLE_RATE_HZ)
        end_us = self._sound_end_us(unit)
        mute = not self._may_air(epoch, start_us, end_us)
        self.released_us = end_us
        sound = np.zeros((CHANNELS, unit.samples), np.float32) if mute else self._as_it_may_air(unit, start_us, end_us)
        self._muted_before = mute
        untouched = sound is unit.sound and self.policy.selective_sound
        return ReleasedSound(unit.start, sound, unit.packet if untouched else None)

    def _as_it_may_air(self, unit: AudioUnit, start_us: int, end_us: int) -> Pcm | Coded:
        """The unit's sound, untouched and never decoded unless something of it is withheld or it follows a mute."""
        fade_us = self.policy.fade_us
        fade_samples = fade_us * SAMPLE_RATE_HZ // 1_000_000
        sound = fade_in(unit.pcm, fade_samples) if self._muted_before else unit.sound
        if self._withheld.nothing or self._origin_us is None:
            return sound
        spans = self._withheld.sample_spans(
            start_us - fade_us, end_us + fade_us, self._origin_us, fill_slates=self.policy.fill_slates
        )
        if not spans:
            return sound
        pcm = sound if isinstance(sound, np.ndarray) else sound.pcm()
        silenced = silence_spans(pcm, unit.start, spans, fade_samples, self.policy.filling)
        return sound if silenced is pcm else silenced

    def _release_picture(self, epoch: _Epoch, unit: VideoUnit) -> ReleasedPicture:
        self.held_bytes -= len(unit.data)
        self._picture_due_us = self._picture_us(unit)
        cover = not self._may_air(epoch, unit.pts_us, unit.shown_until_us)
        if not self._withheld.nothing:
            cover = cover or self._withheld.covers_picture(unit.pts_us, unit.shown_until_us)
        if cover:
            self.covering = True
        elif self.covering and unit.key:
            self.covering = False
        return ReleasedPicture(unit, self.covering)

    def _may_air(self, epoch: _Epoch, start_us: int, end_us: int) -> bool:
        """Whether [start_us, end_us) may air as far as panic and the watermark go; begins and ends stretches."""
        judged = self._judged(epoch, end_us)
        if judged:
            self._leave_late(start_us)
        elif self.policy.fail_open:
            if not self._failing_open:
                self._failing_open = True
                self._facts.append(self._withheld.begin("fail_open", start_us))
        elif not self.late:
            self.late = True
            self._facts.append(self._withheld.begin("late", start_us))
        return not self.panicking and not self.late

    def _judged(self, epoch: _Epoch, end_us: int) -> bool:
        ahead_us = self.policy.pad_us + (self.policy.recover_margin_us if self.late else 0)
        if self.watermark_us >= end_us + ahead_us:
            return True
        # Nothing follows the end of a closed epoch whose padding could reach back into it.
        return epoch.closed is not None and self.watermark_us >= epoch.closed.end_us >= end_us

    def _leave_late(self, at_us: int) -> None:
        if self.late:
            self.late = False
            self._end_stretch("late", at_us)
        if self._failing_open:
            self._failing_open = False
            self._end_stretch("fail_open", at_us)

    def _end_stretch(self, kind: StretchKind, at_us: int) -> None:
        ended = self._withheld.end(kind, at_us)
        if ended is not None:
            self._facts.append(ended)
