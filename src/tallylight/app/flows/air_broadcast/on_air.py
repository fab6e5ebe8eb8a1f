"""One show on air: its line, its publisher, its reviewer, and what the world is told of it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import structlog

from tallylight.app.flows.air_broadcast.captions import Captions, CaptionWord
from tallylight.app.flows.air_broadcast.gate_status import gate_status
from tallylight.app.flows.air_broadcast.recognition_lag import RecognitionLag
from tallylight.app.flows.air_broadcast.record_of_air import RecordOfAir
from tallylight.app.flows.air_broadcast.review_client import ReviewClient
from tallylight.app.review_link import FromSpeech, Unheard, Watermark, Withhold, Words
from tallylight.foundation.clock import Clock
from tallylight.foundation.ids import BroadcastId
from tallylight.media.air_line import AHEAD_MAX_US, AirLine, Driver, LeftLine
from tallylight.media.air_look import AirLook
from tallylight.media.amf import AmfValue
from tallylight.media.delay_gate import GateFact, Released
from tallylight.media.errors import StreamRefusedError
from tallylight.media.input_meter import InputMeter
from tallylight.media.left_behind import LeftWindow
from tallylight.media.relay.relays import Relays
from tallylight.media.relay.target import Target
from tallylight.media.release_policy import Action, WithheldSpan, pad_span
from tallylight.media.review_sound import PacketRun
from tallylight.media.rtmp_connection import Publisher
from tallylight.media.slate import SlateShelf
from tallylight.media.store.open_store import Put
from tallylight.media.store.pusher import StorePusher
from tallylight.media.stream_address import new_stream_token
from tallylight.media.units import EpochClosed, EpochOpened
from tallylight.media.withheld import SpanAired
from tallylight.shows.types import GateCommand, Show

log = structlog.get_logger()

SILENT_PUBLISHER_US = 5_000_000
"""A publisher silent for this long may be replaced by another."""
GONE_US = 30_000_000
"""A broadcast whose publisher stays away for this long is over."""
LONG_GROUP_US = 2_500_000
STORE_HAND_OVER_S = 8.0
"""What is not in the store by then, the process that goes on pushes again."""
COUGH_LEAD_US = 400_000
"""A person presses the key some tenths of a second after it was needed, and the delay still holds them."""
COUGH_US_MAX = 30_000_000
"""A key that was never let go of, because its browser went away, mutes no longer."""
_WORDS_MAX = 1_000
_DECISIONS_MAX = 1_000
_ACTIONS: dict[str, Action] = {"clear": "none", "bleep": "bleep", "cover": "cover"}


@dataclass(frozen=True, slots=True)
class LeftOnAir:
    """A broadcast that another media process left on air: it died, or hands it over. ``commands``: those of the desk
    that stand; ``after_command``: the last of all that it gave.
    """

    token: str
    started_us: int
    delay_ms: int
    line: LeftLine
    commands: Sequence[GateCommand]
    after_command: int


class OnAir:
    """Created when a publisher is accepted; on record from its first picture on. Or with what is ``left`` of it."""

    def __init__(
        self,
        show: Show,
        broadcast_id: BroadcastId,
        clock: Clock,
        record: RecordOfAir,
        slates: SlateShelf,
        *,
        recordings_dir: Path,
        speech_socket: Path,
        look: AirLook,
        after_command: int = 0,
        targets: Mapping[UUID, Target] | None = None,
        left: LeftOnAir | None = None,
        put: Put | None = None,
    ) -> None:
        self.show = show
        self.broadcast_id = broadcast_id
        self.token = left.token if left else new_stream_token()
        self.last_command = after_command
        self.started_us: int | None = left.started_us if left else None
        self.ending = False
        self.leaving = False
        """Whether another process has the camera, and only what is held here is still to air."""
        self.waiting_for_air = left is not None and left.line.aired is None
        """Whether another process still airs what it holds; what comes in here is held until it has."""
        self.message: str | None = None
        self.look = look
        policy = look.policy(delay_ms=left.delay_ms if left else show.delay_ms, fail_open=show.fail_open)
        left_line = left.line if left else None
        self.line = AirLine(broadcast_id, policy, clock, self, slates, recordings_dir, look.slate, left_line)
        self.review = ReviewClient(speech_socket, broadcast_id, show.id, self._reviewed)
        self.meter = InputMeter()
        self.recognition_lag = RecognitionLag()
        self._driver = Driver(self.line, clock, held=self.waiting_for_air)
        self._clock = clock
        self._record = record
        self._slates = slates
        self._publisher: Publisher | None = None
        self._heard_us = clock.now_us()
        self._left_us = clock.now_us()
        self._words: deque[tuple[int, int]] = deque(maxlen=_WORDS_MAX)
        self._decisions: dict[UUID, Action] = {}
        self._captions = Captions()
        self._aired_first = self.line.window.started
        self.relays = Relays()
        self.relayed_to: set[UUID] = set()
        self._targets = targets or {}
        if not self.waiting_for_air:
            self.relays.set_targets(self._targets)
        self.line.outputs.add(self.relays)
        self.store: StorePusher | None = None
        if put is not None:
            self.store = StorePusher(put, broadcast_id, self.token)
            self.line.keepers.add(self.store)
            self.pushing = asyncio.create_task(self.store.run())
            if left is not None and left.line.aired is not None:
                self.store.go_on(left.line.aired)
        self._tasks = {asyncio.create_task(self.review.run(lambda: self.line.gate.released_us))}
        if left is not None:
            self._stand_as_left(left.commands)

    def _stand_as_left(self, commands: Sequence[GateCommand]) -> None:
        """Give the gate again what still holds of the desk's commands: a show that was covered comes back covered."""
        gate = self.line.gate
        for command in commands:
            match command.kind:
                case "panic":
                    gate.panic()
                case "cover_picture":
                    gate.cover()
                case "uncover":
                    gate.uncover()
                case "delay" if command.amount_ms is not None:
                    gate.set_delay(command.amount_ms * 1000)
                case "end":
                    self.ending = True

    # -- a move

    def leave(self) -> None:
        """Another process is to go on: nothing more comes in here, what is held airs from here at its full delay."""
        self.leaving = True
        self._drop_publisher()
        self.line.hand_over_camera()
        self.review.hear_out()

    def go_on_air(self, aired: LeftWindow) -> None:
        """The process before has aired all that it held, or is dead: air goes on from here."""
        self.waiting_for_air = False
        self.line.go_on_air(aired)
        self._aired_first = self.line.window.started
        if self.store is not None:
            self.store.go_on(aired)
        self.set_targets(self._targets)
        self._driver.begin()

    def set_targets(self, targets: Mapping[UUID, Target]) -> None:
        """Where else the show goes. A destination takes one stream: the process on air has it."""
        self._targets = targets
        if not self.waiting_for_air:
            self.relays.set_targets(targets)

    # -- the publisher

    @property
    def publisher_is_active(self) -> bool:
        return self._publisher is not None and self._clock.now_us() - self._heard_us < SILENT_PUBLISHER_US

    def attach(self, publisher: Publisher) -> "PublisherSink":
        """A new publisher takes the line; one that was there and fell silent is dropped."""
        silent, self._publisher = self._publisher, publisher
        if silent is not None:
            silent.close()
        self.line.ingest.publisher_changed()
        self._heard_us = self._clock.now_us()
        self.message = None
        return PublisherSink(self, publisher)

    def detach(self, publisher: Publisher) -> None:
        if self._publisher is not publisher:
            return
        self._publisher = None
        self._left_us = self._clock.now_us()
        self.line.ingest.publisher_changed()

    def heard_from(self, publisher: Publisher, size: int, *, picture: bool) -> bool:
        """Note that media came; False when this publisher has been replaced."""
        if self._publisher is not publisher:
            return False
        self._heard_us = self._clock.now_us()
        self.meter.count(self._heard_us, size, picture=picture)
        return True

    def hold_back(self, publisher: Publisher) -> None:
        """Make a publisher wait whose programme runs ahead of the clock, or end one that the gate cannot hold."""
        if self.line.overfull:
            raise StreamRefusedError("The stream's bitrate is too high for the delay. Lower its bitrate.")
        ahead_us = self.line.ahead_us
        if ahead_us > AHEAD_MAX_US:
            publisher.pause()
            asyncio.get_running_loop().call_later((ahead_us - AHEAD_MAX_US // 2) / 1_000_000, publisher.resume)

    def refused(self, error: StreamRefusedError) -> None:
        self.message = error.description
        self._record.host_told(self, error.description)

    # -- the desk

    def command(self, command: GateCommand) -> bool:
        """Do what the desk asked; False when it came too late to change anything."""
        gate = self.line.gate
        applied = True
        match command.kind:
            case "panic":
                gate.panic()
            case "uncover":
                gate.uncover()
            case "cover_picture":
                gate.cover()
            case "dump" if command.amount_ms is not None:
                applied = gate.dump(self._camera_us(command.given_us) - command.amount_ms * 1000, self._newest_us())
            case "cough":
                camera_us = self._camera_us(command.given_us)
                gate.cough(camera_us - COUGH_LEAD_US, camera_us + COUGH_US_MAX)
            case "cough_end":
                gate.end_cough(self._newest_us())
            case "delay" if command.amount_ms is not None:
                gate.change_delay(command.amount_ms * 1000, self._clock.now_us())
            case "end":
                self.end()
            case "clear" | "bleep" | "cover" if command.finding_id is not None:
                action = _ACTIONS[command.kind]
                applied = gate.decide(command.finding_id, action) or self._withhold_noted(command, action)
                while len(self._decisions) >= _DECISIONS_MAX:
                    del self._decisions[next(iter(self._decisions))]
                self._decisions[command.finding_id] = action
        if self._answers_for(command, applied=applied):
            self._record.command(self, command, applied=applied)
        self._driver.step_now()
        return applied

    def _answers_for(self, command: GateCommand, *, applied: bool) -> bool:
        """During a move two processes take each command, and one of them puts on record what came of it: for a finding
        the one that held its words, else the one on air.
        """
        if command.finding_id is not None and (self.leaving or self.waiting_for_air):
            return applied
        return not self.waiting_for_air

    def _newest_us(self) -> int:
        """Programme time at the camera now: what has come in, or the clock where that runs ahead."""
        return max(self.line.ingest.newest_us, self._clock.now_us())

    def _camera_us(self, given_us: int) -> int:
        """Programme time at the camera when a key was pressed: a command takes some hundredths of a second."""
        return min(given_us, self._newest_us())

    def _withhold_noted(self, command: GateCommand, action: Action) -> bool:
        """Withhold a phrase that was only noted: the gate was not told of it. False once it has begun to air."""
        if command.finding_id is None or command.span is None or action == "none":
            return False
        gate = self.line.gate
        start_us, end_us = pad_span(*command.span, self._words, gate.policy.pad_us)
        if start_us < gate.released_us:
            return False
        gate.withhold(WithheldSpan(command.finding_id, start_us, end_us, action))
        return True

    def end(self) -> None:
        """Drop the publisher; the broadcast is over when the delay has drained."""
        self.ending = True
        self._drop_publisher()

    def _drop_publisher(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            if self._publisher is not None:
                self.detach(self._publisher)

    # -- the reviewer

    def _reviewed(self, message: FromSpeech) -> None:
        if isinstance(message, Watermark):
            self.line.gate.advance_watermark(message.judged_us)
        elif isinstance(message, Withhold):
            self._withhold(message)
        elif isinstance(message, Unheard):
            self.line.gate.unheard(message.start_us, message.end_us)
        elif isinstance(message, Words):
            now_us = self._clock.now_us()
            for word in message.words:
                self.recognition_lag.heard(word.end_us, now_us)
                self._words.append((word.start_us, word.end_us))
                self._captions.hear(CaptionWord(word.text, word.start_us, word.end_us))

    def _withhold(self, message: Withhold) -> None:
        undecided: Action = message.action
        if message.verdict == "hold" and self.show.hold_policy == "clear":
            undecided = "none"
        action = self._decisions.get(message.finding_id, undecided)
        start_us, end_us = pad_span(message.start_us, message.end_us, self._words, self.line.gate.policy.pad_us)
        self.line.gate.withhold(WithheldSpan(message.finding_id, start_us, end_us, action))

    # -- AirListener

    def epoch_opened(self, opened: EpochOpened) -> None:
        task = asyncio.create_task(self._slates.prepare(opened.picture, self.look.slate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.started_us is None:
            self.started_us = opened.origin_us
            self._record.started(self)
        else:
            self._record.resumed(self, opened.origin_us)

    def epoch_closed(self, closed: EpochClosed) -> None:
        self.review.break_at(closed.end_us)

    def review_packets(self, run: PacketRun) -> None:
        self.review.packets(run)

    def review_sound(self, at_us: int, pcm: bytes) -> None:
        self.review.sound(at_us, pcm)

    def released(self, released: list[Released], facts: list[GateFact]) -> None:
        gate = self.line.gate
        self.review.forget_before(gate.released_us)
        for fact in facts:
            if isinstance(fact, SpanAired):
                self._decisions.pop(fact.id, None)
            self._record.fact(self, fact)
        for caption in self._captions.take(gate.released_us, self.review.judged_us, gate.aired_clear):
            self._record.caption(self, caption)
        there = self.line.window.started if self.store is None else self.store.playable
        if not self._aired_first and there:
            self._aired_first = True
            self._record.aired_first(self)

    # -- once a second, and the end

    def beat(self) -> bool:
        """Tell the control room how things stand; True when the broadcast is over."""
        self._driver.step_now()
        if self.started_us is not None and not self.waiting_for_air:
            interval = self.line.ingest.keyframe_interval_us
            if interval > LONG_GROUP_US and self.message is None:
                self.message = "Keyframes are far apart. Set the encoder's keyframe interval to 2 seconds."
            self._record.status(self, gate_status(self, self._clock.now_us()))
            self._record.relayed(self, self.relays.statuses())
        if self._publisher is not None or self.waiting_for_air or not self.line.gate.empty:
            return False
        if self.leaving:
            return True
        if self.started_us is None:
            return self._clock.now_us() - self._left_us > SILENT_PUBLISHER_US or self.ending
        return self.ending or self._clock.now_us() - self._left_us > GONE_US

    @property
    def publishing(self) -> bool:
        return self._publisher is not None

    async def close(self) -> None:
        """Stop everything and finish the recordings. What is held and not released is gone for viewers."""
        if self._publisher is not None:
            self._publisher.close()
        self._driver.stop()
        self.line.finish()
        await self._close_outputs()
        aired = await asyncio.to_thread(self.line.aired_recorder.finish)
        original = await asyncio.to_thread(self.line.original_recorder.finish)
        if self.started_us is not None:
            self._record.ended(self, aired, original)

    async def hand_over_air(self) -> None:
        """All that was held has aired: leave the recording and the destinations to the process that goes on."""
        self._driver.stop()
        self.line.hand_over_air()
        await self._close_outputs()
        await asyncio.to_thread(self.line.aired_recorder.hand_over)
        if self.store is not None:
            await self.store.pushed(STORE_HAND_OVER_S)
            self.pushing.cancel()

    async def let_go(self) -> None:
        """It never came on air here: leave it, as far as it came, to whoever takes it up."""
        if self._publisher is not None:
            self._publisher.close()
        self._driver.stop()
        self.line.hand_over_camera()
        await self._close_outputs()
        await asyncio.to_thread(self.line.original_recorder.hand_over)
        if self.store is not None:
            self.pushing.cancel()

    async def _close_outputs(self) -> None:
        self.review.close()
        await self.relays.close()
        await asyncio.wait(self._tasks, timeout=1)
        for task in self._tasks:
            task.cancel()


class PublisherSink:
    """The line's end of one RTMP connection."""

    def __init__(self, on_air: OnAir, publisher: Publisher) -> None:
        self._on_air = on_air
        self._publisher = publisher

    def metadata(self, values: AmfValue) -> None:
        self._on_air.line.ingest.metadata(values)

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        self._media(self._on_air.line.ingest.video, timestamp_ms, payload, picture=True)

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        self._media(self._on_air.line.ingest.audio, timestamp_ms, payload, picture=False)

    def closed(self) -> None:
        self._on_air.detach(self._publisher)

    def _media(self, take: Callable[[int, bytes], None], timestamp_ms: int, payload: bytes, *, picture: bool) -> None:
        if not self._on_air.heard_from(self._publisher, len(payload), picture=picture):
            return
        try:
            take(timestamp_ms, payload)
            self._on_air.hold_back(self._publisher)
        except StreamRefusedError as error:
            self._on_air.refused(error)
            raise
