"""An engine in a thread of its own, shared by all streams; the event loop only ever hands sound over.

The thread serves the stream that is furthest behind, a finished phrase before an unfinished one. Both ways out of a
stream are bounded: sound by SOUND_QUEUE_US, results by RESULTS_MAX, beyond which the stream is not served until its
reader catches up. A pass that fails is tried again PASSES_MAX times; then the stream ends with RecogniserFailedError.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable

import msgspec
import numpy as np
import structlog

from tallylight.foundation.clock import samples_to_us
from tallylight.speech.recogniser import (
    SAMPLE_RATE_HZ,
    SOUND_QUEUE_US,
    Capabilities,
    Heard,
    Hints,
    QueueFullError,
    RecogniserFailedError,
)
from tallylight.speech.run_pass import Engine, run_pass
from tallylight.speech.sliding_window import SlidingWindow, Window, offset_samples
from tallylight.speech.voice_activity import Sound, VoiceActivity

log = structlog.get_logger()

STREAMS_MAX = 8
RESULTS_MAX = 2_000
PASSES_MAX = 3
_STEP_US = 200_000
"""In silence the watermark is given out in steps of this size."""
_GAP_SAMPLES = SAMPLE_RATE_HZ // 50
"""A step forward in time by more than this is a break; less is rounding."""


class _Sound(msgspec.Struct, frozen=True):
    at_us: int
    samples: bytes


class _Flush(msgspec.Struct, frozen=True):
    at_us: int
    last: bool


class ThreadedStream:
    """One broadcast's stream; see ``SpeechStream``. Made by ``ThreadedRecogniser.stream``, on its event loop."""

    def __init__(self, owner: "ThreadedRecogniser", voice: VoiceActivity, hints: Hints) -> None:
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._more = asyncio.Event()
        self._results: deque[Heard] = deque()
        self._lock = threading.Lock()
        self._commands: deque[_Sound | _Flush] = deque()
        self._queued_us = 0
        self._hints = hints
        self._window = SlidingWindow(voice)
        self._flushing: _Flush | None = None
        self._told_us = 0
        self._failures = 0
        self._error: Exception | None = None
        self.ended = False
        self.closed = False

    # -- the event loop's side

    def push(self, at_us: int, samples: bytes) -> None:
        duration_us = samples_to_us(len(samples) // 2, SAMPLE_RATE_HZ)
        with self._lock:
            if self._queued_us + duration_us > SOUND_QUEUE_US:
                raise QueueFullError("more sound waits for the recogniser than may")
            self._queued_us += duration_us
            self._commands.append(_Sound(at_us, samples))
        self._owner.wake()

    def flush(self, at_us: int) -> None:
        self._command(_Flush(at_us, last=False))

    def end(self) -> None:
        self._command(_Flush(0, last=True))

    def hint(self, hints: Hints) -> None:
        self._hints = hints

    def close(self) -> None:
        self.closed = True
        self._owner.wake()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            while self._results:
                heard = self._results.popleft()
                self._owner.wake()
                yield heard
            if self._error is not None:
                raise RecogniserFailedError("the recogniser failed on this stream") from self._error
            if self.ended:
                return
            self._more.clear()
            await self._more.wait()

    def _command(self, command: _Flush) -> None:
        with self._lock:
            self._commands.append(command)
        self._owner.wake()

    # -- the thread's side

    def advance(self) -> None:
        """Take in what was pushed, as far as no pass has to come first."""
        while self._flushing is None:
            with self._lock:
                if not self._commands:
                    break
                command = self._commands.popleft()
                if isinstance(command, _Sound):
                    self._queued_us -= samples_to_us(len(command.samples) // 2, SAMPLE_RATE_HZ)
            if isinstance(command, _Flush):
                self._flush(command)
            else:
                self._take(command)
        self._finish_flush()
        heard = self._window.watermark()
        if heard is not None and heard.known_us - self._told_us >= _STEP_US:
            self._tell(heard)

    def due(self) -> Window | None:
        """The pass to run for this stream now."""
        if self.closed or self.ended or len(self._results) >= RESULTS_MAX:
            return None
        return self._window.due()

    @property
    def waiting(self) -> int:
        return self._window.waiting

    def run(self, window: Window, engine: Engine) -> None:
        """Run one pass. A pass that fails leaves its window due again."""
        try:
            words = run_pass(self._window, window, engine, self._hints)
        except Exception as error:
            self._failures += 1
            log.exception("a recognition pass failed", failures=self._failures)
            if self._failures >= PASSES_MAX:
                self._error = error
                self._stop()
            return
        self._failures = 0
        heard = self._window.accept(window, words)
        if heard is not None:
            self._tell(heard)
        self._finish_flush()

    def _take(self, command: _Sound) -> None:
        samples: Sound = np.frombuffer(command.samples, dtype="<i2").astype(np.float32) / np.float32(32768)
        next_us = self._window.next_us
        if next_us is None:
            self._window.anchor(command.at_us)
        else:
            offset = offset_samples(next_us, command.at_us)
            if offset > _GAP_SAMPLES:
                with self._lock:
                    self._commands.appendleft(command)
                    self._queued_us += samples_to_us(len(command.samples) // 2, SAMPLE_RATE_HZ)
                self._flush(_Flush(command.at_us, last=False))
                return
            if offset < -_GAP_SAMPLES:
                samples = samples[-offset:]
        if len(samples):
            self._window.push(samples)

    def _flush(self, command: _Flush) -> None:
        self._flushing = command
        if self._window.next_us is not None:
            self._window.flush()

    def _finish_flush(self) -> None:
        if self._flushing is None or not self._window.idle:
            return
        flush, self._flushing = self._flushing, None
        last = self._window.watermark()
        if last is not None:
            self._tell(last)
        heard = self._window.finish(flush.at_us)
        if heard is not None:
            self._tell(heard)
        if flush.last:
            self._stop()

    def _tell(self, heard: Heard) -> None:
        self._told_us = heard.known_us
        self._results.append(heard)
        self._wake_loop()

    def _stop(self) -> None:
        self.ended = True
        self._wake_loop()

    def _wake_loop(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._more.set)


class ThreadedRecogniser:
    """A ``Recogniser`` over one engine. ``load`` and every pass happen in the thread."""

    def __init__(self, engine: Engine, voice: Callable[[], VoiceActivity]) -> None:
        self._engine = engine
        self._voice = voice
        self._streams: list[ThreadedStream] = []
        self._condition = threading.Condition()
        self._pending = False
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="recogniser", daemon=True)
        self._thread.start()

    @property
    def capabilities(self) -> Capabilities:
        return self._engine.capabilities

    def stream(self, hints: Hints) -> ThreadedStream:
        with self._condition:
            if len(self._streams) >= STREAMS_MAX:
                raise QueueFullError(f"{STREAMS_MAX} broadcasts are recognised already")
            stream = ThreadedStream(self, self._voice(), hints)
            self._streams.append(stream)
        return stream

    def wake(self) -> None:
        with self._condition:
            self._pending = True
            self._condition.notify()

    def close(self) -> None:
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(timeout=5)

    def _work(self) -> None:
        while True:
            with self._condition:
                self._streams = [stream for stream in self._streams if not (stream.closed or stream.ended)]
                streams = list(self._streams)
                self._pending = False
            if self._closing:
                return
            if not self._serve(streams):
                with self._condition:
                    if not self._pending and not self._closing:
                        self._condition.wait()

    def _serve(self, streams: list[ThreadedStream]) -> bool:
        """Run the most urgent pass; False when none is due."""
        due = []
        for stream in streams:
            stream.advance()
            window = stream.due()
            if window is not None:
                due.append((window.final, stream.waiting, stream, window))
        if not due:
            return False
        _, _, stream, window = max(due, key=lambda each: (each[0], each[1]))
        stream.run(window, self._engine)
        return True
