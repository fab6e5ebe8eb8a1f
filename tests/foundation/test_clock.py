"""Programme time and sample counts convert both ways without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.foundation.clock import ManualClock, samples_to_us, us_to_samples


@given(st.integers(0, 48_000 * 86_400 * 365), st.sampled_from([8_000, 16_000, 22_050, 44_100, 48_000, 96_000]))
def test_a_sample_index_survives_microseconds(samples: int, rate: int) -> None:
    assert us_to_samples(samples_to_us(samples, rate), rate) == samples


def test_manual_clock_only_moves_forward() -> None:
    clock = ManualClock(5)
    clock.advance(7)
    assert clock.now_us() == clock.monotonic_us() == 12
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
