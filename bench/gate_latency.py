"""Glass to glass at a 6 s delay, beside nginx-rtmp tuned to 2 s and ungated, in the same run.

``uv run python -m bench.gate_latency [--seconds N]``. A picture with its number burnt in is pushed by RTMP at its own
pace to both; Chromium plays each with hls.js as it comes, reads the number off the screen and compares the wall
clocks. Viewers join a show that has been on air for JOIN_AFTER_S: by then both playlists are full, and hls.js keeps
the distance from the live edge that it always keeps (one that was there at the first fragment would start closer).
That distance depends on where within a fragment one joins, so JOINS viewers join at different places in it.
The verdicts come from a policy that is always ahead: this measures the gate and the packaging, not speech.
Needs Chromium, and installs nginx with its RTMP module (Debian packages) and hls.js (npm) if they are missing.
"""

import argparse
import asyncio
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
from playwright.async_api import Browser, async_playwright
from tests.media.house import make_show
from tests.media.publishing import Push
from tests.media.sources import Source, make_source
from tests.media.speech_desk import SpeechDesk
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.postgres import PostgresCluster, embedded_bin, free_port

from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database
from tallylight.media.stream_address import live_path, stream_address_of
from tallylight.shows.models import broadcast

ROOT = Path(__file__).parents[1]
PLAYER = Path(__file__).parent / "gate_latency_player.html"
HLS_JS = ROOT / "web/node_modules/hls.js/dist/hls.min.js"
RTMP_MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
DELAY_MS = 6_000
FPS = 30
JOIN_AFTER_S = 16
JOINS = 3
FRAGMENT_S = 2
SETTLE_S = 6


class Latency(msgspec.Struct):
    """Glass to glass, milliseconds, over ``pictures`` pictures; ``stalls``: times that the player ran dry."""

    p50_ms: float
    p95_ms: float
    pictures: int
    stalls: int


async def watch(browser: Browser, page_url: str, began_us: int, seconds: float) -> Latency:
    """JOINS viewers one after another, their pictures taken together."""
    samples: list[float] = []
    stalls = 0
    for join in range(JOINS):
        phase_s = (time.time() - began_us / 1_000_000 - join * FRAGMENT_S / JOINS) % FRAGMENT_S
        await asyncio.sleep(FRAGMENT_S - phase_s)
        taken, ran_dry = await view(browser, page_url, began_us, seconds / JOINS)
        samples += taken
        stalls += ran_dry
    cuts = statistics.quantiles(samples, n=20)
    return Latency(round(statistics.median(samples)), round(cuts[18]), len(samples), stalls)


async def view(browser: Browser, page_url: str, began_us: int, seconds: float) -> tuple[list[float], int]:
    """Play until it runs smoothly, then compare clocks for ``seconds``: milliseconds of each picture, and stalls."""
    page = await browser.new_page()
    try:
        await page.goto(page_url)
        await page.wait_for_function("window.measure && window.measure.playing", timeout=60_000)
        await page.wait_for_timeout(SETTLE_S * 1000)
        await page.evaluate("window.measure.start()")
        await page.wait_for_timeout(seconds * 1000)
        taken = await page.evaluate("window.measure.stop()")
    finally:
        await page.close()
    samples = [(wall_ms - began_us / 1000) - number * 1000 / FPS for number, wall_ms in taken["pictures"]]
    if len(samples) < FPS:
        raise SystemExit(f"only {len(samples)} pictures could be read; is the machine too busy?")
    return samples, taken["stalls"]


@contextmanager
def player_site() -> Iterator[str]:
    """Serves the player and hls.js; the page's address."""
    if not HLS_JS.exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT / "web", check=True, stdout=sys.stderr)
    files = {"/player.html": (PLAYER, "text/html"), "/hls.min.js": (HLS_JS, "text/javascript")}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = files.get(self.path.partition("?")[0])
            self.send_response(200 if found else 404)
            if found:
                self.send_header("content-type", found[1])
            self.end_headers()
            if found:
                self.wfile.write(found[0].read_bytes())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/player.html"
    finally:
        server.shutdown()


@asynccontextmanager
async def tallylight(folder: Path, database: Database, stream_key: list[str]) -> AsyncIterator[tuple[int, int]]:
    """The media process on its own, judged by a policy that is always ahead; its RTMP and HTTP ports."""
    _, key = await make_show(database, delay_ms=DELAY_MS)
    stream_key.append(key)
    rtmp_port, media_port = free_port(), free_port()
    (folder / "run").mkdir(parents=True)
    speech = SpeechDesk(folder / "run" / "speech.sock")
    await speech.start()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tallylight.app.processes", "media",
        env=os.environ | {"DATABASE_URL": database.url, "TALLYLIGHT_DATA_DIR": str(folder),
                          "TALLYLIGHT_RTMP_PORT": str(rtmp_port), "TALLYLIGHT_MEDIA_PORT": str(media_port),
                          "TALLYLIGHT_LOG_LEVEL": "warning"},
    )  # fmt: skip
    try:
        await _listening(rtmp_port)
        yield rtmp_port, media_port
    finally:
        process.terminate()
        await process.wait()
        await speech.kill()


@asynccontextmanager
async def nginx_rtmp(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """nginx-rtmp with 2 s fragments, everything else as it comes; its RTMP and HTTP ports."""
    if not RTMP_MODULE.exists() or not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        command = ["apt-get", "install", "-y", "--no-install-recommends", "nginx-light", "libnginx-mod-rtmp"]
        await asyncio.to_thread(subprocess.run, command, check=True, stdout=sys.stderr)
    rtmp_port, http_port = free_port(), free_port()
    (folder / "hls").mkdir(parents=True)
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = f"""
load_module {RTMP_MODULE}; daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 256; }}
rtmp {{ access_log off; server {{ listen 127.0.0.1:{rtmp_port}; chunk_size 4096;
  application live {{ live on; hls on; hls_path {folder}/hls; hls_fragment 2s; hls_playlist_length 10s; }} }} }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
  server {{ listen 127.0.0.1:{http_port}; location / {{ root {folder}/hls; add_header Cache-Control no-cache;
    add_header Access-Control-Allow-Origin *; }} }} }}
"""
    (folder / "nginx.conf").write_text(configuration)
    process = await asyncio.create_subprocess_exec("/usr/sbin/nginx", "-c", str(folder / "nginx.conf"))
    try:
        await _listening(rtmp_port)
        yield rtmp_port, http_port
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise SystemExit(f"nothing listens on port {port} after 20 s")


async def measure_ours(browser: Browser, page: str, source: Source, folder: Path, seconds: float) -> Latency:
    with PostgresCluster(embedded_bin()) as cluster:
        database = Database(cluster.url())
        await migrate(database)
        key: list[str] = []
        async with (
            tallylight(folder, database, key) as (rtmp_port, media_port),
            Push(f"rtmp://127.0.0.1:{rtmp_port}/live/{key[0]}", source) as push,
        ):
            began_us = await push.began_us()
            await asyncio.sleep(JOIN_AFTER_S + DELAY_MS / 1000)
            url = f"http://127.0.0.1:{media_port}{await _live_path(database)}"
            result = await watch(browser, f"{page}?src={url}", began_us, seconds)
        await database.close()
        return result


async def _live_path(database: Database) -> str:
    async with database.transaction() as connection:
        broadcast_id = await connection.scalar(broadcast.select().with_only_columns(broadcast.c.id))
        token = await stream_address_of(connection, broadcast_id) if broadcast_id else None
    if token is None or broadcast_id is None:
        raise SystemExit("the show did not go on air")
    return live_path(broadcast_id, token)


async def measure_nginx(browser: Browser, page: str, source: Source, folder: Path, seconds: float) -> Latency:
    async with (
        nginx_rtmp(folder) as (rtmp_port, http_port),
        Push(f"rtmp://127.0.0.1:{rtmp_port}/live/show", source) as push,
    ):
        began_us = await push.began_us()
        await asyncio.sleep(JOIN_AFTER_S)
        url = f"http://127.0.0.1:{http_port}/show.m3u8"
        return await watch(browser, f"{page}?src={url}", began_us, seconds)


async def main(seconds: float) -> None:
    length_s = int(seconds) + DELAY_MS // 1000 + JOIN_AFTER_S + JOINS * (SETTLE_S + 6) + 10
    source = make_source(length_s, fps=FPS, width=640, height=360, group=2 * FPS)
    temporary = Path(tempfile.mkdtemp(prefix="tallylight-bench-"))
    try:
        with player_site() as page:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
                ours = await measure_ours(browser, page, source, temporary / "tallylight", seconds)
                print(f"tallylight, {DELAY_MS} ms delay, low-latency HLS: {ours}", file=sys.stderr)
                peer = await measure_nginx(browser, page, source, temporary / "nginx", seconds)
                print(f"nginx-rtmp, no delay, 2 s fragments: {peer}", file=sys.stderr)
                await browser.close()
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    figures = {
        "delay_ms": DELAY_MS,
        "tallylight": msgspec.to_builtins(ours),
        "nginx_tuned": msgspec.to_builtins(peer),
        "above_delay_ms": ours.p50_ms - DELAY_MS,
        "joined_after_s": JOIN_AFTER_S,
    }
    ratios = {"vs_nginx_tuned": round(ours.p50_ms / peer.p50_ms, 3)}
    print(json.dumps({"bench": "gate_latency", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=21, help="how long each is measured (default 21)")
    asyncio.run(main(parser.parse_args().seconds))
