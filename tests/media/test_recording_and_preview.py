"""Recordings on disk, and leave to see the undelayed programme."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.media import recording
from tallylight.media.preview_token import LIFETIME_MAX_US, preview_key, sign_preview, verify_preview
from tallylight.media.recording import INDEX_NAME, finish_recording, read_index
from tests.media.aired import decode_playlist
from tests.media.lines import VirtualAir
from tests.media.playlist_rules import check_playlist
from tests.media.sources import make_source, tone_hz

NOW = 1_750_000_000_000_000
KEY = b"k" * 32


def record(folder: Path) -> VirtualAir:
    air = VirtualAir(folder)
    air.publish(make_source(6))
    air.leave()
    air.wait(3_000_000)
    air.publish(make_source(4, first_second=6))
    air.leave()
    air.drain()
    air.line.finish()
    return air


def test_the_replay_is_what_aired_with_the_same_programme_times(tmp_path: Path) -> None:
    air = record(tmp_path)
    live = air.aired()
    summary = air.line.aired_recorder.finish()
    folder = air.line.aired_recorder.folder
    text = (folder / "replay.m3u8").read_text()
    check_playlist(text, part_target_s=None)
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in text
    replay = decode_playlist(text, lambda name: (folder / name).read_bytes())
    assert replay.pictures == live.pictures
    assert (summary.lost, summary.started_us) == (0, live.origin_us)
    assert summary.ended_us is not None
    assert abs(summary.ended_us - air.watcher.closed[-1].end_us) < 2_000


def test_a_replay_that_cannot_be_written_does_not_hide_what_was_recorded(tmp_path: Path) -> None:
    air = record(tmp_path)
    folder = air.line.aired_recorder.folder
    air.line.aired_recorder.finish()
    (folder / "replay.m3u8").unlink()
    (folder / "replay.m3u8.draft").mkdir()
    assert finish_recording(folder).segments > 0
    assert not (folder / "replay.m3u8").exists()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """What a disk without room does to a file that grows: the write fails (EFBIG), in the middle of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_loses_segments_counted_and_air_goes_on(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path)
    with files_no_larger_than(50_000):
        air.publish(make_source(6))
        air.leave()
        air.drain()
        air.line.finish()
        summary = air.line.aired_recorder.finish()
    assert [picture.number for picture in air.aired().pictures] == list(range(180)), "viewers got all of it"
    assert summary.lost > 0
    folder = air.line.aired_recorder.folder
    lines = read_index(folder / INDEX_NAME)
    assert all((folder / line.name).stat().st_size == line.bytes for line in lines), "only whole segments are kept"
    assert {path.name for path in folder.glob("s*.m4s")} == {line.name for line in lines}


def test_the_original_is_what_the_camera_sent_untouched(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path)
    air.judging = False
    source = make_source(6)
    air.publish(source)
    air.leave()
    air.drain()
    air.line.finish()
    air.line.original_recorder.finish()
    folder = air.line.original_recorder.folder
    original = decode_playlist((folder / "replay.m3u8").read_text(), lambda name: (folder / name).read_bytes())
    assert [picture.number for picture in original.pictures] == list(range(180)), "although nothing aired"
    assert original.tone_db(tone_hz(3), original.origin_us + 3_100_000, original.origin_us + 3_900_000) > -8
    everything = b"".join(path.read_bytes() for path in sorted(folder.glob("s*.m4s")))
    assert all(m.payload[5:] in everything for m in source.messages if m.kind == "video")


def test_a_recording_torn_by_a_crash_is_whole_up_to_its_last_line(tmp_path: Path) -> None:
    air = record(tmp_path)
    air.line.aired_recorder.finish()
    folder = air.line.aired_recorder.folder
    (folder / "replay.m3u8").unlink()
    index = folder / "index.jsonl"
    lines = index.read_bytes().splitlines(keepends=True)
    index.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])
    summary = finish_recording(folder)
    assert summary.segments == len(lines) - 1
    check_playlist((folder / "replay.m3u8").read_text(), part_target_s=None)


def test_a_full_disk_loses_recording_and_not_air(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "FREE_BYTES_MIN", 1 << 62)
    air = record(tmp_path)
    summary = air.line.aired_recorder.finish()
    assert summary.segments == 0
    assert summary.lost > 0
    assert len(air.aired().pictures) == 300


def test_a_fresh_token_opens_its_own_broadcast(tmp_path: Path) -> None:
    broadcast_id = uuid4()
    token = sign_preview(KEY, broadcast_id, NOW)
    assert verify_preview(KEY, token, NOW) == broadcast_id
    assert verify_preview(KEY, token, NOW + LIFETIME_MAX_US - 1) == broadcast_id
    assert verify_preview(KEY, token, NOW + LIFETIME_MAX_US) is None
    assert verify_preview(b"x" * 32, token, NOW) is None
    with pytest.raises(ValueError, match="ten minutes"):
        sign_preview(KEY, broadcast_id, NOW, LIFETIME_MAX_US + 1)


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_token_changed_anywhere_opens_nothing(at: int, change: int) -> None:
    token = sign_preview(KEY, UUID(int=1), NOW)
    at %= len(token)
    changed = token[:at] + chr((ord(token[at]) + change) % 128) + token[at + 1 :]
    found = verify_preview(KEY, changed, NOW)
    # The last character of a base64 text may carry bits that count for nothing.
    assert found is None or (found == UUID(int=1) and at in (token.index(".") - 1, len(token) - 1)) or changed == token


@given(st.text(max_size=80))
def test_any_text_is_no_token(text: str) -> None:
    assert verify_preview(KEY, text, NOW) is None


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    key = preview_key(tmp_path)
    assert len(key) == 32
    assert preview_key(tmp_path) == key
    path = tmp_path / "secrets" / "preview.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
