"""Silences spans of sound, sample-accurately, with short fades; a bleep lays a 1 kHz tone over the silence.

The fade lies outside the span: inside it nothing of the source is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tallylight.media.units import SAMPLE_RATE_HZ, Pcm

TONE_HZ = 1_000
TONE_AMPLITUDE = 0.2


@dataclass(frozen=True, slots=True)
class SampleSpan:
    """Samples [start, end) of the broadcast's sample clock."""

    start: int
    end: int
    tone: bool


def silence_spans(pcm: Pcm, at: int, spans: Sequence[SampleSpan], fade_samples: int) -> Pcm:
    """``pcm``, whose first sample is number ``at``, with ``spans`` silenced or bleeped; the input is not changed."""
    near = [span for span in spans if span.start - fade_samples < at + pcm.shape[1] and at < span.end + fade_samples]
    if not near:
        return pcm
    index = np.arange(at, at + pcm.shape[1])
    gain = np.ones(pcm.shape[1], np.float32)
    tone_gain = np.zeros(pcm.shape[1], np.float32)
    for span in near:
        outside = np.maximum(np.maximum(span.start - index, index - span.end + 1), 0)
        gain = np.minimum(gain, np.clip(outside / fade_samples, 0, 1).astype(np.float32))
        if span.tone:
            inside = np.minimum(index - span.start, span.end - 1 - index)
            tone_gain = np.maximum(tone_gain, np.clip(inside / fade_samples, 0, 1).astype(np.float32))
    tone = np.sin(2 * np.pi * TONE_HZ / SAMPLE_RATE_HZ * (index % SAMPLE_RATE_HZ)).astype(np.float32)
    mixed: Pcm = pcm * gain + tone * tone_gain * np.float32(TONE_AMPLITUDE)
    return mixed


def fade_in(pcm: Pcm, fade_samples: int) -> Pcm:
    """``pcm`` rising from silence over its first ``fade_samples``: sound that returns after a hard mute."""
    length = min(fade_samples, pcm.shape[1])
    faded = pcm.copy()
    faded[:, :length] *= np.arange(length, dtype=np.float32) / np.float32(fade_samples)
    return faded
