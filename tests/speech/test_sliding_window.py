"""The window in virtual time: sound arrives as on air, passes cost nothing or a set time, nobody sleeps."""

from functools import cache

import numpy as np
import pytest

from tallylight.foundation.clock import MICROSECONDS
from tallylight.speech.faster_whisper_engine import FasterWhisperEngine
from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Heard, Hints, Word
from tallylight.speech.run_pass import run_pass
from tallylight.speech.sliding_window import SlidingWindow, offset_samples
from tallylight.speech.voice_activity import SileroVoiceActivity, Sound
from tests.speech.test_faster_whisper_engine import errors
from tests.support.hearing import words_of
from tests.support.speech_sounds import joined, said, silence, sound

START_US = 1_750_000_000 * MICROSECONDS
CHUNK = 1600
HINTS = Hints(("Harlow Brook", "eczema", "arthritis"))


@cache
def engine() -> FasterWhisperEngine:
    return FasterWhisperEngine(threads=1)


class Listening:
    """What a run of a stream gave: words, their lag in seconds of programme time, passes."""

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.lags: list[float] = []
        self.known: list[int] = []
        self.passes = 0
        self.voiced_passes = 0

    def take(self, heard: Heard | None, now_us: int) -> None:
        if heard is None:
            return
        self.known.append(heard.known_us)
        for word in heard.words:
            self.words.append(word)
            self.lags.append((now_us - word.end_us) / MICROSECONDS)


def listen(samples: Sound, pass_s: float = 0.2, hints: Hints = HINTS) -> Listening:
    """Stream ``samples`` in real time, each pass taking ``pass_s`` seconds of it."""
    window = SlidingWindow(SileroVoiceActivity())
    window.anchor(START_US)
    listening = Listening()
    busy = arrived = 0
    while True:
        now = max(arrived, busy)
        while arrived < len(samples) and arrived <= now:
            window.push(samples[arrived : arrived + CHUNK])
            arrived += CHUNK
        over = arrived >= len(samples)
        if over:
            window.flush()
        due = window.due()
        if due is None:
            listening.take(window.watermark(), START_US + now * MICROSECONDS // SAMPLE_RATE_HZ)
            if over:
                return listening
            continue
        words = run_pass(window, due, engine(), hints)
        listening.passes += 1
        busy = now + int(pass_s * SAMPLE_RATE_HZ)
        listening.take(window.accept(due, words), START_US + busy * MICROSECONDS // SAMPLE_RATE_HZ)


@cache
def a_show() -> Listening:
    samples, _ = joined(list(said()), 0.35)
    return listen(samples)


def test_words_come_within_the_delay() -> None:
    lags = np.array(a_show().lags)
    assert np.percentile(lags, 50) <= 2.0
    assert np.percentile(lags, 95) <= 3.5
    assert lags.max() <= 5.0


def test_what_is_said_is_heard_once() -> None:
    reference = [word for text in said().values() for word in words_of(text)]
    heard = words_of(" ".join(word.text for word in a_show().words))
    assert errors(reference, heard) / len(reference) <= 0.15


def test_words_lie_where_the_sound_is() -> None:
    """Against the voice's own edges, found by energy: the first word of each sentence and the last."""
    names = list(said())
    samples, places = joined(names, 0.6)
    words = listen(samples).words
    misses = []
    for start, end in places:
        loud = np.flatnonzero(np.abs(samples[start:end]) > 0.02)
        inside = [
            word for word in words if start <= _sample(word.start_us) + CHUNK and _sample(word.end_us) <= end + CHUNK
        ]
        misses.append(_sample(inside[0].start_us) - start - int(loud[0]))
        misses.append(_sample(inside[-1].end_us) - start - int(loud[-1]))
    seconds = np.abs(np.array(misses)) / SAMPLE_RATE_HZ
    assert np.percentile(seconds, 50) <= 0.12
    assert np.percentile(seconds, 90) <= 0.4


def _sample(at_us: int) -> int:
    return (at_us - START_US) * SAMPLE_RATE_HZ // MICROSECONDS


def test_the_watermark_never_moves_back_and_no_word_lies_behind_it() -> None:
    known = a_show().known
    assert known == sorted(known)
    starts = [word.start_us for word in a_show().words]
    assert starts == sorted(starts)


def test_a_slow_engine_skips_the_second_opinion_and_keeps_up() -> None:
    """Each pass takes 1.5 s of programme time: agreement of two passes would fall ever further behind."""
    samples, _ = joined(list(said()), 0.35)
    slow = listen(samples, pass_s=1.5)
    lags = np.array(slow.lags)
    assert np.percentile(lags, 95) <= 6.5
    assert lags[-10:].max() <= 6.5
    reference = [word for text in said().values() for word in words_of(text)]
    assert errors(reference, words_of(" ".join(word.text for word in slow.words))) / len(reference) <= 0.3


@pytest.mark.parametrize("kind", ["silence", "noise", "tone", "hum"])
def test_nothing_is_heard_where_nobody_speaks(kind: str) -> None:
    time = np.arange(20 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    made = {
        "silence": np.zeros(len(time)),
        "noise": np.random.default_rng(7).normal(0, 0.02, len(time)),
        "tone": 0.2 * np.sin(2 * np.pi * 440 * time) * (1 + np.sin(2 * np.pi * 2 * time)) / 2,
        "hum": 0.1 * np.sin(2 * np.pi * 50 * time) + 0.05 * np.sin(2 * np.pi * 150 * time),
    }[kind].astype(np.float32)
    listening = listen(made)
    assert [word.text for word in listening.words] == []
    assert listening.known[-1] == START_US + 20 * MICROSECONDS


@pytest.mark.parametrize("cut", [17_003, 24_000, 31_111, 40_960])
def test_a_break_in_the_middle_of_a_word_ends_the_phrase(cut: int) -> None:
    """The last half frame is voiced and reaches past the end of the sound: it must not open another window."""
    window = SlidingWindow(SileroVoiceActivity())
    window.anchor(START_US)
    window.push(sound("weight")[:cut])
    window.flush()
    passes = 0
    while (due := window.due()) is not None:
        assert len(due.sound) > 0
        window.accept(due, run_pass(window, due, engine(), HINTS))
        passes += 1
        assert passes < 5
    assert window.idle
    heard = window.finish(START_US + 10 * MICROSECONDS)
    assert heard is not None
    assert heard.known_us == START_US + 10 * MICROSECONDS


def test_there_is_no_pass_on_silence_and_the_watermark_follows_by_itself() -> None:
    listening = listen(silence(10))
    assert listening.passes == 0
    steps = np.diff(listening.known)
    assert steps[:-1].max() <= 200_000


def test_a_word_that_only_a_hint_makes_likely_is_kept() -> None:
    samples = np.concatenate([silence(0.4), sound("bogo"), silence(1.5)])
    hints = Hints(phrases=("Free shipping, buy two get one free",))
    assert words_of(" ".join(word.text for word in listen(samples, hints=hints).words)) == words_of(said()["bogo"])


def test_speech_in_noise_is_still_heard() -> None:
    samples = np.concatenate([silence(0.5), sound("weight"), silence(1)])
    noisy = (samples + np.random.default_rng(3).normal(0, 0.01, len(samples))).astype(np.float32)
    text = " ".join(word.text for word in listen(noisy).words).lower()
    assert "pounds" in text


def test_offsets_are_counted_in_samples() -> None:
    assert offset_samples(START_US, START_US + MICROSECONDS) == SAMPLE_RATE_HZ
    assert offset_samples(START_US, START_US - MICROSECONDS // 2) == -SAMPLE_RATE_HZ // 2
