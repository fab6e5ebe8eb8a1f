"""One randomised run of an air line in virtual time under faults, and an auditor that trusts nothing inside it.

The faults: the publisher dies, stalls, comes back, leaps in time, sends late, twice, out of order or not at all; the
recogniser lags, hangs and recovers; the desk presses every key; the disk refuses; the process ends without a word.
The auditor knows only what came in (``gate.put``), what was judged and asked for, and the bytes that viewers and the
recording got. It counts *samples aired unreviewed*: sound that is audible where it may not be, and for each picture
that may not be seen the samples that it lasts.
"""

import random
import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import UUID

import numpy as np

from tallylight.foundation.clock import samples_to_us, us_to_samples
from tallylight.media.air_sound import air_asc
from tallylight.media.bleep import SILENCE
from tallylight.media.delay_gate import GateFact, Released, ReleasedSound
from tallylight.media.errors import StreamRefusedError
from tallylight.media.release_policy import WithheldSpan
from tallylight.media.segmenter import Part
from tallylight.media.sound import AAC_FRAME_SAMPLES, SoundDecoder
from tallylight.media.units import SAMPLE_RATE_HZ, AudioUnit, EpochOpened, Unit, VideoUnit
from tests.media.fragments import read_fragments
from tests.media.lines import VirtualAir
from tests.media.sources import FlvMessage, Source, source_of

SECOND = 1_000_000
AUDIBLE = 0.02
EDGE_SAMPLES = 240
"""What lies this near to an edge is the business of gate_accuracy."""
EPOCHS_MAX = 4
SOURCE_S = 4


@cache
def noise(number: int) -> Source:
    """A source like no other: audible everywhere, and every packet its own."""
    rng = np.random.default_rng(number)
    mono = np.convolve(rng.standard_normal(SOURCE_S * SAMPLE_RATE_HZ), np.ones(8) / 8, "same").astype(np.float32) * 0.4
    source = source_of(np.stack([mono, mono]), fps=10, width=64, height=64)
    marked = tuple(
        replace(m, payload=m.payload[:5] + _marked(m.payload[5:], number, index)) if m.kind == "video" else m
        for index, m in enumerate(source.messages)
    )
    return replace(source, messages=marked)


def _marked(data: bytes, number: int, index: int) -> bytes:
    """The picture with a NAL unit of no meaning (type 12, filler) that tells it from all others."""
    filler = b"\x0c" + number.to_bytes(2, "big") + index.to_bytes(4, "big") + b"\xff\x80"
    return data + len(filler).to_bytes(4, "big") + filler


class FaultRun:
    """``play`` once; then ``unreviewed_samples`` and ``complaints``."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.complaints: list[str] = []
        self.unreviewed_samples = 0
        self.parts = 0
        self.reviewed_packets = 0
        self._folder = Path(tempfile.mkdtemp(prefix="tallylight-faults-"))
        self._delay_us = self.chance.choice((1_000_000, 2_000_000, 3_000_000))
        self._air = air = VirtualAir(
            self._folder, delay_us=self._delay_us, lag_us=self.chance.randrange(100_000, 900_000)
        )
        air.gate.policy = replace(air.gate.policy, filling=SILENCE)
        self._origin_us = 0
        self._judged_us = 0
        self._pictures: dict[bytes, VideoUnit] = {}
        self._packets: dict[bytes, AudioUnit] = {}
        self._spans: dict[UUID, WithheldSpan] = {}
        self._mutes: list[tuple[int, int]] = []
        self._covers: list[tuple[int, int, int]] = []
        """From, until, and from where on pictures were not decided yet when it was asked for."""
        self._panic_from_us: int | None = None
        self._cover_from_us: int | None = None
        self._cough_from_us: int | None = None
        self._cough_until_us = 0
        self._aired: list[tuple[int, bytes]] = []
        self._served: set[bytes] = set()
        self._segment = b""
        self._watch()

    # -- the auditor's ears: at the gate's entry, at the verdicts, at what is served

    def _watch(self) -> None:
        gate, window, watcher = self._air.line.gate, self._air.line.window, self._air.watcher
        put, advance, part, ended = gate.put, gate.advance_watermark, window.part, window.segment_ended
        released = watcher.released

        def put_in(unit: Unit) -> bool:
            if isinstance(unit, EpochOpened):
                self._origin_us = self._origin_us or unit.origin_us
            elif isinstance(unit, VideoUnit):
                self._pictures[unit.data] = unit
            elif isinstance(unit, AudioUnit) and unit.packet is not None:
                self._packets[unit.packet] = unit
            return put(unit)

        def judged(judged_us: int) -> None:
            self._judged_us = max(self._judged_us, judged_us)
            advance(judged_us)

        def on_part(served: Part) -> None:
            self._audit_part(served.data)
            self._segment += served.data
            part(served)

        def on_end() -> None:
            self._served.add(self._segment)
            self._segment = b""
            ended()

        def on_released(items: list[Released], facts: list[GateFact]) -> None:
            self._note_unjudged(items)
            released(items, facts)

        gate.put, gate.advance_watermark = put_in, judged  # type: ignore[method-assign]
        window.part, window.segment_ended = on_part, on_end  # type: ignore[method-assign, assignment]
        watcher.released = on_released  # type: ignore[method-assign, assignment]

    def _note_unjudged(self, items: list[Released]) -> None:
        for item in items:
            if isinstance(item, ReleasedSound):
                start_us, end_us = (self._time(at) for at in (item.start, item.start + item.pcm.shape[1]))
                panic = self._panic_from_us is not None and start_us >= self._panic_from_us
                if panic or end_us > self._judged_us:
                    self._mutes.append((start_us, end_us))
                if end_us > self._air.clock.now_us() - self._air.gate.delay_us_at(self._air.clock.now_us()):
                    self._complain("sound left before its time", item.pcm.shape[1])

    def _audit_part(self, data: bytes) -> None:
        self.parts += 1
        fragment = read_fragments(data)
        now_us = self._air.clock.now_us()
        newest_us = now_us - self._air.gate.delay_us_at(now_us)
        for _, picture in fragment.pictures:
            unit = self._pictures.get(picture)
            if unit is None:
                continue  # the slate's
            samples = us_to_samples(unit.duration_us, SAMPLE_RATE_HZ)
            if unit.pts_us > newest_us:
                self._complain("a picture left before its time", samples)
            if unit.shown_until_us > self._judged_us:
                self._complain("a picture aired unjudged", samples)
            if self._hidden(unit.pts_us, unit.shown_until_us):
                self._complain("a covered picture aired", samples)
        for pts, packet in fragment.sounds:
            self._aired.append((pts, packet))
            sound = self._packets.get(packet)
            if sound is not None:
                self.reviewed_packets += 1
                self._audit_packet(sound, newest_us)

    def _audit_packet(self, sound: AudioUnit, newest_us: int) -> None:
        """A source packet carries its own frame and half of the next one."""
        start_us, end_us = self._time(sound.start), self._time(sound.end + AAC_FRAME_SAMPLES)
        if end_us > newest_us:
            self._complain("a packet left before its time", AAC_FRAME_SAMPLES)
        if end_us > self._judged_us:
            self._complain("a packet aired unjudged", AAC_FRAME_SAMPLES)
        spans = [(s.start_us, s.end_us) for s in self._spans.values() if s.action != "none"]
        if any(start < end_us and start_us < end for start, end in spans + self._mutes):
            self._complain("a packet that carries withheld sound aired", AAC_FRAME_SAMPLES)

    def _hidden(self, start_us: int, end_us: int) -> bool:
        spans = [(s.start_us, s.end_us) for s in self._spans.values() if s.action == "cover"]
        if any(start < end_us and start_us < end for start, end in spans):
            return True
        if any(start < end_us and undecided <= start_us < end for start, end, undecided in self._covers):
            return True
        return any(since is not None and start_us >= since for since in (self._panic_from_us, self._cover_from_us))

    def _complain(self, what: str, samples: int) -> None:
        self.complaints.append(what)
        self.unreviewed_samples += samples

    def _time(self, sample: int) -> int:
        return self._origin_us + samples_to_us(sample, SAMPLE_RATE_HZ)

    # -- the run

    def play(self) -> "FaultRun":
        try:
            for number in range(self.chance.randint(1, EPOCHS_MAX)):
                self._publish(noise(number))
                if self.chance.random() < 0.3:
                    self._air.wait(self.chance.randrange(3 * SECOND))
            if self.chance.random() < 0.7:
                self._air.drain()
            if self.chance.random() < 0.5:
                self._air.line.finish()
            self._audit_sound()
            self._audit_recording()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        return self

    def _publish(self, source: Source) -> None:
        air, chance = self._air, self.chance
        messages = self._garbled(source.messages)
        leaps_at, leap_ms = chance.randrange(8_000), chance.choice((-5_000, -1_500, 2_500, 60_000, 2**31))
        dies_at = chance.randrange(500, SOURCE_S * 2_000)
        began_us = air.clock.now_us()
        try:
            air.configure(source)
            for message in messages:
                stamp = message.timestamp_ms
                if stamp > dies_at:
                    break
                air.until(max(began_us + stamp * 1000, air.clock.now_us()))
                self._something_happens()
                shift = leap_ms if stamp >= leaps_at else 0
                air.give(replace(message, timestamp_ms=(stamp + shift) % 2**32))
        except StreamRefusedError:
            pass
        air.leave()

    def _garbled(self, messages: tuple[FlvMessage, ...]) -> list[FlvMessage]:
        """Some lost, some twice, some out of order; sound late by a while."""
        chance = self.chance
        sent = list(messages)
        if chance.random() < 0.3:
            late = chance.randrange(900)
            sent.sort(key=lambda m: m.timestamp_ms + (late if m.kind == "audio" else 0))
        if chance.random() < 0.3:
            sent = [m for m in sent if chance.random() > 0.03]
        if chance.random() < 0.3:
            first = chance.randrange(SOURCE_S * 1000)
            sent = [m for m in sent if m.kind == "video" or not first <= m.timestamp_ms < first + 700]
        if chance.random() < 0.2:
            for _ in range(8):
                at = chance.randrange(len(sent) - 1)
                sent[at], sent[at + 1] = sent[at + 1], sent[at]
        return sent

    def _something_happens(self) -> None:
        air, chance = self._air, self.chance
        if chance.random() > 0.06:
            return
        match chance.choice(("stall", "lag", "hang", "hear", "hear", "span", "span", "span", "clear", "panic",
                             "uncover", "uncover", "cover", "dump", "cough", "breathe", "delay", "disk")):  # fmt: skip
            case "stall":
                air.wait(chance.randrange(1_500_000))
            case "lag":
                air.lag_us = chance.randrange(100_000, 2 * self._delay_us)
            case "hang":
                air.judging = False
            case "hear":
                air.judging = True
            case "span":
                start_us = self._earliest_us() + chance.randrange(900_000)
                span = WithheldSpan(
                    UUID(int=chance.getrandbits(120)), start_us, start_us + chance.randrange(1, 900_000),
                    chance.choice(("bleep", "cover")),
                )  # fmt: skip
                self._spans[span.id] = span
                air.gate.withhold(span)
            case "clear" if self._spans:
                span_id = chance.choice(list(self._spans))
                if air.gate.decide(span_id, "none"):
                    del self._spans[span_id]
            case "panic":
                if self._panic_from_us is None:
                    self._panic_from_us = self._undecided_us()
                air.gate.panic()
            case "uncover":
                self._panic_from_us = self._cover_from_us = None
                air.gate.uncover()
            case "cover":
                if self._cover_from_us is None:
                    self._cover_from_us = self._undecided_us()
                air.gate.cover()
            case "dump":
                newest_us = air.line.ingest.newest_us
                from_us = max(newest_us - chance.randrange(SECOND, 4 * SECOND), air.gate.released_us)
                if air.gate.dump(from_us, newest_us):
                    self._mutes.append((from_us, newest_us))
                    self._covers.append((from_us, newest_us, self._undecided_us()))
            case "cough" if self._cough_from_us is None:
                now_us = air.line.ingest.newest_us
                self._cough_from_us = max(now_us - 400_000, air.gate.released_us)
                self._cough_until_us = now_us + 12 * SECOND
                air.gate.cough(now_us - 400_000, self._cough_until_us)
            case "breathe" if self._cough_from_us is not None:
                until_us = air.line.ingest.newest_us
                self._cough_ends(max(until_us, air.gate.released_us))
                air.gate.end_cough(until_us)
            case "delay":
                air.gate.change_delay(chance.choice((500_000, 1_000_000, 2_000_000, 4_000_000)), air.clock.now_us())
            case "disk":
                _break_disk(air)

    def _cough_ends(self, until_us: int) -> None:
        """By hand, or before that by itself."""
        assert self._cough_from_us is not None
        self._mutes.append((self._cough_from_us, min(until_us, self._cough_until_us)))
        self._cough_from_us = None

    def _undecided_us(self) -> int:
        """Pictures from here on are not decided yet: one is when it begins to be shown."""
        now_us = self._air.clock.now_us()
        return now_us - self._air.gate.delay_us_at(now_us) + 1

    def _earliest_us(self) -> int:
        """A promise of the reviewer's: no word that is to be withheld begins before the watermark, and its padding
        reaches back no further than into what was not yet judged to its end.
        """
        ended_us = max((c.end_us for c in self._air.watcher.closed if c.end_us <= self._judged_us), default=0)
        return max(self._judged_us - self._air.gate.policy.pad_us, self._origin_us, ended_us)

    # -- afterwards

    def _audit_sound(self) -> None:
        """Decode what aired, as it aired, and listen where nothing may be heard."""
        if not self._aired:
            return
        if self._cough_from_us is not None:
            self._cough_ends(self._air.line.ingest.newest_us)
        end = max(pts for pts, _ in self._aired) + AAC_FRAME_SAMPLES
        heard, forbidden = np.zeros(end, np.float32), np.zeros(end, np.bool_)
        decoder, expected = SoundDecoder(air_asc(), SAMPLE_RATE_HZ), None
        for pts, packet in sorted(self._aired):
            if pts != expected:
                decoder = SoundDecoder(air_asc(), SAMPLE_RATE_HZ)
            expected = pts + AAC_FRAME_SAMPLES
            heard[pts:expected] = decoder.decode(packet)[0][: end - pts]
        spans = [(s.start_us, s.end_us) for s in self._spans.values() if s.action != "none"]
        for start_us, end_us in _merged(spans + self._mutes):
            first, last = (us_to_samples(max(at - self._origin_us, 0), SAMPLE_RATE_HZ) for at in (start_us, end_us))
            forbidden[first + EDGE_SAMPLES : max(last - EDGE_SAMPLES, 0)] = True
        audible = int(np.count_nonzero(forbidden & (np.abs(heard) > AUDIBLE)))
        if audible:
            self._complain("withheld sound is heard", audible)

    def _audit_recording(self) -> None:
        """A recording holds what was served and nothing else, however the process ended."""
        recorder = self._air.line.aired_recorder
        recorder.finish()
        self._air.line.original_recorder.finish()
        for path in recorder.folder.glob("s*.m4s"):
            kept = path.read_bytes()
            if kept not in self._served and not self._segment.startswith(kept):
                self._complain("the recording holds what was not served", SAMPLE_RATE_HZ)


def _merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _break_disk(air: VirtualAir) -> None:
    def refuse(_: object) -> None:
        raise OSError("no space left on device")

    air.line.aired_recorder._begin = refuse  # type: ignore[method-assign, assignment]
