"""The sentences of tests/speech/sounds, and sounds that nobody speaks in."""

import re
from functools import cache
from pathlib import Path

import numpy as np

from tallylight.speech.recogniser import SAMPLE_RATE_HZ
from tallylight.speech.voice_activity import Sound
from tests.support.hearing import sound_of

SOUNDS = Path(__file__).parent.parent / "speech" / "sounds"
_WORD = re.compile(r"[a-z0-9'.%]+")


@cache
def said() -> dict[str, str]:
    """What is said in each sound, by name, in the order of the file."""
    lines = (SOUNDS / "lines.txt").read_text(encoding="utf-8").splitlines()
    return {line.split(" | ", 1)[0]: line.split(" | ", 1)[1] for line in lines if not line.startswith("#")}


@cache
def sound(name: str) -> Sound:
    return sound_of(SOUNDS / f"{name}.flac")


def silence(seconds: float) -> Sound:
    return np.zeros(int(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def joined(names: list[str], gap_s: float) -> tuple[Sound, list[tuple[int, int]]]:
    """Sounds one after another with silence between; and where each begins and ends, in samples."""
    parts: list[Sound] = [silence(gap_s)]
    places = []
    at = len(parts[0])
    for name in names:
        samples = sound(name)
        places.append((at, at + len(samples)))
        parts += [samples, silence(gap_s)]
        at += len(samples) + len(parts[-1])
    return np.concatenate(parts), places


def pcm(samples: Sound) -> bytes:
    """Signed 16-bit little-endian, as the review link carries it."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def plain_words(text: str) -> list[str]:
    return [word.strip(".'") for word in _WORD.findall(text.lower().replace("-", " ")) if word.strip(".'")]
