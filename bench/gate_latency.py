"""Glass to glass at a 6 s delay, beside nginx-rtmp ungated, tuned to 2 s and as it comes, in the same run.

``uv run python -m bench.gate_latency [--seconds N]``. A picture with its number burnt in is pushed by RTMP at its own
pace to each; Chromium plays each with hls.js as it comes, reads the number off the screen and compares the wall
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
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from playwright.async_api import Browser, async_playwright
from tests.media.publishing import Push
from tests.media.sources import Source, make_source
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.postgres import PostgresCluster, embedded_bin

from bench.gate_peers import TUNED, live_path_of, nginx_rtmp, tallylight
from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database

ROOT = Path(__file__).parents[1]
PLAYER = Path(__file__).parent / "gate_latency_player.html"
HLS_JS = ROOT / "web/node_modules/hls.js/dist/hls.min.js"
DELAY_MS = 6_000
FPS = 30
JOIN_AFTER_S = 16
JOIN_DEFAULT_AFTER_S = 36
"""nginx-rtmp as it comes lists 30 s: its playlist is full no sooner."""
JOINS = 3
FRAGMENT_S = 2
FRAGMENT_DEFAULT_S = 6
"""The first keyframe after nginx-rtmp's 5 s."""
SETTLE_S = 6


class Latency(msgspec.Struct):
    """Glass to glass, milliseconds, over ``pictures`` pictures; ``stalls``: times that the player ran dry."""

    p50_ms: float
    p95_ms: float
    pictures: int
    stalls: int


async def watch(
    browser: Browser, page_url: str, began_us: int, seconds: float, fragment_s: int = FRAGMENT_S
) -> Latency:
    """JOINS viewers one after another, their pictures taken together."""
    samples: list[float] = []
    stalls = 0
    for join in range(JOINS):
        phase_s = (time.time() - began_us / 1_000_000 - join * fragment_s / JOINS) % fragment_s
        await asyncio.sleep(fragment_s - phase_s)
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


async def measure_ours(browser: Browser, page: str, source: Source, folder: Path, seconds: float) -> Latency:
    with PostgresCluster(embedded_bin()) as cluster:
        database = Database(cluster.url())
        await migrate(database)
        async with tallylight(folder, database, DELAY_MS) as peer, Push(peer.publish_url, source) as push:
            began_us = await push.began_us()
            await asyncio.sleep(JOIN_AFTER_S + DELAY_MS / 1000)
            url = f"http://127.0.0.1:{peer.http_port}{await live_path_of(database)}"
            result = await watch(browser, f"{page}?src={url}", began_us, seconds)
        await database.close()
        return result


async def measure_nginx(
    browser: Browser, page: str, source: Source, folder: Path, seconds: float, hls: str = TUNED
) -> Latency:
    async with nginx_rtmp(folder, hls) as peer, Push(peer.publish_url, source) as push:
        began_us = await push.began_us()
        await asyncio.sleep(JOIN_AFTER_S if hls else JOIN_DEFAULT_AFTER_S)
        url = f"http://127.0.0.1:{peer.http_port}/show.m3u8"
        fragment_s = FRAGMENT_S if hls else FRAGMENT_DEFAULT_S
        return await watch(browser, f"{page}?src={url}", began_us, seconds, fragment_s)


async def main(seconds: float) -> None:
    length_s = int(seconds) + DELAY_MS // 1000 + JOIN_DEFAULT_AFTER_S + JOINS * (SETTLE_S + 6) + 30
    source = make_source(length_s, fps=FPS, width=640, height=360, group=2 * FPS)
    temporary = Path(tempfile.mkdtemp(prefix="tallylight-bench-"))
    try:
        with player_site() as page:
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
                ours = await measure_ours(browser, page, source, temporary / "tallylight", seconds)
                print(f"tallylight, {DELAY_MS} ms delay, low-latency HLS: {ours}", file=sys.stderr)
                tuned = await measure_nginx(browser, page, source, temporary / "tuned", seconds)
                print(f"nginx-rtmp, no delay, 2 s fragments: {tuned}", file=sys.stderr)
                default = await measure_nginx(browser, page, source, temporary / "default", seconds, "")
                print(f"nginx-rtmp, no delay, as it comes: {default}", file=sys.stderr)
                await browser.close()
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    figures = {
        "delay_ms": DELAY_MS,
        "tallylight": msgspec.to_builtins(ours),
        "nginx_tuned": msgspec.to_builtins(tuned),
        "nginx_default": msgspec.to_builtins(default),
        "beyond_delay_p50_s": round((ours.p50_ms - DELAY_MS) / 1000, 3),
        "beyond_delay_p95_s": round((ours.p95_ms - DELAY_MS) / 1000, 3),
        "joined_after_s": JOIN_AFTER_S,
    }
    ratios = {
        "vs_nginx_tuned": round(ours.p50_ms / tuned.p50_ms, 3),
        "vs_nginx_default": round(ours.p50_ms / default.p50_ms, 3),
    }
    print(json.dumps({"bench": "gate_latency", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=21, help="how long each is measured (default 21)")
    asyncio.run(main(parser.parse_args().seconds))
