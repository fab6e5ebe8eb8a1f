"""Drives an air line in virtual time: a source is pushed at its own pace, the gate stepped when something is due."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from tallylight.foundation.clock import ManualClock
from tallylight.media.air_line import AirLine
from tallylight.media.delay_gate import DelayGate, GateFact, Released
from tallylight.media.release_policy import GatePolicy
from tallylight.media.review_sound import HeardSound, PacketEar, PacketRun
from tallylight.media.slate import SlateShelf
from tallylight.media.units import EpochClosed, EpochOpened
from tests.media.aired import Aired, decode_playlist
from tests.media.sources import FlvMessage, Source

SLATES = SlateShelf()


@dataclass
class Watcher:
    """An AirListener that notes everything; as a reviewer it judges what ``judge_lag_us`` lets it."""

    facts: list[GateFact] = field(default_factory=list)
    opened: list[EpochOpened] = field(default_factory=list)
    closed: list[EpochClosed] = field(default_factory=list)
    tapped: list[tuple[int, bytes] | PacketRun] = field(default_factory=list)

    def epoch_opened(self, opened: EpochOpened) -> None:
        self.opened.append(opened)

    def epoch_closed(self, closed: EpochClosed) -> None:
        self.closed.append(closed)

    def review_packets(self, run: PacketRun) -> None:
        self.tapped.append(run)

    def review_sound(self, at_us: int, pcm: bytes) -> None:
        self.tapped.append((at_us, pcm))

    @property
    def heard(self) -> list[HeardSound]:
        """What a recogniser makes of it."""
        ear = PacketEar()
        heard: list[HeardSound] = []
        for each in self.tapped:
            if isinstance(each, PacketRun):
                heard += ear.hear(each)
            else:
                heard += [*ear.rest(), HeardSound(*each)]
        return [*heard, *ear.rest()]

    def released(self, released: list[Released], facts: list[GateFact]) -> None:
        self.facts.extend(facts)


class VirtualAir:
    """A line with a manual clock. ``judging`` says whether the pretended recogniser keeps up at all.

    ``decoding``: whether it decodes the sound to tell what it cannot hear, as the speech process does.
    """

    def __init__(
        self,
        folder: Path,
        *,
        delay_us: int = 2_000_000,
        fail_open: bool = False,
        lag_us: int = 500_000,
        selective: bool = True,
        decoding: bool = True,
    ):
        self.clock = ManualClock()
        self.watcher = Watcher()
        self.lag_us = lag_us
        self.judging = True
        self._ear = PacketEar() if decoding else None
        self._listened = 0
        self.line = AirLine(
            UUID(int=7),
            GatePolicy(delay_us, fail_open=fail_open, selective_sound=selective),
            self.clock,
            self.watcher,
            SLATES,
            folder,
        )

    @property
    def gate(self) -> DelayGate:
        return self.line.gate

    def configure(self, source: Source) -> None:
        for message in source.configs:
            self.give(message)

    def give(self, message: FlvMessage) -> None:
        take = self.line.ingest.video if message.kind == "video" else self.line.ingest.audio
        take(message.timestamp_ms, message.payload)

    def push(self, messages: tuple[FlvMessage, ...], start_ms: int | None = None) -> None:
        """Give each message when the clock stands where its stamp says, relative to the first."""
        first_ms = messages[0].timestamp_ms if start_ms is None else start_ms
        began_us = self.clock.now_us()
        for message in messages:
            self.until(began_us + (message.timestamp_ms - first_ms) % 2**32 * 1000)
            self.give(message)

    def publish(self, source: Source) -> None:
        self.configure(source)
        self.push(source.messages)

    def leave(self) -> None:
        """The publisher's connection is gone."""
        self.line.ingest.publisher_changed()

    def until(self, now_us: int) -> None:
        """Let time pass, stepping exactly when something is due."""
        while (due := self.line.gate.next_due_us()) is not None and due <= now_us:
            self.clock.advance(max(due - self.clock.now_us(), 0))
            self._judge()
            self.line.step(self.clock.now_us())
        self.clock.advance(max(now_us - self.clock.now_us(), 0))
        self._judge()

    def wait(self, microseconds: int) -> None:
        self.until(self.clock.now_us() + microseconds)

    def drain(self) -> None:
        """Let the delay pass for all that is held."""
        self.wait(self.line.gate.policy.delay_us + 1_000_000)

    def _judge(self) -> None:
        if self.judging:
            self._tell_unheard()
            heard_us = self.line.ingest.newest_us
            at_rest = self.watcher.closed and self.watcher.closed[-1].end_us == heard_us
            judged = heard_us if at_rest else min(heard_us, self.clock.now_us()) - self.lag_us
            self.line.gate.advance_watermark(judged)

    def _tell_unheard(self) -> None:
        tapped = self.watcher.tapped[self._listened :]
        self._listened += len(tapped)
        for run in tapped:
            if self._ear is not None and isinstance(run, PacketRun):
                for start_us, end_us in (each for sound in self._ear.hear(run) for each in sound.unheard):
                    self.line.gate.unheard(start_us, end_us)

    # -- what viewers can get

    def playlist(self, *, low_latency: bool = False) -> str:
        return self.line.window.playlist(low_latency=low_latency)

    def fetch(self, name: str) -> bytes:
        body = self.line.window.get(name)
        assert body is not None, f"{name} is listed and not there"
        return bytes(body)

    def aired(self) -> Aired:
        """Everything in the low-latency playlist, decoded."""
        return decode_playlist(self.playlist(low_latency=True), self.fetch)
