"""Silences spans of sound, sample-accurately, with short fades, and fills them: with a tone, a stored sound or nothing.

The fade lies outside the span: inside it nothing of the source is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ, Pcm

TONE_HZ = 1_000
TONE_AMPLITUDE = 0.2
STORED_SAMPLES_MAX = 10 * SAMPLE_RATE_HZ


class Filling(Protocol):
    """What is heard instead of what was said."""

    def at(self, offset: NDArray[np.int64]) -> Pcm:
        """(2, n) sound for samples this far into a span; before its start (negative) too."""
        ...


class Tone:
    """A bleep of TONE_HZ."""

    def at(self, offset: NDArray[np.int64]) -> Pcm:
        wave = np.sin(2 * np.pi * TONE_HZ / SAMPLE_RATE_HZ * (offset % SAMPLE_RATE_HZ)).astype(np.float32)
        return np.stack([wave, wave]) * np.float32(TONE_AMPLITUDE)


class Silence:
    """Nothing."""

    def at(self, offset: NDArray[np.int64]) -> Pcm:
        return np.zeros((CHANNELS, len(offset)), np.float32)


class StoredSound:
    """A shop's own sound from the span's start on, over and over: 1 to STORED_SAMPLES_MAX samples."""

    def __init__(self, pcm: Pcm) -> None:
        if not 1 <= pcm.shape[1] <= STORED_SAMPLES_MAX:
            raise ValueError("a stored sound lasts up to ten seconds")
        self._pcm = np.clip(pcm, -1, 1)

    def at(self, offset: NDArray[np.int64]) -> Pcm:
        return self._pcm[:, offset % self._pcm.shape[1]]


TONE, SILENCE = Tone(), Silence()


@dataclass(frozen=True, slots=True)
class SampleSpan:
    """Samples [start, end) of the broadcast's sample clock; ``filled``: not to be left silent."""

    start: int
    end: int
    filled: bool


def silence_spans(pcm: Pcm, at: int, spans: Sequence[SampleSpan], fade_samples: int, filling: Filling = TONE) -> Pcm:
    """``pcm``, whose first sample is number ``at``, with ``spans`` silenced or filled; the input is not changed."""
    near = [span for span in spans if span.start - fade_samples < at + pcm.shape[1] and at < span.end + fade_samples]
    if not near:
        return pcm
    index = np.arange(at, at + pcm.shape[1])
    gain = np.ones(pcm.shape[1], np.float32)
    loudest = np.zeros(pcm.shape[1], np.float32)
    fill = np.zeros_like(pcm)
    for span in near:
        outside = np.maximum(np.maximum(span.start - index, index - span.end + 1), 0)
        gain = np.minimum(gain, _ramp(outside, fade_samples))
        if span.filled:
            inside = _ramp(np.minimum(index - span.start, span.end - 1 - index), fade_samples)
            # Where spans overlap, the one that is louder there fills it: two fillings are never added up.
            fill = np.where(inside > loudest, filling.at(index - span.start) * inside, fill)
            loudest = np.maximum(loudest, inside)
    mixed: Pcm = pcm * gain + fill
    return mixed


def _ramp(distance: NDArray[np.int64], fade_samples: int) -> NDArray[np.float32]:
    """0 at distance 0 and before, 1 from ``fade_samples`` on."""
    return np.clip(distance / max(fade_samples, 1), 0, 1).astype(np.float32)


def fade_in(pcm: Pcm, fade_samples: int) -> Pcm:
    """``pcm`` rising from silence over its first ``fade_samples``: sound that returns after a hard mute."""
    length = min(fade_samples, pcm.shape[1])
    faded = pcm.copy()
    faded[:, :length] *= np.arange(length, dtype=np.float32) / np.float32(max(fade_samples, 1))
    return faded
