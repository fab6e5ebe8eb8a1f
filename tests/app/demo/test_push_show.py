"""The push loops the film without a gap and never says the key."""

import threading
from itertools import islice, pairwise

import pytest

from tallylight.app.demo.push_show import PushError, endless, push_show, read_parcels
from tallylight.app.demo.timeline import SHOW_FILE, read_timeline
from tests.support.postgres import free_port

TIMELINE = read_timeline()
PARCELS = read_parcels(SHOW_FILE, TIMELINE)


def test_a_loop_is_every_picture_and_every_sample_once() -> None:
    assert sum(parcel.is_video for parcel in PARCELS) == TIMELINE.frames
    assert sum(not parcel.is_video for parcel in PARCELS) * 1024 == TIMELINE.samples
    assert PARCELS[0].is_video
    assert PARCELS[0].keyframe


def test_keyframes_are_two_seconds_apart() -> None:
    keys = [parcel.at_us for parcel in PARCELS if parcel.is_video and parcel.keyframe]
    assert {later - earlier for earlier, later in pairwise(keys)} == {2_000_000}


def test_times_grow_evenly_across_the_seam() -> None:
    looped = list(islice(endless(PARCELS, TIMELINE.duration_us), len(PARCELS) + 200))
    times = [at_us for at_us, _ in looped]
    assert times == sorted(times)
    for is_video, step_us in ((True, 1_000_000 / 30), (False, 1024 * 1_000_000 / 48_000)):
        mine = [at_us for at_us, parcel in looped if parcel.is_video is is_video]
        assert all(abs(later - earlier - step_us) <= 1 for earlier, later in pairwise(mine))


def test_a_refused_push_says_so_without_the_key() -> None:
    url = f"rtmp://127.0.0.1:{free_port()}/live/abc_topsecret"
    with pytest.raises(PushError) as caught:
        push_show(url, SHOW_FILE, TIMELINE, threading.Event(), lambda at_s: None)
    assert "topsecret" not in str(caught.value)
    assert caught.value.__cause__ is None
