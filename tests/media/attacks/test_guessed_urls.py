"""URLs that a curious viewer might try: none answers with anything unreleased, private or of the file system."""

import asyncio
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tallylight.media.origin import Origin, OriginDirectory, Served
from tallylight.media.preview_token import preview_key, sign_preview
from tests.media.lines import VirtualAir
from tests.media.sources import make_source

TOKEN = "t" * 32
OTHER = "u" * 32
BROADCAST = UUID(int=7)
LIVE = f"/hls/{BROADCAST}/{TOKEN}"


@pytest.fixture
def air(tmp_path: Path) -> VirtualAir:
    """Six seconds pushed, three of them released."""
    air = VirtualAir(tmp_path / "recordings", delay_us=3_000_000)
    air.configure(make_source(6))
    air.push(make_source(6).messages)
    return air


def get(air: VirtualAir, *paths: str, method: str = "GET", wait_s: float = 20, **headers: str) -> list[httpx.Response]:
    """The origin's answers, without a server between; a request that waits longer than ``wait_s`` fails the test."""
    folder = air.line.aired_recorder.folder.parents[1]
    directory = OriginDirectory(air.clock, folder, preview_key(folder.parent))
    directory.served[BROADCAST] = Served(TOKEN, air.line.window, air.line.preview.window, air.line.kept_sound)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(Origin(directory))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://origin") as client, asyncio.timeout(wait_s):
            return [await client.request(method, path, headers=headers) for path in paths]

    return asyncio.run(ask())


def test_everything_listed_is_served_and_nothing_else(air: VirtualAir) -> None:
    text = air.playlist(low_latency=True)
    names = {f"s{sequence}.{part}.m4s" for sequence in range(8) for part in range(12)}
    names |= {f"s{sequence}.m4s" for sequence in range(8)} | {f"init-{index}.mp4" for index in range(4)}
    hinted = text.split('PRELOAD-HINT:TYPE=PART,URI="')[1].split('"')[0]
    ask = sorted(names - {hinted})
    answers = dict(zip(ask, get(air, *(f"{LIVE}/{name}" for name in ask), wait_s=5), strict=True))
    served = {name for name, answer in answers.items() if answer.status_code == 200}
    listed = {line for line in text.splitlines() if line.endswith(".m4s")}
    listed |= {piece.split('"')[0] for piece in text.split('URI="')[1:]} - {hinted}
    assert served == listed
    assert {answer.status_code for name, answer in answers.items() if name not in listed} == {404}
    assert all(answers[name].headers["cache-control"] == "no-store" for name in set(ask) - listed)


@pytest.mark.parametrize(
    "path",
    [
        f"/hls/{BROADCAST}/{OTHER}/live.m3u8",
        f"/hls/{BROADCAST}/live.m3u8",
        f"/hls/{BROADCAST}//live.m3u8",
        f"/hls/{UUID(int=8)}/{TOKEN}/live.m3u8",
        f"/hls/{'-' * 36}/{TOKEN}/live.m3u8",
        f"{LIVE}/original/s0.m4s",
        f"{LIVE}/s0.m4s/..",
        f"{LIVE}/s-1.m4s",
        f"{LIVE}/s0.m4s%00",
        f"{LIVE}/..%2f..%2fsecrets%2fpreview.key",
        f"{LIVE}/../../../secrets/preview.key",
        "/preview/live.m3u8",
        f"/preview/{BROADCAST}/live.m3u8",
        f"/preview/{TOKEN}.{TOKEN}/live.m3u8",
        f"/preview/{TOKEN}/s0.m4s",
        f"/preview/{TOKEN}.{TOKEN}/sound-1750000000000000-1750000001000000",
        "/preview/sound-1750000000000000-1750000001000000",
        f"{LIVE}/sound-1750000000000000-1750000001000000",
        f"/replay/{BROADCAST}/replay.m3u8",
        f"/replay/{BROADCAST}/s0.m4s",
        f"/replay/{BROADCAST}/init-0.mp4",
        f"/replay/{BROADCAST}/index.jsonl",
        f"/replay/{BROADCAST}/../original/s0.m4s",
        f"/replay/{BROADCAST}/..%2foriginal%2fs0.m4s",
        f"/recordings/{BROADCAST}/original/s0.m4s",
        f"/{BROADCAST}/original/s0.m4s",
        "/recordings/",
        "/secrets/preview.key",
        "/",
        "/etc/passwd",
    ],
)
def test_a_guess_finds_nothing(air: VirtualAir, path: str) -> None:
    [answer] = get(air, path)
    assert answer.status_code == 404
    assert answer.content == b""


def test_a_playlist_request_for_the_far_future_is_turned_away_at_once(air: VirtualAir) -> None:
    answers = get(
        air,
        f"{LIVE}/live.m3u8?_HLS_msn=50",
        f"{LIVE}/live.m3u8?_HLS_msn=4&_HLS_part=0",
        f"{LIVE}/live.m3u8?_HLS_part=1",
        f"{LIVE}/live.m3u8?_HLS_msn=-1",
        f"{LIVE}/live.m3u8?_HLS_msn=1e9",
        f"{LIVE}/live.m3u8?_HLS_msn={'9' * 30}",
        wait_s=2,
    )
    assert [answer.status_code for answer in answers] == [400] * 6


def test_the_hinted_part_waits_and_comes_only_with_its_release(air: VirtualAir) -> None:
    name = air.playlist(low_latency=True).split('PRELOAD-HINT:TYPE=PART,URI="')[1].split('"')[0]
    folder = air.line.aired_recorder.folder.parents[1]
    directory = OriginDirectory(air.clock, folder, preview_key(folder.parent))
    directory.served[BROADCAST] = Served(TOKEN, air.line.window, air.line.preview.window, air.line.kept_sound)

    async def story() -> None:
        transport = httpx.ASGITransport(Origin(directory))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://origin") as client:
            asked = asyncio.create_task(client.get(f"{LIVE}/{name}"))
            for _ in range(20):
                await asyncio.sleep(0)
            assert not asked.done()
            air.wait(500_000)
            answer = await asyncio.wait_for(asked, 5)
            assert answer.status_code == 200
            assert answer.content == air.fetch(name)

    asyncio.run(story())


def test_the_preview_opens_for_a_fresh_signature_only(air: VirtualAir) -> None:
    folder = air.line.aired_recorder.folder.parents[1]
    key = preview_key(folder.parent)
    now_us = air.clock.now_us()
    good = sign_preview(key, BROADCAST, now_us)
    stale = sign_preview(key, BROADCAST, now_us - 600_000_000)
    other = sign_preview(key, UUID(int=8), now_us)
    forged = sign_preview(b"x" * 32, BROADCAST, now_us)
    answers = get(air, *(f"/preview/{token}/live.m3u8" for token in (good, stale, other, forged)))
    assert [answer.status_code for answer in answers] == [200, 404, 404, 404]
    assert answers[0].headers["cache-control"] == "private, no-store"
    segment = next(line for line in answers[0].text.splitlines() if line.endswith(".m4s"))
    allowed, refused = get(air, f"/preview/{good}/{segment}", f"/preview/{stale}/{segment}")
    assert (allowed.status_code, refused.status_code) == (200, 404)


def test_the_original_is_for_its_owner_only_and_has_no_url(air: VirtualAir) -> None:
    air.leave()
    air.drain()
    air.line.finish()
    air.line.aired_recorder.finish()
    air.line.original_recorder.finish()
    folder = air.line.original_recorder.folder
    assert (folder / "s0.m4s").exists()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    replay, original = get(air, f"/replay/{BROADCAST}/replay.m3u8", f"/replay/{BROADCAST}/../original/replay.m3u8")
    assert replay.status_code == 200
    assert original.status_code == 404


def test_only_reading_is_allowed(air: VirtualAir) -> None:
    for method in ("POST", "PUT", "DELETE"):
        [answer] = get(air, f"{LIVE}/live.m3u8", method=method)
        assert answer.status_code == 405
