"""Processor time of a clean 6 Mbit/s stream, beside nginx-rtmp's; and what passing source AAC through saves.

``uv run python -m bench.gate_cpu [--seconds N]``. 1080p30 with a keyframe every 2 s and AAC at 160 kbit/s is pushed
by RTMP at its own pace to the media process and then to nginx-rtmp with HLS (2 s fragments); each one's processor time
is read from the kernel over the same length of media. Ours does more in it: it decodes the sound for the recogniser,
sends that over the review link, serves a preview, and writes two recordings, the original and what aired.

``selective_vs_full``: the same stream through one air line in this process, as fast as it goes, once with source
packets passed through and once encoded anew throughout: processor time from the gate's step to finished segments, which
is where the two differ, and of the whole line. Rounds alternate; medians are printed. Pictures are random bytes in
NAL units of the right sizes: nothing here looks into them.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.media.lines import VirtualAir
from tests.media.publishing import Push
from tests.media.sources import FlvMessage, Source, make_source
from tests.support.postgres import PostgresCluster, embedded_bin

from bench.gate_peers import Peer, nginx_rtmp, tallylight
from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.database import Database

DELAY_MS = 6_000
VIDEO_BPS = 6_000_000
FPS = 30
GROUP = 60
SETTLE_S = 8
ROUNDS = 3
LINE_S = 60


def heavy_source(seconds: int) -> Source:
    """AAC as an encoder makes it, and pictures of VIDEO_BPS, keyframes eight times as large as the others."""
    sound = make_source(seconds, fps=1, width=1920, height=1080, group=1)
    unit = VIDEO_BPS // 8 * GROUP // FPS // (GROUP + 7)
    pictures = []
    for index in range(seconds * FPS):
        key = index % GROUP == 0
        nal = bytes((0x65 if key else 0x41,)) + os.urandom(unit * (8 if key else 1))
        head = bytes((0x17 if key else 0x27, 1, 0, 0, 0))
        payload = head + len(nal).to_bytes(4, "big") + nal
        pictures.append(FlvMessage("video", index * 1000 // FPS, payload))
    audio = [message for message in sound.messages if message.kind == "audio"]
    messages = sorted([*pictures, *audio], key=lambda message: message.timestamp_ms)
    return Source(sound.configs, tuple(messages), sound.avcc, sound.asc, FPS)


async def live_share(peer: Peer, source: Source, seconds: int) -> float:
    """Share of a core that one publisher costs the peer once it has settled."""
    async with Push(peer.publish_url, source) as push:
        await push.began_us()
        await asyncio.sleep(SETTLE_S)
        began, used = time.monotonic(), peer.cpu_s()
        await asyncio.sleep(seconds)
        return (peer.cpu_s() - used) / (time.monotonic() - began)


async def live_shares(source: Source, folder: Path, seconds: int) -> tuple[float, float]:
    with PostgresCluster(embedded_bin()) as cluster:
        database = Database(cluster.url())
        await migrate(database)
        async with tallylight(folder / "tallylight", database, DELAY_MS) as peer:
            ours = await live_share(peer, source, seconds)
        await database.close()
    async with nginx_rtmp(folder / "nginx") as peer:
        return ours, await live_share(peer, source, seconds)


def line_cost(source: Source, folder: Path, *, selective: bool) -> tuple[float, float]:
    """Shares of a core: the whole line, and its way from the gate's step to segments. One thread's time."""
    air = VirtualAir(folder, selective=selective, decoding=False)
    line, stepping = air.line, 0.0
    step = line.step

    def timed_step(now_us: int) -> None:
        nonlocal stepping
        began = time.thread_time()
        step(now_us)
        stepping += time.thread_time() - began

    line.step = timed_step  # type: ignore[method-assign]
    began = time.thread_time()
    air.publish(source)
    spent = time.thread_time() - began
    line.finish()
    line.aired_recorder.finish()
    line.original_recorder.finish()
    shutil.rmtree(folder, ignore_errors=True)
    return spent / LINE_S, stepping / LINE_S


def main(seconds: int) -> None:
    temporary = Path(tempfile.mkdtemp(prefix="tallylight-bench-"))
    try:
        source = heavy_source(LINE_S)
        costs: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for index in range(ROUNDS * 2):
            selective = index % 2 == 0
            costs[selective].append(line_cost(source, temporary / f"line-{index}", selective=selective))
        ours, nginx = asyncio.run(live_shares(heavy_source(seconds + SETTLE_S + 5), temporary, seconds))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    line = {key: statistics.median(whole for whole, _ in values) for key, values in costs.items()}
    step = {key: statistics.median(part for _, part in values) for key, values in costs.items()}
    print(f"of a core: ours {ours:.4f}, nginx {nginx:.4f}; line {line}, from gate to segments {step}", file=sys.stderr)
    figures = {
        "tallylight_percent_of_core": round(ours * 100, 2),
        "nginx_percent_of_core": round(nginx * 100, 2),
        "line_selective_percent": round(line[True] * 100, 2),
        "line_full_percent": round(line[False] * 100, 2),
        "air_selective_percent": round(step[True] * 100, 2),
        "air_full_percent": round(step[False] * 100, 2),
    }
    ratios = {
        "clean_vs_nginx": round(ours / nginx, 2),
        "selective_vs_full": round(line[False] / line[True], 2),
        "selective_vs_full_gate_to_segments": round(step[False] / step[True], 2),
    }
    print(json.dumps({"bench": "gate_cpu", "figures": figures, "ratios": ratios}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="how long each server is measured (default 30)")
    main(parser.parse_args().seconds)
