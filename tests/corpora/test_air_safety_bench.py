"""The measure behind bench.air_safety: it must tell what aired from what did not, by the sound alone."""

import re

import numpy as np
import numpy.typing as npt
import pytest
from bench.air_safety_show import read_script
from bench.what_aired import FRAME, aired_frames

from tests.support.aired import RATE_HZ

BLEEP = slice(5 * RATE_HZ, 6 * RATE_HZ)
MUTE = slice(12 * RATE_HZ, 13 * RATE_HZ)
PAUSE = slice(8 * RATE_HZ, 9 * RATE_HZ)
LATE = 4_321
"""Samples by which the aired sound is late."""


def said() -> npt.NDArray[np.float64]:
    """Twenty seconds of something as broad as speech, with a pause."""
    sound = np.convolve(np.random.default_rng(3).standard_normal(20 * RATE_HZ), np.hanning(9), "same") * 0.04
    sound[PAUSE] *= 0.01
    return sound


def aired(source: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Late, a little noisy, once bleeped and once mute."""
    sound = source.copy()
    turns = 2 * np.pi * 1_000 / RATE_HZ * np.arange(RATE_HZ)
    sound[BLEEP] = 0.2 * np.sin(turns + 0.4)
    sound[MUTE] = 0
    sound += np.random.default_rng(4).standard_normal(len(sound)) * 0.002
    return np.concatenate([np.zeros(LATE), sound])


def frames(of: slice) -> slice:
    return slice(of.start // FRAME, of.stop // FRAME)


def test_bleeped_and_mute_speech_has_not_aired_and_the_rest_has() -> None:
    source = said()
    speech, same = aired_frames(source, aired(source))
    expected = np.ones(len(speech), bool)
    expected[frames(BLEEP)] = expected[frames(MUTE)] = False
    assert not speech[frames(PAUSE)].any()
    assert speech[: PAUSE.start // FRAME].all()
    assert (same[speech] == expected[speech]).all()


def test_a_whole_show_that_aired_has_aired() -> None:
    source = said()
    speech, same = aired_frames(source, np.concatenate([np.zeros(LATE), source]))
    assert same[speech].all()


def test_another_sound_is_not_taken_for_it() -> None:
    with pytest.raises(ValueError, match="nothing of what was said"):
        aired_frames(said(), np.random.default_rng(5).standard_normal(20 * RATE_HZ) * 0.04)


def test_the_script_says_which_words_break_which_rule() -> None:
    script = read_script()
    lines = [*script.welcome, *(line for goods in script.product for line in goods.lines), *script.goodbye]
    broken = [line for line in lines if "{" in line]
    assert all(re.fullmatch(r"R\d+: [^{}]*\{[^{}]+\}[^{}]*", line) for line in broken)
    assert not any(re.match(r"R\d+:", line) for line in lines if "{" not in line)
    assert len({line.partition(":")[0] for line in broken}) == 21
    assert len(set(lines)) == len(lines)
    assert len(lines) - len(broken) >= 2 * len(broken)
