"""Where samples lie: counted, not stamped; strictly rising, whatever the publisher says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.media.timeline import Timeline, TimestampJumpError

NOW = 1_750_000_000_000_000


def opened(timestamp_ms: int = 0, composition_ms: int = 0) -> Timeline:
    timeline = Timeline()
    timeline.open_epoch(NOW, timestamp_ms, composition_ms)
    return timeline


def test_stamps_rounded_to_milliseconds_never_move_samples() -> None:
    timeline = opened()
    for frame in range(2_000):
        place = timeline.place_sound(frame * 1024 * 1000 // 48_000, 1024)
        assert place is not None
        assert (place.start, place.silence, place.skip) == (frame * 1024, 0, 0)


def test_an_encoder_whose_sound_clock_drifts_is_put_right_beyond_a_tenth_of_a_second() -> None:
    timeline = opened()
    moved = []
    for frame in range(2_000):
        place = timeline.place_sound(round(frame * 1024 * 1000 / 48_000 * 1.004), 1024)
        assert place is not None
        if place.silence:
            moved.append(place.silence)
    assert 1 <= len(moved) <= 2
    assert all(4_800 < silence < 5_000 for silence in moved)


def test_sound_that_comes_twice_is_heard_once() -> None:
    timeline = opened()
    for frame in range(20):
        timeline.place_sound(frame * 1024 * 1000 // 48_000, 1024)
    assert timeline.place_sound(0, 1024) is None
    place = timeline.place_sound(300, 12_000)
    assert place is not None
    assert (place.start, place.skip) == (20 * 1024, 20 * 1024 - 300 * 48)


def test_sound_begins_where_its_first_stamp_says() -> None:
    timeline = opened(timestamp_ms=1_000)
    place = timeline.place_sound(1_040, 1024)
    assert place is not None
    assert (place.start, place.silence) == (0, 40 * 48)
    earlier = opened(timestamp_ms=1_000)
    cut = earlier.place_sound(990, 1024)
    assert cut is not None
    assert (cut.start, cut.skip) == (0, 480)
    assert opened(timestamp_ms=1_000).place_sound(900, 1024) is None


def test_the_first_picture_is_shown_at_the_origin_though_it_is_reordered() -> None:
    timeline = opened(timestamp_ms=0, composition_ms=66)
    assert timeline.place_video(0, 66) == (NOW, NOW)
    assert timeline.place_video(33, 166) == (NOW + 33_000, NOW + 133_000)
    assert timeline.place_video(67, 33) == (NOW + 67_000, NOW + 34_000)
    place = timeline.place_sound(66, 1024)
    assert place is not None
    assert (place.start, place.silence, place.skip) == (0, 0, 0)


@pytest.mark.parametrize("stamp", [2_040, 2**32 - 5_000, 2**31])
def test_a_leap_is_a_break(stamp: int) -> None:
    timeline = opened()
    timeline.place_video(0, 0)
    timeline.place_video(33, 0)
    with pytest.raises(TimestampJumpError):
        timeline.place_video(stamp, 0)


@given(st.lists(st.tuples(st.integers(-3_000_000, 30_000_000), st.integers(0, 2**32 - 1), st.lists(
    st.tuples(st.booleans(), st.integers(-200, 3_000)), max_size=30)), min_size=1, max_size=5))  # fmt: skip
def test_programme_time_rises_strictly_through_everything(
    epochs: list[tuple[int, int, list[tuple[bool, int]]]],
) -> None:
    """Wall clocks that step back, stamps at random: pictures and samples never run back or overlap."""
    timeline = Timeline()
    now, last_picture, last_sample = NOW, 0, 0
    for step, base, moves in epochs:
        now += step
        before = timeline.end_us
        origin = timeline.open_epoch(now, base, 0)
        assert origin >= before
        stamp = base
        for is_picture, move in moves:
            stamp = (stamp + move) % 2**32
            try:
                if is_picture:
                    dts, _ = timeline.place_video(stamp, 0)
                    assert dts > last_picture
                    last_picture = dts
                    timeline.video_ends(dts + 33_000)
                elif place := timeline.place_sound(stamp, 1024):
                    assert place.start >= last_sample
                    assert timeline.sample_time(place.start) >= origin - 21
                    last_sample = place.start + place.silence + 1024 - place.skip
            except TimestampJumpError:
                break
