"""Sentences as sound: voiced, in a quiet place, in a busy room or over music; noise is the same each time."""

import hashlib
from collections.abc import Sequence

import numpy as np
from tests.corpora.sentences import Sentence

from bench.voices import LIFTS, Wave, loudness, rms, voice, voice_lines
from tallylight.speech.recogniser import SAMPLE_RATE_HZ
from tallylight.speech.voice_activity import Sound

_GAP_S = 0.8
_REST_S = 1.2
_BABBLE_VOICES = 4
_REVERB_S = 0.35
_CHORDS_HZ = ((220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (261.6, 329.6, 392.0), (196.0, 246.9, 293.7))
_BEATS_A_MINUTE = 108


def speaker(sentence: Sentence) -> float:
    """Which of LIFTS says ``sentence``; always the same."""
    return LIFTS[hashlib.sha256(sentence.id.encode()).digest()[0] % len(LIFTS)]


def voice_all(sentences: Sequence[Sentence]) -> None:
    """Have every sentence voiced that is not yet. Raises SystemExit when uv or the voice cannot be had."""
    lines = [(text, speaker(each)) for each in sentences for text in (*each.context, each.text)]
    voice_lines(lines, ", or run with --text-only to do without")


def spoken(sentence: Sentence) -> Sound:
    """The sentence after its context, in quiet: float32 mono at SAMPLE_RATE_HZ, with a rest before and after."""
    lift = speaker(sentence)
    parts = [np.zeros(int(SAMPLE_RATE_HZ * _GAP_S / 2))]
    for text in (*sentence.context, sentence.text):
        parts += [_voice(text, lift), np.zeros(int(SAMPLE_RATE_HZ * _GAP_S))]
    parts.append(np.zeros(int(SAMPLE_RATE_HZ * _REST_S)))
    return np.concatenate(parts).astype(np.float32)


def in_noise(clean: Sound, noise: Wave, below_db: float) -> Sound:
    """``clean`` with ``noise`` of the same length ``below_db`` under the loudness of its voiced part."""
    mixed = clean + noise * (loudness(clean) / loudness(noise)) * 10 ** (-below_db / 20)
    peak = float(np.max(np.abs(mixed)))
    return (mixed / max(1.0, peak)).astype(np.float32)


def room(samples: int, others: Sequence[Sentence], seed: int) -> Wave:
    """A busy room: ``others`` talking at once through its echo, and noise that falls 3 dB an octave."""
    random = np.random.default_rng(seed)
    babble = np.zeros(samples)
    for other in others[:_BABBLE_VOICES]:
        voice = _voice(other.text, speaker(other))
        babble += np.roll(np.resize(voice, samples), int(random.integers(samples)))
    decay = np.exp(-6.9 * np.arange(int(SAMPLE_RATE_HZ * _REVERB_S)) / (SAMPLE_RATE_HZ * _REVERB_S))
    echo = random.standard_normal(len(decay)) * decay
    length = samples + len(echo)
    heard = np.fft.irfft(np.fft.rfft(babble, length) * np.fft.rfft(echo, length), length)[:samples]
    spectrum = np.fft.rfft(random.standard_normal(samples))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), samples)
    mixed: Wave = heard / rms(heard) + pink / rms(pink)
    return mixed


def music(samples: int, seed: int) -> Wave:
    """Four chords with a bass and a beat, from a bar that ``seed`` chooses."""
    beat = SAMPLE_RATE_HZ * 60 // _BEATS_A_MINUTE
    at = np.arange(samples) + (seed % len(_CHORDS_HZ)) * 4 * beat
    bar = (at // (4 * beat)) % len(_CHORDS_HZ)
    seconds = at / SAMPLE_RATE_HZ
    into_beat = (at % beat) / SAMPLE_RATE_HZ
    into_half = (at % (beat // 2)) / SAMPLE_RATE_HZ
    sound = np.zeros(samples)
    for number, chord in enumerate(_CHORDS_HZ):
        here = bar == number
        for hertz in chord:
            for partial in (1, 2, 3, 4):
                sound += here * np.sin(2 * np.pi * hertz * partial * seconds) / partial**1.5 * np.exp(-2 * into_beat)
        sound += here * 1.5 * np.sin(np.pi * chord[0] * seconds) * np.exp(-3 * into_half)
    sound += 3.0 * np.sin(2 * np.pi * 55 * into_beat) * np.exp(-18 * into_beat)
    hat = np.random.default_rng(seed).standard_normal(samples)
    return sound + 0.6 * np.diff(hat, prepend=0.0) * np.exp(-60 * into_half)


def _voice(text: str, lift: float) -> Wave:
    return voice(text, lift, SAMPLE_RATE_HZ)
