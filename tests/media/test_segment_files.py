"""Segments that are on disk are sent by the kernel, and are the same bytes; files are let go of with their segments."""

import asyncio
import os
from pathlib import Path

import pytest

from tallylight.app.processes import answer_at_once
from tallylight.media.kept_sound import KeptSound
from tallylight.media.live_window import LiveWindow
from tallylight.media.origin import Served
from tallylight.media.recording import Recorder
from tallylight.media.segment_files import SegmentFiles
from tallylight.media.segmenter import Part
from tests.media.test_serving import BASE, BROADCAST, TOKEN, answer_of, ask, origin, play

LARGE = 8 << 20


def recorded(folder: Path, sizes: list[int]) -> tuple[LiveWindow, SegmentFiles]:
    """A window of segments, two seconds and ``sizes`` bytes each, all written to disk."""
    files = SegmentFiles()
    recorder = Recorder(folder, files)
    window = LiveWindow(lambda ticks: ticks * 100 // 9, recorder, files=files)
    for number, size in enumerate(sizes):
        window.segment_began(b"initialisation", discontinuity=False, at_ticks=number * 180_000)
        for half in (size // 2, size - size // 2):
            window.part(Part(os.urandom(half), 90_000, independent=True))
        window.segment_ended()
    recorder.hand_over()
    return window, files


@pytest.mark.parametrize("size", [1000, LARGE])
def test_the_kernel_sends_the_same_bytes(tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also to a reader so slow that only a piece goes at once."""
    given: list[tuple[int, int]] = []
    real = answer_at_once._sent_by_the_kernel

    def watched(connection: int, head: bytes, file: int, length: int) -> int:
        sent = real(connection, head, file, length)
        given.append((sent - len(head), length))
        return sent

    monkeypatch.setattr(answer_at_once, "_sent_by_the_kernel", watched)

    async def story() -> None:
        async with origin(tmp_path) as (stage, port):
            window, _ = recorded(tmp_path / "live", [size, size])
            stage.directory.served[BROADCAST] = Served(TOKEN, window, window, KeptSound())
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
            for name in ("s0.m4s", "s1.m4s", "s0.m4s"):
                ask(writer, f"{BASE}/{name}")
            for name in ("s0.m4s", "s1.m4s", "s0.m4s"):
                status, _, body = await answer_of(reader)
                assert (status, body) == (b"HTTP/1.1 200 OK", window.get(name))
            writer.close()

    play(story)
    assert given
    sent, length = given[0]
    assert 0 < sent <= length == size
    assert (sent == length) == (size < LARGE)


def test_a_file_of_another_length_is_not_sent(tmp_path: Path) -> None:
    window, _ = recorded(tmp_path, [1000])
    number = window.file_of("s0.m4s", 1000)
    assert number is not None
    assert os.pread(number, 2000, 0) == window.get("s0.m4s")
    assert window.file_of("s0.m4s", 999) is None
    assert window.file_of("s7.m4s", 1000) is None


def test_files_are_let_go_of_with_their_segments_and_with_the_window(tmp_path: Path) -> None:
    window, files = recorded(tmp_path / "a", [100] * 30)
    gone = [number for number in range(30) if window.get(f"s{number}.m4s") is None]
    assert gone
    held = [files.get(f"s{number}.m4s", 100) for number in range(30)]
    assert [number for number, one in enumerate(held) if one is None] == gone
    files.written(tmp_path / "a" / "s0.m4s")
    assert files.get("s0.m4s", 100) is None, "what comes late is not wanted any more"
    open_ones = [one for one in held if one is not None]
    del window, files
    for number in open_ones:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(number)


def test_a_segment_that_was_not_written_is_served_from_memory(tmp_path: Path) -> None:
    files = SegmentFiles()
    files.expect("s0.m4s")
    files.written(tmp_path / "s0.m4s")
    assert files.get("s0.m4s", 0) is None
