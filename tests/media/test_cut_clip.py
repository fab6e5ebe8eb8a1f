"""A clip is whole segments of the recording, in one file that any player opens."""

import io
from pathlib import Path

import av
import pytest

from tallylight.media.cut_clip import cut_clip
from tests.media.test_cut_sound import recorded


def test_a_clip_shows_what_was_recorded_around_the_moment(tmp_path: Path) -> None:
    folder, started_us = recorded(tmp_path)
    at_us = started_us + 4_500_000
    clip = cut_clip(folder, at_us - 1_000_000, at_us + 1_000_000, around_us=at_us)
    assert clip is not None
    assert clip == cut_clip(folder, at_us - 1_000_000, at_us + 1_000_000, around_us=at_us), "the same bytes again"
    assert clip.from_us <= at_us - 1_000_000
    assert clip.until_us >= at_us + 1_000_000
    with av.open(io.BytesIO(clip.data), "r") as container:
        kinds = sorted(stream.type for stream in container.streams)
        pictures = [frame.time for frame in container.decode(video=0)]
    assert kinds == ["audio", "video"]
    assert pictures[0] is not None
    assert pictures[-1] is not None
    assert pictures[0] < 0.1
    shown_us = (clip.until_us - clip.from_us) / 1_000_000
    assert abs(pictures[-1] - pictures[0] - shown_us) < 0.2


def test_what_was_not_recorded_has_no_clip(tmp_path: Path) -> None:
    folder, started_us = recorded(tmp_path)
    late_us = started_us + 60_000_000
    assert cut_clip(folder, late_us - 1_000_000, late_us + 1_000_000, around_us=late_us) is None
    assert cut_clip(tmp_path / "nowhere", started_us, started_us + 2, around_us=started_us) is None
    with pytest.raises(ValueError, match="two minutes"):
        cut_clip(folder, started_us, started_us + 200_000_000, around_us=started_us)
    # Asked for more than there is: what there is.
    clip = cut_clip(folder, started_us - 9_000_000, started_us + 1_000_000, around_us=started_us + 500_000)
    assert clip is not None
    assert clip.from_us == started_us


def test_a_missing_segment_is_an_error_and_no_shorter_clip(tmp_path: Path) -> None:
    folder, started_us = recorded(tmp_path)
    at_us = started_us + 4_500_000
    segments = sorted(path for path in folder.iterdir() if path.suffix not in (".jsonl", ".m3u8", ".mp4"))
    for path in segments:
        path.unlink()
    with pytest.raises(FileNotFoundError):
        cut_clip(folder, at_us - 1_000_000, at_us + 1_000_000, around_us=at_us)
