"""The thread around the engine: breaks, bounds, re-sent sound, failure, several broadcasts at once."""

import asyncio
from collections.abc import Iterator
from threading import Event

import numpy as np
import pytest

from tallylight.foundation.clock import MICROSECONDS
from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
from tallylight.speech.recogniser import (
    SAMPLE_RATE_HZ,
    SOUND_QUEUE_US,
    Capabilities,
    Heard,
    Hints,
    QueueFullError,
    RecogniserFailedError,
)
from tallylight.speech.threaded_recogniser import STREAMS_MAX, ThreadedRecogniser, ThreadedStream
from tallylight.speech.voice_activity import SileroVoiceActivity, Sound
from tallylight.speech.window_words import WindowWord
from tests.support.speech_sounds import joined, pcm, silence, sound

START_US = 1_750_000_000 * MICROSECONDS
CHUNK = 1600


@pytest.fixture(scope="module")
def recogniser() -> Iterator[ThreadedRecogniser]:
    made = ThreadedRecogniser(FasterWhisperEngine(threads=1), SileroVoiceActivity)
    yield made
    made.close()


def push(stream: ThreadedStream, samples: Sound, from_us: int) -> int:
    """Push in chunks; returns where the sound ends."""
    for at in range(0, len(samples), CHUNK):
        stream.push(from_us + at * MICROSECONDS // SAMPLE_RATE_HZ, pcm(samples[at : at + CHUNK]))
    return from_us + len(samples) * MICROSECONDS // SAMPLE_RATE_HZ


async def everything(stream: ThreadedStream) -> list[Heard]:
    return [heard async for heard in stream]


def text_of(heard: list[Heard]) -> str:
    return " ".join(word.text for each in heard for word in each.words).lower()


def test_a_break_is_bridged_by_the_watermark(recogniser: ThreadedRecogniser) -> None:
    async def scenario() -> tuple[list[Heard], int]:
        stream = recogniser.stream(Hints())
        middle = push(stream, sound("mug"), START_US)
        stream.flush(middle)
        end = push(stream, np.concatenate([sound("goodbye"), silence(0.5)]), middle + 5 * MICROSECONDS)
        stream.end()
        return await everything(stream), end

    heard, end = asyncio.run(scenario())
    assert "dishwasher" in text_of(heard)
    assert "good night" in text_of(heard)
    known = [each.known_us for each in heard]
    assert known == sorted(known)
    assert abs(known[-1] - end) <= 1
    words = [word for each in heard for word in each.words]
    assert not any(START_US + 5_200_000 < word.start_us < START_US + 9_500_000 for word in words)


def test_a_step_forward_without_a_break_is_one(recogniser: ThreadedRecogniser) -> None:
    async def scenario() -> list[Heard]:
        stream = recogniser.stream(Hints())
        middle = push(stream, sound("mug"), START_US)
        push(stream, np.concatenate([sound("goodbye"), silence(0.5)]), middle + 3 * MICROSECONDS)
        stream.end()
        return await everything(stream)

    text = text_of(asyncio.run(scenario()))
    assert "dishwasher" in text
    assert "good night" in text


def test_sound_pushed_twice_is_heard_once(recogniser: ThreadedRecogniser) -> None:
    async def scenario() -> list[Heard]:
        stream = recogniser.stream(Hints())
        samples = np.concatenate([sound("mug"), silence(0.6)])
        push(stream, samples, START_US)
        push(stream, samples, START_US)
        stream.end()
        return await everything(stream)

    assert text_of(asyncio.run(scenario())).count("dishwasher") == 1


def test_two_broadcasts_share_one_engine(recogniser: ThreadedRecogniser) -> None:
    async def scenario() -> list[list[Heard]]:
        streams = [recogniser.stream(Hints()) for _ in range(2)]
        for stream, name in zip(streams, ("mug", "weight"), strict=True):
            push(stream, joined([name], 0.5)[0], START_US)
            stream.end()
        return list(await asyncio.gather(*(everything(stream) for stream in streams)))

    mug, weight = (text_of(heard) for heard in asyncio.run(scenario()))
    assert "dishwasher" in mug
    assert "month" not in mug
    assert "month" in weight


class StuckEngine:
    """An engine that does not answer until it is let go, or fails."""

    def __init__(self, *, fails: bool) -> None:
        self.free = Event()
        self.fails = fails
        self.asked = 0

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(languages=("en",), word_times=True, hotwords=False, probability=False)

    def transcribe(self, samples: Sound, hints: Hints) -> list[WindowWord]:
        self.asked += 1
        if self.fails:
            raise RuntimeError("no memory")
        self.free.wait(30)
        return []


def test_more_sound_than_may_wait_is_refused() -> None:
    engine = StuckEngine(fails=False)
    recogniser = ThreadedRecogniser(engine, SileroVoiceActivity)

    async def scenario() -> None:
        stream = recogniser.stream(Hints())
        minute = pcm(np.tile(sound("mug"), 20)[: 10 * SAMPLE_RATE_HZ])
        with pytest.raises(QueueFullError):
            for step in range(2 + 2 * SOUND_QUEUE_US // (10 * MICROSECONDS)):
                stream.push(START_US + step * 10 * MICROSECONDS, minute)

    try:
        asyncio.run(scenario())
    finally:
        engine.free.set()
        recogniser.close()


def test_an_engine_that_fails_ends_the_stream_and_says_so() -> None:
    engine = StuckEngine(fails=True)
    recogniser = ThreadedRecogniser(engine, SileroVoiceActivity)

    async def scenario() -> None:
        stream = recogniser.stream(Hints())
        push(stream, np.concatenate([sound("mug"), silence(1)]), START_US)
        stream.end()
        with pytest.raises(RecogniserFailedError):
            await everything(stream)

    try:
        asyncio.run(scenario())
        assert engine.asked == 3
    finally:
        recogniser.close()


def test_there_is_a_limit_of_streams(recogniser: ThreadedRecogniser) -> None:
    async def scenario() -> None:
        streams = []
        with pytest.raises(QueueFullError):
            for _ in range(STREAMS_MAX + 1):
                streams.append(recogniser.stream(Hints()))  # noqa: PERF401
        for stream in streams:
            stream.close()

    asyncio.run(scenario())
