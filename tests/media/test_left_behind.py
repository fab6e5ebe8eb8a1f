"""What a killed process leaves of a window, and what its successor makes of it. Files as a kill -9 leaves them."""

from pathlib import Path

import pytest

from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND
from tallylight.media.left_behind import RELISTED_TICKS, take_up_window, written_us
from tallylight.media.live_window import LiveWindow
from tallylight.media.recording import GROWING_NAME, INDEX_NAME, Recorder, read_index
from tallylight.media.segmenter import Part
from tests.media.playlist_rules import check_playlist

PART_TICKS = VIDEO_TICKS_PER_SECOND // 10
PARTS = 10
ORIGIN_US = 1_750_000_000_000_000


def programme_us(ticks: int) -> int:
    return ORIGIN_US + ticks * 100 // 9


class Dying:
    """A window with its recorder; ``die`` leaves the folder as it stands when everything queued is written."""

    def __init__(self, folder: Path, *, successor: bool = False) -> None:
        self.folder = folder
        self.recorder = Recorder(folder)
        left = take_up_window(folder) if successor else None
        self.window = LiveWindow(programme_us, self.recorder, left=left)
        self.ticks = 1_000 * VIDEO_TICKS_PER_SECOND if successor else 0

    def part(self) -> None:
        self.window.part(Part(bytes([self.ticks % 251]) * 1_000, PART_TICKS, independent=True))
        self.ticks += PART_TICKS

    def segments(self, count: int, *, discontinuity: bool = False) -> None:
        for _ in range(count):
            self.window.segment_began(b"init", discontinuity=discontinuity, at_ticks=self.ticks)
            for _ in range(PARTS):
                self.part()
            self.window.segment_ended()

    def die_growing(self, parts: int) -> None:
        """Dead with ``parts`` of the next segment out."""
        self.window.segment_began(b"init", discontinuity=False, at_ticks=self.ticks)
        for _ in range(parts):
            self.part()
        name = self.window.playlist(low_latency=True).rsplit('PART:DURATION=0.10000,URI="', 1)[1].split(".")[0]
        path = self.folder / f"{name}.m4s"
        growing = (self.folder / GROWING_NAME, path)
        self.recorder._queue.put("ended")  # the worker is behind this when it has written all parts
        self.recorder._queue.put(None)
        self.recorder._thread.join()
        lines = (self.folder / INDEX_NAME).read_bytes().splitlines(keepends=True)
        (self.folder / INDEX_NAME).write_bytes(b"".join(lines[:-1]))  # it never came to the end of the segment
        assert all(file.exists() for file in growing)


def test_a_segment_cut_short_is_kept_to_its_last_whole_part(tmp_path: Path) -> None:
    dying = Dying(tmp_path)
    dying.segments(2)
    dying.die_growing(4)
    torn = tmp_path / "s2.m4s"
    torn.write_bytes(torn.read_bytes()[:3_500])
    left = take_up_window(tmp_path)
    assert [(line.sequence, line.ticks, line.bytes) for line in read_index(tmp_path / INDEX_NAME)] == [
        (0, PARTS * PART_TICKS, PARTS * 1_000),
        (1, PARTS * PART_TICKS, PARTS * 1_000),
        (2, 3 * PART_TICKS, 3_000),
    ]
    assert torn.stat().st_size == 3_000
    assert left.next_sequence == 3
    assert left.until_us == programme_us((2 * PARTS + 3) * PART_TICKS)
    assert written_us(tmp_path) > 0


def test_taking_up_twice_mends_once_and_never_gives_a_name_twice(tmp_path: Path) -> None:
    dying = Dying(tmp_path)
    dying.segments(1)
    dying.die_growing(2)
    first, second = take_up_window(tmp_path), take_up_window(tmp_path)
    assert (first.take, second.take) == (1, 2)
    assert first.files == second.files
    assert len(read_index(tmp_path / INDEX_NAME)) == 2


@pytest.mark.parametrize("grown", [1, 7])
def test_a_successor_goes_on_where_the_window_stood(tmp_path: Path, grown: int) -> None:
    dying = Dying(tmp_path)
    dying.segments(20)
    dying.segments(1, discontinuity=True)
    dying.segments(35)
    dying.die_growing(grown)
    before = dying.window.playlist(low_latency=True)
    successor = Dying(tmp_path, successor=True)
    waiting = successor.window.playlist(low_latency=True)
    old = check_playlist(waiting, steady=False)
    assert old.discontinuity_sequence == check_playlist(before, steady=False).discontinuity_sequence == 1
    assert [segment.uri for segment in old.segments][-1] == "s56.m4s"
    assert old.media_sequence == 57 - len(old.segments)
    assert successor.window.hinted == "s57t1.0.m4s"
    successor.segments(2)
    text = successor.window.playlist(low_latency=True)
    new = check_playlist(text, steady=False)
    assert [segment.uri for segment in new.segments][-2:] == ["s57t1.m4s", "s58t1.m4s"]
    assert [segment.discontinuity for segment in new.segments if segment.uri][-3:] == [False, True, False]
    for segment in old.segments:
        assert segment.uri is None or successor.window.get(segment.uri) is not None
    successor.segments(40)
    assert check_playlist(successor.window.playlist(low_latency=True), steady=False).discontinuity_sequence == 2
    successor.recorder.finish()
    lines = read_index(tmp_path / INDEX_NAME)
    assert [line.sequence for line in lines] == list(range(99))
    assert lines[-1].breaks == 2
    check_playlist((tmp_path / "replay.m3u8").read_text(), part_target_s=None)


def test_only_what_follows_without_a_hole_is_listed_again(tmp_path: Path) -> None:
    dying = Dying(tmp_path)
    dying.segments(8)
    dying.recorder.finish()
    index = tmp_path / INDEX_NAME
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join(line for at, line in enumerate(lines) if at != 4))
    left = take_up_window(tmp_path)
    assert [segment.sequence for segment in left.segments] == [5, 6, 7]
    assert sum(segment.ticks for segment in left.segments) <= RELISTED_TICKS


def test_of_nothing_a_window_begins_at_nothing(tmp_path: Path) -> None:
    left = take_up_window(tmp_path / "none")
    assert (left.next_sequence, left.until_us, left.segments) == (0, 0, ())
    assert left.take == 1, "the dead process may have served parts that never reached the disk"
