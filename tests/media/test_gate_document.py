"""docs/algorithms/gate.md by its own numbers."""

import numpy as np
import pytest

from tallylight.media.codec_config import PictureFormat
from tallylight.media.delay_gate import DelayGate, GateFact, ReleasedSound
from tallylight.media.release_policy import GatePolicy, pad_span
from tallylight.media.units import CHANNELS, SAMPLE_RATE_HZ, AudioUnit, EpochOpened
from tallylight.media.withheld import StretchBegan, StretchEnded

SECOND = 1_000_000
ORIGIN_US = 90 * SECOND
FRAME = SAMPLE_RATE_HZ // 50
"""20 ms, so that frames end on round numbers."""


def gate(delay_s: int = 8, *, fail_open: bool = False, sound_s: int = 20) -> DelayGate:
    """Sound from 90 s on, all there."""
    made = DelayGate(GatePolicy(delay_us=delay_s * SECOND, fail_open=fail_open))
    made.put(EpochOpened(0, ORIGIN_US, b"", PictureFormat(1280, 720, "avc1.640028"), 33_333))
    for start in range(0, sound_s * SAMPLE_RATE_HZ, FRAME):
        made.put(AudioUnit(0, start, np.full((CHANNELS, FRAME), 0.5, np.float32)))
    return made


def loudness_at(made: DelayGate, wall_s: float) -> tuple[dict[float, float], list[GateFact]]:
    """Everything released up to ``wall_s``: mean level by the second at which each frame ends."""
    released, facts = made.step(round(wall_s * SECOND))
    levels = {
        90 + (item.start + item.pcm.shape[1]) / SAMPLE_RATE_HZ: float(np.abs(item.pcm).mean())
        for item in released
        if isinstance(item, ReleasedSound)
    }
    return levels, facts


def test_a_frame_airs_when_it_is_as_old_as_the_delay_and_no_sooner() -> None:
    made = gate()
    made.advance_watermark(105 * SECOND)
    early, _ = loudness_at(made, 107.999999)
    assert max(early) < 100
    due, _ = loudness_at(made, 108)
    assert list(due) == [100]
    assert due[100] == pytest.approx(0.5)


@pytest.mark.parametrize(("watermark_s", "airs"), [(100.2, True), (100.199999, False), (99.0, False)])
def test_it_airs_as_it_came_only_when_the_watermark_is_200_ms_past_it(watermark_s: float, airs: bool) -> None:
    made = gate()
    made.advance_watermark(round(watermark_s * SECOND))
    levels, _ = loudness_at(made, 108)
    assert (levels[100] > 0) is airs


def test_a_late_stretch_begins_on_record_and_ends_500_ms_behind_the_watermark() -> None:
    made = gate()
    made.advance_watermark(99 * SECOND)
    levels, facts = loudness_at(made, 108)
    assert levels[100] == 0
    (began,) = [fact for fact in facts if isinstance(fact, StretchBegan)]
    assert began.kind == "late"
    made.advance_watermark(101_500_000)
    levels, facts = loudness_at(made, 109.5)
    assert levels[101] > 0
    assert levels[100.5] > 0
    (ended,) = [fact for fact in facts if isinstance(fact, StretchEnded)]
    assert ended.end_us == 100 * SECOND
    assert max(second for second, level in levels.items() if level > 0) <= 101.3


def test_a_show_set_to_fail_open_airs_it_on_record() -> None:
    made = gate(fail_open=True)
    made.advance_watermark(99 * SECOND)
    levels, facts = loudness_at(made, 108)
    assert levels[100] > 0
    assert [fact.kind for fact in facts if isinstance(fact, StretchBegan)] == ["fail_open"]


def test_padding_stops_at_the_centre_of_a_neighbour() -> None:
    words = [(9_500_000, 9_900_000), (11_050_000, 11_250_000)]
    assert pad_span(10_000_000, 11_000_000, words) == (9_800_000, 11_150_000)
