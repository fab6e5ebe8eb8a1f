"""What airs of a show whose host breaks the rules between ordinary lines. ``uv run python -m bench.air_safety``

A voiced show (air_safety_show.toml) is pushed by RTMP at its own pace into a media process, reviewed by a speech
process over live facts in PostgreSQL, and watched as a player would. What aired is told by the sound alone: each
frame of the source is looked for in the aired sound at its moment (bench.what_aired), and the time of the violating
words is known because they were voiced apart. Nobody sits at the desk: what is held is bleeped.

- ``aired_violation_share``: of the violating words' time, how much aired.
- ``bleeped_ordinary_share``: of the time of lines that break no rule, how much did not air as it was said.
- ``beside_bleeped_share``: of the rest of the violating lines, how much went with them. In neither of the two.
- ``lag_p50_s``, ``lag_p95_s``: from a spoken moment to the watermark that lets the gate pass it, recognition, settling
  and decision together, over all moments of speech.
- ``speech_cores``, ``media_cores``, ``database_cores``: CPU a show as shares of one core.
- ``shows_on_two_cores``: two cores over their sum. ``--shows N`` runs N at once, to see that it is so.
"""

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
from tests.media.publishing import Push
from tests.media.sources import SAMPLE_RATE_HZ
from tests.media.sources import Source as Sent
from tests.support.aired import RATE_HZ, AiredCollector
from tests.support.postgres import PostgresCluster, embedded_bin, free_port

from bench.air_safety_show import OnShelf, Part, Voiced, as_sent, open_shop, pin, read_script, voiced
from bench.review_tap import ReviewTap
from bench.what_aired import FRAME, Samples, aired_frames
from tallylight.app.migrations.migrate import migrate
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.settings import Settings, settings_environment
from tallylight.media.stream_address import live_path, stream_address_of
from tallylight.shows.models import broadcast

DELAY_S = 8
CORES = 2
_START_S_MAX = 60
_AFTER_S = DELAY_S + 6
_STEP_US = 100_000
_GAP_US_MAX = 50_000
_WORTH_SAYING_S = 0.2
PARTS: tuple[Part, ...] = ("violating", "beside", "ordinary")


class Aired(msgspec.Struct, frozen=True):
    """One show: seconds of each part that were said, seconds that aired, the lags of its moments, what went wrong."""

    said: dict[str, float]
    aired: dict[str, float]
    lags_s: list[float]
    unjudged: int
    wrong: list[str]


class House(msgspec.Struct):
    """What runs: where it listens, the tap on the review link, and the processes whose CPU counts."""

    settings: Settings
    tap: ReviewTap
    pids: dict[str, int]


@asynccontextmanager
async def house(folder: Path, cluster: PostgresCluster) -> AsyncIterator[House]:
    """Media and speech as an installation runs them, with the tap between them."""
    settings = Settings(
        data_dir=folder / "media", database_url=cluster.url(), rtmp_port=free_port(), media_port=free_port()
    )
    beyond = Settings(data_dir=folder / "speech", database_url=cluster.url())
    tap = ReviewTap(settings.speech_socket, beyond.speech_socket)
    await tap.start()
    media, speech = await _role("media", settings), await _role("speech", beyond)
    try:
        await _up(lambda: asyncio.open_unix_connection(beyond.speech_socket))
        await _up(lambda: asyncio.open_connection("127.0.0.1", settings.rtmp_port))
        postmaster = int((cluster.data / "postmaster.pid").read_text().splitlines()[0])
        yield House(settings, tap, {"speech": speech.pid, "media": media.pid, "database": postmaster})
    finally:
        for process in (media, speech):
            process.terminate()
        await asyncio.gather(media.wait(), speech.wait())
        await tap.close()


async def _role(role: str, settings: Settings) -> asyncio.subprocess.Process:
    environment = os.environ | settings_environment(settings) | {"DATABASE_URL": settings.database_url or ""}
    environment["TALLYLIGHT_LOG_LEVEL"] = "warning"
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "tallylight.app.processes", role, env=environment)


async def _up(connect: Callable[[], Awaitable[tuple[object, asyncio.StreamWriter]]]) -> None:
    for _ in range(_START_S_MAX * 10):
        try:
            _, writer = await connect()
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise SystemExit(f"a process does not listen after {_START_S_MAX} s")


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children, those that have ended included."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == pid or int(fields[1]) == pid:
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


async def show_aired(at: House, database: Database, shelf: OnShelf, show: Voiced, sent: Sent) -> Aired:
    """Push one show, pin as its script says, watch it to the end, and see what came through."""
    async with Push(f"rtmp://127.0.0.1:{at.settings.rtmp_port}/live/{shelf.stream_key}", sent) as push:
        began_us = await push.began_us()
        url, started_us = await _address(database, shelf, at.settings.media_port)
        watcher = AiredCollector(url)
        seen: set[str] = set()
        for each in show.shown:
            at_us = began_us + each.at * MICROSECONDS // SAMPLE_RATE_HZ
            await asyncio.sleep(max(0.0, at_us / MICROSECONDS - time.time()))
            await pin(database, shelf, each.handle, at_us, first=each.handle not in seen)
            seen.add(each.handle)
        complaint = await push.finished()
    if complaint:
        raise SystemExit(f"the camera complained: {complaint.strip().splitlines()[-1]}")
    until_us = started_us + round(show.seconds * MICROSECONDS)
    await asyncio.to_thread(watcher.wait_until, until_us - MICROSECONDS, 2 * _AFTER_S)
    watcher.stop()
    for earlier, later in pairwise(watcher.pieces):
        if later.start_us - earlier.start_us - earlier.duration_us > _GAP_US_MAX:
            raise SystemExit("the watcher missed a segment; is the machine too busy?")
    heard = watcher.sound(started_us, until_us + MICROSECONDS)
    return told_apart(show, heard, at.tap, shelf.show_id, started_us)


async def _address(database: Database, shelf: OnShelf, port: int) -> tuple[str, int]:
    """The playlist of a plain player, and the programme time of the first picture."""
    for _ in range(_START_S_MAX * 10):
        async with database.reading() as connection:
            row = (await connection.execute(broadcast.select().where(broadcast.c.show_id == shelf.show_id))).first()
            token = await stream_address_of(connection, row.id) if row else None
        if row is not None and token is not None:
            path = live_path(row.id, token).replace("live.m3u8", "plain.m3u8")
            return f"http://127.0.0.1:{port}{path}", row.started_us
        await asyncio.sleep(0.1)
    raise SystemExit("the show did not go on air")


def told_apart(show: Voiced, heard: Samples, tap: ReviewTap, show_id: UUID, started_us: int) -> Aired:
    """What aired of each part, told by the sound; the tap adds how late each moment was judged, and what was heard."""
    said = show.sound[:: SAMPLE_RATE_HZ // RATE_HZ]
    speech, same = aired_frames(said, heard)
    figures = Aired(defaultdict(float), defaultdict(float), [], 0, [])
    unjudged = 0
    for each in show.spoken:
        low, high = (round(edge * RATE_HZ / SAMPLE_RATE_HZ / FRAME) for edge in (each.start, each.end))
        start_us, end_us = (started_us + edge * MICROSECONDS // SAMPLE_RATE_HZ for edge in (each.start, each.end))
        frames, aired = speech[low:high], speech[low:high] & same[low:high]
        figures.said[each.part] += float(frames.sum()) * FRAME / RATE_HZ
        figures.aired[each.part] += float(aired.sum()) * FRAME / RATE_HZ
        wrong_s = float(aired.sum() if each.part == "violating" else (frames & ~aired).sum()) * FRAME / RATE_HZ
        if each.part != "beside" and wrong_s > _WORTH_SAYING_S:
            what = "aired" if each.part == "violating" else "bleeped"
            at_s = each.start // SAMPLE_RATE_HZ
            heard_as = tap.heard(show_id, start_us, end_us)
            figures.wrong.append(f"{at_s // 60}:{at_s % 60:02} {wrong_s:.2f} s {what}: {each.line} | heard {heard_as}")
        lags = [tap.lag_s(show_id, at_us) for at_us in range(start_us, end_us, _STEP_US)]
        figures.lags_s.extend(lag for lag in lags if lag is not None)
        unjudged += sum(lag is None for lag in lags)
    return msgspec.structs.replace(figures, unjudged=unjudged)


async def main(minutes: float, shows: int) -> None:
    script = read_script()
    show = voiced(script, minutes * 60)
    sent = await asyncio.to_thread(as_sent, show)
    folder = Path(tempfile.mkdtemp(prefix="tallylight-bench-"))
    print(f"{show.seconds / 60:.1f} minutes on air, {shows} at once", file=sys.stderr, flush=True)
    try:
        with PostgresCluster(embedded_bin()) as cluster:
            database = Database(cluster.url())
            await migrate(database)
            shelves = await open_shop(database, script, shows, time.time_ns() // 1000)
            async with house(folder, cluster) as at:
                before = {name: cpu_s(pid) for name, pid in at.pids.items()}
                watched = [show_aired(at, database, shelf, show, sent) for shelf in shelves]
                aired = await asyncio.gather(*watched)
                cores = {name: (cpu_s(pid) - before[name]) / (show.seconds * shows) for name, pid in at.pids.items()}
            await database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for each in aired:
        print(*each.wrong, sep="\n", file=sys.stderr)
    print(json.dumps({"bench": "air_safety", **figures_of(aired, cores, show, shows)}))


def figures_of(aired: Sequence[Aired], cores: dict[str, float], show: Voiced, shows: int) -> dict[str, object]:
    said = {part: sum(each.said[part] for each in aired) for part in PARTS}
    came = {part: sum(each.aired[part] for each in aired) for part in PARTS}
    lags = [lag for each in aired for lag in each.lags_s]
    a_show = sum(cores.values())
    figures = {
        "minutes": round(show.seconds / 60, 1),
        "shows": shows,
        "delay_s": DELAY_S,
        "violating_lines": sum(each.part == "violating" for each in show.spoken),
        "violating_s": round(said["violating"] / shows, 1),
        "ordinary_s": round(said["ordinary"] / shows, 1),
        "aired_violation_share": round(came["violating"] / said["violating"], 4),
        "bleeped_ordinary_share": round(1 - came["ordinary"] / said["ordinary"], 4),
        "beside_bleeped_share": round(1 - came["beside"] / said["beside"], 4),
        "lag_p50_s": round(float(np.percentile(lags, 50)), 2),
        "lag_p95_s": round(float(np.percentile(lags, 95)), 2),
        "lag_max_s": round(max(lags), 2),
        "unjudged_moments": sum(each.unjudged for each in aired),
        **{f"{name}_cores": round(share, 3) for name, share in cores.items()},
        "shows_on_two_cores": int(CORES / a_show),
        "load_1min": round(os.getloadavg()[0], 1),
    }
    ratios = {"lag_p95_vs_delay": round(float(np.percentile(lags, 95)) / DELAY_S, 3)}
    return {"figures": figures, "ratios": ratios}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, help="how long the show is (default 20)")
    parser.add_argument("--shows", type=int, default=1, help="how many such shows at once (default 1)")
    options = parser.parse_args()
    asyncio.run(main(options.minutes, options.shows))
