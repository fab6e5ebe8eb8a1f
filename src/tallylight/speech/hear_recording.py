"""Hears a whole recording with the same window and passes as a live stream, as fast as the engine goes.

Sound is given in steps of STEP_SAMPLES, and all passes that are due are run before the next step: never behind, so
that no overlap is skipped, and the same recording always gives the same words. Pure but for the engine.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from tallylight.speech.recogniser import SAMPLE_RATE_HZ, Heard, Hints
from tallylight.speech.run_pass import Engine, run_pass
from tallylight.speech.sliding_window import SlidingWindow
from tallylight.speech.voice_activity import Sound, VoiceActivity

STEP_SAMPLES = SAMPLE_RATE_HZ
"""Coarser than a live stream's passes: nobody waits for a word, and half the passes cost half the time."""


def hear_recording(
    blocks: Iterable[Sound], engine: Engine, voice: VoiceActivity, hints: Hints, *, started_us: int
) -> Iterator[Heard]:
    """What is heard in ``blocks`` (float32 mono at SAMPLE_RATE_HZ, any lengths, one after another)."""
    window = SlidingWindow(voice)
    window.anchor(started_us)
    for step in _steps(blocks):
        window.push(step)
        yield from _passes(window, engine, hints)
        heard = window.watermark()
        if heard is not None:
            yield heard
    end_us = window.next_us or started_us
    window.flush()
    yield from _passes(window, engine, hints)
    heard = window.finish(end_us)
    if heard is not None:
        yield heard


def _passes(window: SlidingWindow, engine: Engine, hints: Hints) -> Iterator[Heard]:
    while (due := window.due()) is not None:
        heard = window.accept(due, run_pass(window, due, engine, hints))
        if heard is not None:
            yield heard


def _steps(blocks: Iterable[Sound]) -> Iterator[Sound]:
    rest: Sound = np.zeros(0, np.float32)
    for block in blocks:
        rest = np.concatenate([rest, block])
        while len(rest) >= STEP_SAMPLES:
            yield rest[:STEP_SAMPLES]
            rest = rest[STEP_SAMPLES:]
    if len(rest):
        yield rest
