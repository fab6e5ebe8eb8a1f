"""One broadcast's whole line: ingest, preview, gate, mixer, segments, recordings. Time is passed in through ``step``.

``Driver`` runs a line on the event loop: it wakes at the moment the gate's next unit is due, not on a tick.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

import structlog

from tallylight.foundation.clock import Clock, samples_to_us
from tallylight.media.air_mixer import AirMixer
from tallylight.media.air_outputs import AirOutputs
from tallylight.media.delay_gate import DelayGate, GateFact, Released
from tallylight.media.ingest import Ingest, SourceSound
from tallylight.media.kept_sound import KeptSound
from tallylight.media.left_behind import LeftWindow
from tallylight.media.live_window import LiveWindow, SegmentKeepers
from tallylight.media.preview import Preview
from tallylight.media.recording import Recorder, recording_dir
from tallylight.media.release_policy import GatePolicy
from tallylight.media.review_sound import PacketRun
from tallylight.media.segment_files import SegmentFiles
from tallylight.media.segmenter import Segmenter
from tallylight.media.slate import SlateShelf
from tallylight.media.slate_card import PLAIN, SlateLook
from tallylight.media.units import AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ, EpochClosed, EpochOpened, Unit

log = structlog.get_logger()

AHEAD_MAX_US = 1_000_000
"""A publisher whose programme runs this far ahead of the clock is made to wait."""
HELD_BYTES_MAX = 256 << 20
STEP_US = 40_000
STEP_US_MAX = 200_000
"""Steps that fall due by the clock are at least, and at most, this far apart. Pictures and sound come fifty to a
hundred times a second and each waking costs more than the work; viewers get them in parts of a sixth of a second, so a
line waits for the moment at which the part that grows will be whole."""
HELD_SOUND_US = 2 * samples_to_us(AAC_FRAME_SAMPLES, SAMPLE_RATE_HZ) + 3_000
"""A part's last sound leaves with the frame after it, and a frame is released when it is over; stamps are rounded."""


@dataclass(frozen=True, slots=True)
class LeftLine:
    """What another process left of a broadcast. A dead one's gate is gone: what it held was never decided, so it never
    airs. ``aired`` is None as long as the other still plays out what it holds.
    """

    aired: LeftWindow | None
    original: LeftWindow

    @property
    def until_us(self) -> int:
        """Programme time up to which anything is kept: what follows comes after it."""
        return max(self.aired.until_us if self.aired else 0, self.original.until_us)


class AirListener(Protocol):
    """Who must know what happens on the line."""

    def epoch_opened(self, opened: EpochOpened) -> None: ...

    def epoch_closed(self, closed: EpochClosed) -> None: ...

    def review_packets(self, run: PacketRun) -> None: ...

    def review_sound(self, at_us: int, pcm: bytes) -> None: ...

    def released(self, released: list[Released], facts: list[GateFact]) -> None: ...


class AirLine:
    """Feed ``ingest``; give verdicts to ``gate``; call ``step`` when ``gate.next_due_us`` has come."""

    def __init__(
        self,
        broadcast_id: UUID,
        policy: GatePolicy,
        clock: Clock,
        listener: AirListener,
        slates: SlateShelf,
        recordings_dir: Path,
        slate: SlateLook = PLAIN,
        left: LeftLine | None = None,
    ) -> None:
        self.broadcast_id = broadcast_id
        self.gate = DelayGate(policy)
        self.ingest = Ingest(clock, self)
        files = SegmentFiles()
        self.aired_recorder = Recorder(recording_dir(recordings_dir, broadcast_id, "aired"), files)
        self.original_recorder = Recorder(recording_dir(recordings_dir, broadcast_id, "original"))
        self.preview = Preview(self.original_recorder, left.original if left else None)
        self.kept_sound = KeptSound()
        self.keepers = SegmentKeepers(self.aired_recorder)
        self.window = LiveWindow(self._programme_us, self.keepers, left=left.aired if left else None, files=files)
        self.on_due_changed: Callable[[], None] = lambda: None
        self._segmenter = Segmenter(self.window)
        self.outputs = AirOutputs(self._segmenter)
        self._mixer = AirMixer(self.outputs, slates, slate)
        self._clock = clock
        self._listener = listener
        if left is not None:
            self.ingest.timeline.end_us = self.gate.released_us = left.until_us

    # -- IngestListener

    def unit(self, unit: Unit) -> None:
        self.preview.unit(unit, self.ingest.asc)
        due_changed = self.gate.put(unit)
        if isinstance(unit, EpochOpened):
            self._listener.epoch_opened(unit)
        elif isinstance(unit, EpochClosed):
            self._listener.epoch_closed(unit)
        if due_changed:
            self.on_due_changed()

    def source_sound(self, sound: SourceSound) -> None:
        self.preview.source_sound(sound)

    def review_packets(self, run: PacketRun) -> None:
        self.kept_sound.add_packets(run)
        self._listener.review_packets(run)

    def review_sound(self, at_us: int, pcm: bytes) -> None:
        self.kept_sound.add(at_us, pcm)
        self._listener.review_sound(at_us, pcm)

    # -- air

    def step(self, now_us: int) -> None:
        """Release what is due."""
        released, facts = self.gate.step(now_us)
        if released or facts:
            self._mixer.air(released)
            self._listener.released(released, facts)

    def part_due_us(self) -> int | None:
        """The wall time at which the part that grows can be whole; None while none does."""
        full = self._segmenter.full_ticks()
        return None if full is None else self.gate.due_us(self._programme_us(full) + HELD_SOUND_US)

    def go_on_air(self, aired: LeftWindow) -> None:
        """The other process has played out: what is held here follows it."""
        self.window.go_on(aired)

    def hand_over_camera(self) -> None:
        """Nothing more comes in. The original's segments are closed; what is held airs from here."""
        self.ingest.publisher_changed()
        self.preview.finish()
        self.preview.window.move()

    def hand_over_air(self) -> None:
        """All that was held has aired: close the segment where it stands, for another process to go on."""
        self._mixer.finish()
        self.window.move()

    def finish(self) -> None:
        """Close the segments where they stand. What the gate still holds stays inside."""
        self._mixer.finish()
        self.preview.finish()
        self.window.end()
        self.preview.window.end()

    @property
    def ahead_us(self) -> int:
        """How far the newest sample lies ahead of the clock."""
        return self.ingest.newest_us - self._clock.now_us()

    @property
    def overfull(self) -> bool:
        return self.gate.held_bytes > HELD_BYTES_MAX

    def _programme_us(self, ticks: int) -> int:
        return self._mixer.programme_us(ticks)


class Timer(Protocol):
    def cancel(self) -> None: ...


CallLater = Callable[[float, Callable[[], None]], Timer]
"""Seconds from now, and what to do then."""


class Driver:
    """Steps a line whenever something is due, on the running event loop unless ``call_later`` is another's.

    ``held``: not before ``begin``: another process is still on air.
    """

    def __init__(self, line: AirLine, clock: Clock, call_later: CallLater | None = None, *, held: bool = False) -> None:
        self._line = line
        self._held = held
        self._clock = clock
        self._call_later = call_later or asyncio.get_running_loop().call_later
        self._timer: Timer | None = None
        self._due_us: int | None = None
        self._stepping = False
        self._stepped_us = 0
        line.on_due_changed = self.reschedule

    def reschedule(self) -> None:
        """Set the timer to the gate's next due moment; cheap when that has not changed."""
        if self._stepping or self._held:
            return
        due_us = self._line.gate.next_due_us()
        if due_us == self._due_us and self._timer is not None:
            return
        self.stop()
        self._due_us = due_us
        if due_us is not None:
            part_us = min(self._line.part_due_us() or 0, self._stepped_us + STEP_US_MAX)
            wait_us = max(max(due_us, part_us, self._stepped_us + STEP_US) - self._clock.now_us(), 0)
            self._timer = self._call_later(wait_us / 1_000_000, self._run)

    def begin(self) -> None:
        """From now on; what fell due meanwhile airs at once."""
        self._held = False
        self._run()

    def step_now(self) -> None:
        """Step at once: a command or a span's passing may have changed what is to be told."""
        if not self._held:
            self._run()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._due_us = None, None

    def _run(self) -> None:
        self.stop()
        self._stepping = True
        now_us = self._stepped_us = self._clock.now_us()
        try:
            self._line.step(now_us)
        except Exception:
            # Nothing goes out that was not decided: cover from here on rather than stop or leak.
            log.exception("air line failed; covering")
            self._line.gate.panic()
        finally:
            self._stepping = False
        self.reschedule()
