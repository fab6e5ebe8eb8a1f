"""What caches and players ask of the origin: validators, ranges, CORS; straight, and through deploy/nginx.conf."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvicorn

from tallylight.app.processes.answer_at_once import Answer
from tallylight.app.processes.media_http import origin_config
from tallylight.foundation.clock import SystemClock
from tallylight.media.kept_sound import KeptSound
from tallylight.media.live_window import LiveWindow
from tallylight.media.origin import Origin, OriginDirectory, Served
from tallylight.media.preview_token import sign_preview
from tallylight.media.recording import recording_dir
from tallylight.media.segmenter import Part
from tests.support.certificates import make_certificate
from tests.support.nginx import head, http_head, nginx
from tests.support.postgres import free_port
from tests.support.waiting import until

BROADCAST, TOKEN, KEY = UUID(int=5), "t" * 32, b"k" * 32
BASE = f"/hls/{BROADCAST}/{TOKEN}"
DEPLOYED = Path(__file__).parents[2] / "deploy" / "nginx.conf"


class Stage:
    """One broadcast's window, fed by hand."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.window = LiveWindow(lambda ticks: 1_700_000_000_000_000 + ticks * 100 // 9)
        self.asked: list[str] = []
        self.answered_at_once: list[str] = []
        self.directory = OriginDirectory(clock, folder, KEY)
        self.directory.served[BROADCAST] = Served(TOKEN, self.window, self.window, KeptSound())
        self.preview = f"/preview/{sign_preview(KEY, BROADCAST, clock.now_us())}"
        for number in range(3):
            self.segment(number)
        aired = recording_dir(folder, BROADCAST, "aired")
        aired.mkdir(parents=True)
        (aired / "replay.m3u8").write_text("#EXTM3U\n")
        (aired / "s0.m4s").write_bytes(bytes(range(256)))

    def segment(self, number: int) -> None:
        self.window.segment_began(b"initialisation", discontinuity=False, at_ticks=number * 180_000)
        for part in range(4):
            self.window.part(Part(f"{number}.{part} ".encode() * 1000, 45_000, independent=True))
        self.window.segment_ended()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope.get("path", ""))
        await Origin(self.directory)(scope, receive, send)

    def at_once(self, path: str) -> Answer | None:
        found = Origin(self.directory).at_once(path)
        if found is not None:
            self.asked.append(path)
            self.answered_at_once.append(path)
        return found


@asynccontextmanager
async def origin(folder: Path) -> AsyncIterator[tuple[Stage, int]]:
    stage, port = Stage(folder), free_port()
    server = uvicorn.Server(origin_config(stage, "127.0.0.1", port, stage.at_once))  # type: ignore[arg-type]
    task = asyncio.create_task(server._serve())
    try:
        await until(lambda: server.started, what="the origin listens")
        yield stage, port
    finally:
        server.should_exit = True
        await task


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(story(), 30)

    asyncio.run(limited())


async def check_validators_and_ranges(http: httpx.AsyncClient, path: str, whole: bytes) -> None:
    """What RFC 9110 asks of a file that never changes."""
    answer = await http.get(path)
    assert (answer.status_code, answer.content) == (200, whole)
    assert answer.headers["cache-control"] == "public, max-age=86400, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    etag = answer.headers["etag"]
    unchanged = await http.get(path, headers={"if-none-match": f'"other", {etag}'})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    size = len(whole)
    for asked, first, last in (
        (f"bytes=0-{size * 2}", 0, size - 1),
        ("bytes=5-9", 5, 9),
        ("bytes=-3", size - 3, size - 1),
    ):
        part = await http.get(path, headers={"range": asked})
        assert (part.status_code, part.content) == (206, whole[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
    beyond = await http.get(path, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    stale = await http.get(path, headers={"range": "bytes=5-9", "if-range": '"older"'})
    assert (stale.status_code, stale.content) == (200, whole)
    top = await http.head(path)
    assert (top.status_code, top.headers["content-length"], top.content) == (200, str(size), b"")


def test_segments_parts_and_the_replay_have_validators_and_ranges(tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            origin(tmp_path) as (stage, port),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
        ):
            for name in ("s0.m4s", "s1.2.m4s", "init-0.mp4"):
                body = stage.window.get(name)
                assert body is not None
                await check_validators_and_ranges(http, f"{BASE}/{name}", bytes(body))
            await check_validators_and_ranges(http, f"/replay/{BROADCAST}/s0.m4s", bytes(range(256)))
            playlist = await http.get(f"{BASE}/plain.m3u8")
            assert playlist.headers["cache-control"] == "no-cache"
            again = await http.get(f"{BASE}/plain.m3u8", headers={"if-none-match": playlist.headers["etag"]})
            assert again.status_code == 304
            stage.segment(3)
            moved = await http.get(f"{BASE}/plain.m3u8", headers={"if-none-match": playlist.headers["etag"]})
            assert (moved.status_code, "s3.m4s" in moved.text) == (200, True)
            private = await http.get(f"{stage.preview}/s0.m4s")
            assert private.headers["cache-control"] == "private, no-store"
            asked = await http.options(f"{BASE}/s0.m4s")
            assert asked.headers["access-control-allow-headers"] == "range, if-none-match, if-range"

    play(story)


def ask(writer: asyncio.StreamWriter, path: str, *more: str) -> None:
    writer.write("\r\n".join([f"GET {path} HTTP/1.1", "host: origin", *more, "", ""]).encode())


async def answer_of(reader: asyncio.StreamReader) -> tuple[bytes, set[bytes], bytes]:
    """Status line, header lines and body of the next answer."""
    status, *headers = (await reader.readuntil(b"\r\n\r\n")).rstrip().split(b"\r\n")
    lengths = [line for line in headers if line.startswith(b"content-length:")]
    assert len(lengths) == 1
    return status, set(headers), await reader.readexactly(int(lengths[0].partition(b":")[2]))


def test_what_is_in_memory_is_answered_at_once_and_in_the_same_words(tmp_path: Path) -> None:
    async def story() -> None:
        async with origin(tmp_path) as (stage, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for name in ("s0.m4s", "s1.2.m4s", "init-0.mp4"):
                path = f"{BASE}/{name}"
                ask(writer, path)
                quick = await answer_of(reader)
                assert stage.answered_at_once.pop() == path
                ask(writer, path, 'if-none-match: "another"')
                assert await answer_of(reader) == quick
                assert stage.answered_at_once == []
            for path in (f"{BASE[:-1]}u/s0.m4s", f"{BASE}/s9.m4s", f"{stage.preview}/s0.m4s", f"{BASE}/s0.m4s?x"):
                ask(writer, path)
                await answer_of(reader)
                assert (path, stage.answered_at_once) == (path, [])
            writer.close()

    play(story)


def test_answers_keep_the_order_of_their_requests(tmp_path: Path) -> None:
    async def story() -> None:
        async with origin(tmp_path) as (stage, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stage.window.segment_began(b"initialisation", discontinuity=False, at_ticks=3 * 180_000)
            for name in ("s3.0.m4s", "s0.m4s", "s1.m4s"):
                ask(writer, f"{BASE}/{name}")
            await until(lambda: f"{BASE}/s3.0.m4s" in stage.asked, what="the part is waited for")
            stage.window.part(Part(b"new part", 45_000, independent=True))
            bodies = [(await answer_of(reader))[2] for _ in range(3)]
            assert bodies == [b"new part", stage.window.get("s0.m4s"), stage.window.get("s1.m4s")]
            writer.close()

    play(story)


def test_who_asks_and_does_not_read_is_not_served_ahead(tmp_path: Path) -> None:
    async def story() -> None:
        async with origin(tmp_path) as (stage, port):
            stage.window.segment_began(b"initialisation", discontinuity=False, at_ticks=3 * 180_000)
            large = bytes(8 << 20)
            stage.window.part(Part(large, 180_000, independent=True))
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
            for _ in range(40):
                ask(writer, f"{BASE}/s3.0.m4s")
            await until(lambda: len(stage.asked) > 1, what="a second answer waits for the first to be read")
            assert len(stage.answered_at_once) == 1
            for _ in range(40):
                status, _, body = await answer_of(reader)
                assert (status, body) == (b"HTTP/1.1 200 OK", large)
            writer.close()

    play(story)


def deployed(folder: Path, port: int, media_port: int) -> str:
    """deploy/nginx.conf as it is, with this machine's ports, paths and certificate."""
    pair = make_certificate(folder)
    text = DEPLOYED.read_text()
    for pattern, here in (
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        (r"ssl_certificate     \S+;", f"ssl_certificate {pair.certificate};"),
        (r"ssl_certificate_key \S+;", f"ssl_certificate_key {pair.key};"),
        (r"127\.0\.0\.1:8081", f"127.0.0.1:{media_port}"),
        (r"/var/cache/nginx/tallylight", str(folder / "cache")),
    ):
        text, count = re.subn(pattern, here, text)
        assert count, f"deploy/nginx.conf no longer has {pattern}"
    return head(folder) + f"http {{ {http_head(folder)} {text} }}\n"


def test_the_deployed_nginx_shares_segments_and_lets_playlists_block(tmp_path: Path) -> None:
    async def story() -> None:
        async with origin(tmp_path / "recordings") as (stage, media_port):
            port = free_port()
            configuration = deployed(tmp_path / "nginx", port, media_port)
            tls = make_certificate(tmp_path / "nginx").client
            async with (
                nginx(tmp_path / "nginx", configuration, port),
                httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}/video", verify=tls, trust_env=False) as http,
            ):
                body = stage.window.get("s0.m4s")
                assert body is not None
                await check_validators_and_ranges(http, f"{BASE}/s0.m4s", bytes(body))
                assert stage.asked.count(f"{BASE}/s0.m4s") == 1, "nginx asks the origin once"
                await check_validators_and_ranges(http, f"/replay/{BROADCAST}/s0.m4s", bytes(range(256)))

                # A playlist and the part it hints at are asked for ahead of their release, by several viewers.
                stage.window.segment_began(b"initialisation", discontinuity=False, at_ticks=3 * 180_000)
                blocked = asyncio.create_task(http.get(f"{BASE}/live.m3u8?_HLS_msn=3&_HLS_part=0"))
                parts = [asyncio.create_task(http.get(f"{BASE}/s3.0.m4s")) for _ in range(5)]
                await until(lambda: f"{BASE}/s3.0.m4s" in stage.asked, what="the part is waited for at the origin")
                assert not any(task.done() for task in (blocked, *parts))
                stage.window.part(Part(b"new part", 45_000, independent=True))
                assert "s3.0.m4s" in (await blocked).text
                assert {(await part).content for part in parts} == {b"new part"}
                assert stage.asked.count(f"{BASE}/s3.0.m4s") == 1

                assert (await http.get(f"{BASE}/s9.m4s")).status_code == 404
                for _ in range(2):
                    assert (await http.get(f"{stage.preview}/s1.m4s")).status_code == 200
                assert stage.asked.count(f"{stage.preview}/s1.m4s") == 2, "what is not reviewed is cached nowhere"

    play(story)
