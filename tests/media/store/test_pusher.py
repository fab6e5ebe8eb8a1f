"""What reaches a store, in which order, and what a store that fails costs."""

import asyncio
from pathlib import Path

import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import new_id
from tallylight.foundation.settings import Settings
from tallylight.media.left_behind import take_up_window
from tallylight.media.live_window import LiveWindow, SegmentKeeper, SegmentKeepers
from tallylight.media.playlist import ListedPart, ListedSegment
from tallylight.media.recording import Recorder
from tallylight.media.segmenter import Part
from tallylight.media.store import pusher as pusher_module
from tallylight.media.store.open_store import StorePutError, open_store
from tallylight.media.store.pusher import KEPT, LIVE, WAITING_MAX, StorePusher, seen_from
from tests.media.house import until
from tests.media.playlist_rules import check_playlist

BROADCAST = new_id()
FOLDER = f"hls/{BROADCAST}/token"


def give(sequence: int, *keepers: SegmentKeeper) -> None:
    """One whole segment in two parts."""
    listed = ListedSegment(sequence, "init-0.mp4", False, sequence * 2_000_000)
    for keeper in keepers:
        keeper.began(listed, b"init")
    for half in (b"segment ", b"%d" % sequence):
        listed.parts.append(ListedPart("", 90_000, True))
        for keeper in keepers:
            keeper.part(90_000, half)
    listed.ended = True
    for keeper in keepers:
        keeper.ended()


class Store:
    """Takes objects while it is well; ``open`` lets waiting ones through."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.caches: dict[str, str] = {}
        self.order: list[str] = []
        self.refuses: set[str] = set()
        self.open = asyncio.Event()
        self.open.set()

    async def put(self, path: str, body: bytes, content_type: str, cache: str) -> None:
        await self.open.wait()
        if path in self.refuses or "*" in self.refuses:
            raise StorePutError("The store cannot be reached or fails.")
        self.order.append(path)
        self.objects[path] = body
        self.caches[path] = cache
        # Whoever reads a playlist now finds all that it names.
        if path.endswith("live.m3u8"):
            for name in named(body.decode()):
                assert f"{FOLDER}/{name}" in self.objects, f"{name} is named before it is there"


def named(playlist: str) -> list[str]:
    """The segments of a playlist that are no gaps."""
    lines = playlist.splitlines()
    return [
        line
        for at, line in enumerate(lines)
        if line and not line.startswith("#") and "#EXT-X-GAP" not in lines[max(at - 2, 0) : at]
    ]


def test_a_segment_is_there_before_the_playlist_that_names_it_and_the_replay_at_the_end(tmp_path: Path) -> None:
    async def story() -> None:
        store, recorder = Store(), Recorder(tmp_path / "aired")
        pusher = StorePusher(store.put, BROADCAST, "token")
        running = asyncio.create_task(pusher.run())
        for number in range(20):
            give(number, recorder, pusher)
            await asyncio.sleep(0)
        await until(lambda: settled(pusher))
        assert store.order[:3] == [f"{FOLDER}/init-0.mp4", f"{FOLDER}/s0.m4s", f"{FOLDER}/live.m3u8"]
        assert (store.caches[f"{FOLDER}/s0.m4s"], store.caches[f"{FOLDER}/live.m3u8"]) == (KEPT, LIVE)
        live = store.objects[f"{FOLDER}/live.m3u8"].decode()
        assert named(live) == [f"s{number}.m4s" for number in range(5, 20)], "thirty seconds"
        assert "MEDIA-SEQUENCE:5\n" in live
        assert "ENDLIST" not in live
        await asyncio.to_thread(recorder.finish)
        assert await pusher.finish(tmp_path / "aired")
        assert "ENDLIST" in store.objects[f"{FOLDER}/live.m3u8"].decode()
        replay = store.objects[f"replay/{BROADCAST}/replay.m3u8"].decode()
        assert named(replay) == [f"../../{FOLDER}/s{number}.m4s" for number in range(20)]
        assert f'URI="../../{FOLDER}/init-0.mp4"' in replay
        running.cancel()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_segment_that_the_store_refuses_is_a_gap_and_is_in_the_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher_module, "RETRY_S", 0)

    async def story() -> None:
        store, recorder = Store(), Recorder(tmp_path / "aired")
        store.refuses = {f"{FOLDER}/s1.m4s"}
        pusher = StorePusher(store.put, BROADCAST, "token")
        running = asyncio.create_task(pusher.run())
        for number in range(3):
            give(number, recorder, pusher)
        await until(lambda: settled(pusher))
        live = store.objects[f"{FOLDER}/live.m3u8"].decode()
        assert named(live) == ["s0.m4s", "s2.m4s"]
        assert live.count("#EXT-X-GAP") == 1
        assert live.count("#EXTINF") == 3, "numbers go on as everywhere else"
        assert (pusher.status().lost, pusher.status().state) == (1, "live")
        store.refuses = set()
        await asyncio.to_thread(recorder.finish)
        assert await pusher.finish(tmp_path / "aired")
        assert store.objects[f"{FOLDER}/s1.m4s"] == b"segment 1"
        running.cancel()

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_store_that_hangs_holds_a_limited_number_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pusher_module, "RETRY_S", 0)

    async def story() -> None:
        store = Store()
        store.open.clear()
        pusher = StorePusher(store.put, BROADCAST, "token")
        running = asyncio.create_task(pusher.run())
        for number in range(100):
            give(number, pusher)
        assert sum(one.data is not None for one in pusher._queue) == WAITING_MAX
        store.open.set()
        await until(lambda: settled(pusher))
        assert named(store.objects[f"{FOLDER}/live.m3u8"].decode()) == [f"s{number}.m4s" for number in range(85, 100)]
        store.refuses = {"*"}
        give(100, pusher)
        await until(lambda: settled(pusher))
        status = pusher.status()
        assert (status.state, status.problem) == ("failing", "The store cannot be reached or fails.")
        assert await pusher.finish(tmp_path) is False, "the replay stays where it was recorded"
        running.cancel()

    asyncio.run(asyncio.wait_for(story(), 30))


async def settled(pusher: StorePusher) -> bool:
    return pusher._idle.is_set()


def test_after_a_crash_another_process_goes_on_and_the_store_misses_nothing(tmp_path: Path) -> None:
    """The dead process had pushed three of five segments; nobody knows which."""
    store = Store()
    playlist = f"{FOLDER}/live.m3u8"
    first_listed: list[int] = []

    async def put(path: str, body: bytes, content_type: str, cache: str) -> None:
        await store.put(path, body, content_type, cache)
        if path == playlist:
            text = body.decode()
            check_playlist(text, part_target_s=None, steady=False)
            first_listed.append(int(text.split("#EXT-X-MEDIA-SEQUENCE:")[1].split()[0]))

    async def story() -> None:
        recorder, dead = Recorder(tmp_path), StorePusher(put, BROADCAST, "token")
        running = asyncio.create_task(dead.run())
        for number in range(3):
            give(number, recorder, dead)
        await until(lambda: settled(dead))
        store.open.clear()
        for number in range(3, 5):
            give(number, recorder, dead)
        running.cancel()
        store.open.set()
        await asyncio.to_thread(recorder.hand_over)
        assert len(named(store.objects[playlist].decode())) == 3

        left = take_up_window(tmp_path)
        recorder, pusher = Recorder(tmp_path), StorePusher(put, BROADCAST, "token")
        keepers = SegmentKeepers(recorder)
        keepers.add(pusher)
        window = LiveWindow(lambda ticks: ticks * 100 // 9, keepers, left=left)
        pusher.go_on(left)
        running = asyncio.create_task(pusher.run())
        for number in range(5, 7):
            window.segment_began(b"init", discontinuity=False, at_ticks=number * 180_000)
            for _ in range(12):
                window.part(Part(b"part", 15_000, independent=True))
            window.segment_ended()
        await until(lambda: settled(pusher))
        text = store.objects[playlist].decode()
        segments = [name for name in named(text) if not name.startswith("init")]
        assert segments == [*(f"s{number}.m4s" for number in range(5)), "s5t1.m4s", "s6t1.m4s"]
        assert "#EXT-X-GAP" not in text
        assert text.count("#EXT-X-DISCONTINUITY\n") == 1
        assert first_listed == sorted(first_listed), "a playlist never steps back"
        await asyncio.to_thread(recorder.finish)
        assert await pusher.finish(tmp_path)
        running.cancel()
        replay = store.objects[f"replay/{BROADCAST}/replay.m3u8"].decode()
        assert all(f"{FOLDER}/{name.rpartition('/')[2]}" in store.objects for name in named(replay))

    asyncio.run(asyncio.wait_for(story(), 30))


def test_a_playlist_moves_with_its_names() -> None:
    text = '#EXTM3U\n#EXT-X-MAP:URI="init-0.mp4"\n#EXTINF:2.0,\ns0.m4s\n'
    assert seen_from(text, "../x/") == '#EXTM3U\n#EXT-X-MAP:URI="../x/init-0.mp4"\n#EXTINF:2.0,\n../x/s0.m4s\n'


@pytest.mark.parametrize(
    "given",
    [
        {"store_url": "http://bucket"},
        {"store_url": "s3://bucket"},
        {"store_url": "s3://bucket", "store_public_url": "https://cdn.example.com"},
    ],
)
def test_a_store_that_is_half_set_up_stops_the_start_with_words(given: dict[str, str], tmp_path: Path) -> None:
    assert open_store(Settings(data_dir=tmp_path)) is None
    with pytest.raises(InvalidInputError, match="TALLYLIGHT_STORE_URL"):
        open_store(Settings(data_dir=tmp_path, **given))  # type: ignore[arg-type]
