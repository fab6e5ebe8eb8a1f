"""A stop's sound is cut to the sample out of what was recorded."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from tallylight.media.cut_sound import CUT_US_MAX, cut_sound
from tests.media.lines import VirtualAir
from tests.media.sources import SAMPLE_RATE_HZ, make_source, tone_hz


def recorded(folder: Path) -> tuple[Path, int]:
    air = VirtualAir(folder)
    air.publish(make_source(8))
    air.leave()
    air.drain()
    air.line.finish()
    started_us = air.line.original_recorder.finish().started_us
    assert started_us is not None
    return air.line.original_recorder.folder, started_us


def decoded(flac: bytes) -> np.ndarray:
    with av.open(io.BytesIO(flac), "r") as container:
        frames = [frame.to_ndarray().reshape(-1, 2) for frame in container.decode(audio=0)]
    return np.concatenate(frames)


def pitch_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples[:, 0].astype(float) * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / len(samples)


def test_a_cut_is_that_second_and_no_other(tmp_path: Path) -> None:
    folder, started_us = recorded(tmp_path)
    flac = cut_sound(folder, started_us + 3_000_000, started_us + 5_000_000)
    assert flac is not None
    assert flac == cut_sound(folder, started_us + 3_000_000, started_us + 5_000_000), "the same bytes again"
    sound = decoded(flac)
    assert len(sound) == 2 * SAMPLE_RATE_HZ
    for second in (3, 4):
        at = (second - 3) * SAMPLE_RATE_HZ
        piece = sound[at + 4_000 : at + SAMPLE_RATE_HZ - 4_000]
        assert abs(pitch_hz(piece) - tone_hz(second)) < 5


def test_where_nothing_was_recorded_there_is_silence_or_nothing(tmp_path: Path) -> None:
    folder, started_us = recorded(tmp_path)
    flac = cut_sound(folder, started_us - 1_000_000, started_us + 1_000_000)
    assert flac is not None
    sound = decoded(flac)
    assert not sound[: SAMPLE_RATE_HZ - 100].any()
    assert sound[SAMPLE_RATE_HZ + 4_000 :].any()
    assert cut_sound(folder, started_us + 60_000_000, started_us + 61_000_000) is None
    assert cut_sound(tmp_path / "nowhere", started_us, started_us + 1) is None
    with pytest.raises(ValueError, match="two minutes"):
        cut_sound(folder, started_us, started_us + CUT_US_MAX + 1)
