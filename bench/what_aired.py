"""Which of what was said is in what aired, by the sound alone: no record of the system is asked.

A frame of the source has aired when the aired sound of the same moment is that sound: the two correlate, after a
1 kHz tone is taken out of both. Bleeped, muted and covered sound does not.
"""

import numpy as np
import numpy.typing as npt
from tests.support.aired import RATE_HZ
from tests.support.hearing import delay_samples

FRAME = RATE_HZ // 25
"""40 ms: 40 cycles of the bleep."""
SPEECH_RMS = 0.008
"""Below this a frame of the source is a pause: 20 dB under the voice."""
SAME = 0.5
"""Correlation from which a frame counts as aired; sound that only went through the encoder again is above 0.9."""
_TONE_HZ = 1_000
_WINDOW = 10 * RATE_HZ
_SHIFT = RATE_HZ // 20

Samples = npt.NDArray[np.floating]


def aired_frames(said: Samples, aired: Samples) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """By frame: whether there is speech in it, and whether it aired. ``aired`` may be late by some seconds.

    Both mono at RATE_HZ. Raises ValueError when nothing of ``said`` is found in ``aired``.
    """
    lag = delay_samples(said, aired)
    count = len(said) // FRAME
    speech = np.zeros(count, bool)
    same = np.zeros(count, bool)
    shift = 0
    for first in range(0, count * FRAME, _WINDOW):
        piece = said[first : min(first + _WINDOW, count * FRAME)]
        shift = _best_shift(piece, aired, first + lag, shift)
        frames = _detoned(piece)
        heard = _detoned(_cut(aired, first + lag + shift, len(piece)))
        at = slice(first // FRAME, first // FRAME + len(frames))
        energy = np.sqrt(np.mean(frames**2, axis=1))
        speech[at] = energy > SPEECH_RMS
        norms = np.linalg.norm(frames, axis=1) * np.linalg.norm(heard, axis=1)
        same[at] = np.sum(frames * heard, axis=1) > SAME * np.maximum(norms, 1e-9)
    if not np.any(speech & same):
        raise ValueError("nothing of what was said is in what aired")
    return speech, same


def _best_shift(piece: Samples, aired: Samples, at: int, otherwise: int) -> int:
    """By how many samples more this window is late: segments are dated in whole milliseconds."""
    around = _cut(aired, at - _SHIFT, len(piece) + 2 * _SHIFT)
    size = 1 << (len(around) + len(piece)).bit_length()
    product = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(piece, size)), size)[: 2 * _SHIFT + 1]
    best = int(np.argmax(product))
    norm = np.linalg.norm(piece) * np.linalg.norm(around)
    return best - _SHIFT if product[best] > 0.1 * norm else otherwise


def _cut(sound: Samples, start: int, length: int) -> Samples:
    """Zeros where there is nothing."""
    result = np.zeros(length, np.float64)
    low, high = max(0, -start), min(length, len(sound) - start)
    if low < high:
        result[low:high] = sound[start + low : start + high]
    return result


def _detoned(sound: Samples) -> npt.NDArray[np.float64]:
    """(frames, FRAME), each without what it has of the bleep's tone."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    turns = np.exp(2j * np.pi * _TONE_HZ / RATE_HZ * np.arange(FRAME))
    tone = 2 * np.real((frames @ np.conj(turns) / FRAME)[:, None] * turns)
    without: npt.NDArray[np.float64] = frames - tone
    return without
