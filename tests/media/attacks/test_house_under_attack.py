"""Attacks on the whole media process with a real encoder and a real reviewer's socket, heard as viewers hear it."""

import asyncio
import os
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa

from tallylight.compliance.models import evidence
from tallylight.foundation.outbox import event
from tallylight.media.fmp4 import VIDEO_TICKS_PER_SECOND
from tallylight.media.models import recording
from tallylight.media.recording import read_index, recording_dir
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.models import broadcast
from tests.conftest import Runner
from tests.media.aired import Aired, decode_playlist
from tests.media.house import House, open_house, until
from tests.media.publishing import Push
from tests.media.sources import make_source, tone_hz

SECOND = 1_000_000
pytestmark = pytest.mark.slow


async def watch(house: House, base: str) -> Aired:
    """Everything that the live playlist offers now, decoded."""
    text = (await house.http.get(f"{base}/live.m3u8")).text
    names = {line for line in text.splitlines() if line and not line.startswith("#")}
    names |= {piece.split('"')[0] for piece in text.split("#EXT-X-PRELOAD-HINT")[0].split('URI="')[1:]}
    files = {name: (await house.http.get(f"{base}/{name}")).content for name in names}
    return await asyncio.to_thread(decode_playlist, text, files.__getitem__)


async def aired_until(house: House, base: str, sequence: int) -> Aired:
    """Wait by blocking reloads until segment ``sequence`` has begun."""
    for number in range(sequence + 1):
        answer = await house.http.get(f"{base}/live.m3u8?_HLS_msn={number}&_HLS_part=0")
        while f"s{number}." not in answer.text:
            answer = await house.http.get(f"{base}/live.m3u8?_HLS_msn={number}&_HLS_part=0")
    return await watch(house, base)


async def gate_events(house: House) -> list[str]:
    return [row["payload"]["event"] for row in await house.rows(evidence) if row["kind"] == "gate"]


def test_a_killed_recogniser_covers_and_a_new_one_brings_the_show_back(run: Runner, tmp_path: Path) -> None:
    source = make_source(16)

    async def story() -> None:
        async with (
            open_house(run.database, tmp_path, delay_ms=2_000) as house,
            Push(house.rtmp_url, source),
        ):
            base = await house.base()
            await aired_until(house, base, 0)
            killed_at_us = house.speech.heard_until_us
            await house.speech.kill()
            aired = await aired_until(house, base, 2)
            late = await until(lambda: _late(house))
            assert late
            assert aired.level_db(killed_at_us + SECOND // 4, killed_at_us + 20 * SECOND) < -80
            unjudged = [p for p in aired.pictures if p.number is not None and p.at_us > killed_at_us + SECOND // 4]
            assert unjudged == []
            await house.speech.start()
            await until(lambda: _event(house, "late.ended"))
            back = await aired_until(house, base, 5)
            assert any(picture.number is not None for picture in back.pictures[-30:])

    run(asyncio.wait_for(story(), 120))


async def _late(house: House) -> bool:
    return "late.began" in await gate_events(house)


async def _event(house: House, name: str) -> bool:
    return name in await gate_events(house)


def test_a_stalled_recogniser_is_no_better_than_a_dead_one(run: Runner, tmp_path: Path) -> None:
    source = make_source(10)

    async def story() -> None:
        async with (
            open_house(run.database, tmp_path, delay_ms=2_000) as house,
            Push(house.rtmp_url, source),
        ):
            base = await house.base()
            await aired_until(house, base, 0)
            house.speech.judging = False
            frozen_us = house.speech.heard_until_us
            aired = await aired_until(house, base, 3)
            assert aired.level_db(frozen_us + SECOND // 10, frozen_us + 20 * SECOND) < -80
            assert house.speech.connections == 1

    run(asyncio.wait_for(story(), 120))


def test_an_encoder_killed_and_back_is_one_discontinuity(run: Runner, tmp_path: Path) -> None:
    # Made beforehand: encoding would hold up the loop that the house runs on, and its gate would rightly cover.
    first, second = make_source(12), make_source(8, first_second=4)

    async def story() -> None:
        async with open_house(run.database, tmp_path, delay_ms=2_000) as house:
            async with Push(house.rtmp_url, first):
                base = await house.base()
                await aired_until(house, base, 1)
            async with Push(house.rtmp_url, second):
                await until(lambda: _event(house, "resumed"))
                assert await house.base() == base, "the same playlist"
                answer = await house.http.get(f"{base}/live.m3u8")
                while "#EXT-X-DISCONTINUITY\n" not in answer.text:
                    answer = await house.http.get(f"{base}/live.m3u8?_HLS_msn=99")
                    answer = await house.http.get(f"{base}/live.m3u8")
                    await asyncio.sleep(0.1)
                aired = await watch(house, base)
            assert answer.text.count("#EXT-X-DISCONTINUITY\n") == 1
            times = [picture.at_us for picture in aired.pictures]
            assert all(earlier < later for earlier, later in pairwise(times))
            assert None not in {picture.number for picture in aired.pictures}
            assert await gate_events(house) == ["started", "resumed"]

    run(asyncio.wait_for(story(), 120))


def test_a_second_encoder_is_turned_away_while_the_first_is_on(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            open_house(run.database, tmp_path, delay_ms=2_000) as house,
            Push(house.rtmp_url, make_source(8)),
        ):
            await house.base()
            async with Push(house.rtmp_url, make_source(2)) as second:
                assert await second.finished(), "it got an error"
            assert len(await house.broadcast_ids()) == 1

    run(asyncio.wait_for(story(), 120))


def test_a_wrong_or_revoked_key_opens_nothing(run: Runner, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        async with open_house(run.database, tmp_path) as house:
            public, _, secret = house.stream_key.partition("_")
            for key in (f"{public}_{secret[:-1]}x", f"{UUID(int=5).hex}_{secret}", public, "x"):
                async with Push(f"{house.server}/{key}", make_source(2)) as push:
                    assert await push.finished()
            async with Push(f"{house.server.replace('live', 'other')}/{house.stream_key}", make_source(2)) as push:
                assert await push.finished()
            assert await house.broadcast_ids() == []
            assert secret not in "".join(capfd.readouterr())

    run(asyncio.wait_for(story(), 120))


def test_panic_from_the_desk_silences_within_the_delay(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        async with (
            open_house(run.database, tmp_path, delay_ms=2_000) as house,
            Push(house.rtmp_url, make_source(12)),
        ):
            base = await house.base()
            before = await aired_until(house, base, 1)
            async with run.database.transaction() as connection:
                await give_gate_command(connection, house.show_id, "panic", given_us=0, given_by=None)
            await until(lambda: _event(house, "panic.began"))
            began_us = next(
                row["at_us"] for row in await house.rows(evidence) if row["payload"].get("event") == "panic.began"
            )
            assert before.origin_us < began_us < before.origin_us + 6 * SECOND
            aired = await aired_until(house, base, 3)
            assert aired.level_db(began_us + 50_000, began_us + 20 * SECOND) < -80
            assert {p.number for p in aired.pictures if p.at_us > began_us + 80_000} == {None}
            assert aired.tone_db(tone_hz(0), aired.origin_us + 100_000, aired.origin_us + 900_000) > -8

    run(asyncio.wait_for(story(), 120))


def test_ending_a_show_leaves_its_replay_and_a_crash_leaves_what_aired(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        async with open_house(run.database, tmp_path, delay_ms=1_000) as house:
            async with Push(house.rtmp_url, make_source(5)) as push:
                base = await house.base()
                await push.finished()
                await until(lambda: _taken(house, 4_500_000))  # "end" drops what still lies in the socket
            async with run.database.transaction() as connection:
                await give_gate_command(connection, house.show_id, "end", given_us=0, given_by=None)
            await until(lambda: _event(house, "ended"))
            [broadcast_id] = await house.broadcast_ids()
            replay = await house.http.get(f"/replay/{broadcast_id}/replay.m3u8")
            assert replay.text.endswith("#EXT-X-ENDLIST\n")
            assert (await house.http.get(f"{base}/live.m3u8")).text.endswith("#EXT-X-ENDLIST\n")
            names = {line for line in replay.text.splitlines() if not line.startswith("#")} | {"init-0.mp4"}
            files = {n: (await house.http.get(f"/replay/{broadcast_id}/{n}")).content for n in names}
            aired = await asyncio.to_thread(decode_playlist, replay.text, files.__getitem__)
            assert [picture.number for picture in aired.pictures] == list(range(150))
            part = await house.http.get(f"/replay/{broadcast_id}/s0.m4s", headers={"range": "bytes=4-7"})
            assert (part.status_code, part.content) == (206, b"moof")
            states = {row["kind"]: row["state"] for row in await house.rows(recording)}
            assert states == {"aired": "complete", "original": "complete"}
            types = [row["type"] for row in await house.rows(event) if row["channel"] == f"show:{house.show_id}"]
            assert types == ["broadcast.started", "broadcast.ended"]
            async with run.database.transaction() as connection:  # As a kill -9 would have left it.
                await connection.execute(broadcast.update().values(ended_us=None))
                await connection.execute(sa.text("update recording set state = 'recording'"))
            (house.settings.recordings_dir / str(broadcast_id) / "aired" / "replay.m3u8").unlink()
            for file in recording_dir(house.settings.recordings_dir, broadcast_id, "original").iterdir():
                os.utime(file, (0, 0))  # killed long ago: a show of a moment ago would go on
            await _reopen(house)
            replay = await house.http.get(f"/replay/{broadcast_id}/replay.m3u8")
            assert replay.status_code == 200
            [row] = await house.rows(broadcast)
            assert row["ended_us"] is not None

    run(asyncio.wait_for(story(), 120))


async def _taken(house: House, length_us: int) -> bool:
    """Whether the original's recording is longer than this: its last segment is kept when the encoder has left."""
    [broadcast_id] = await house.broadcast_ids()
    lines = read_index(recording_dir(house.settings.recordings_dir, broadcast_id, "original") / "index.jsonl")
    return sum(line.ticks for line in lines) * 1_000_000 > length_us * VIDEO_TICKS_PER_SECOND


async def _reopen(house: House) -> None:
    """The media process again on the same data, ports and database."""
    from tallylight.app.processes.media import serve

    house.stop.set()
    await house.process
    ready = asyncio.Event()
    house.stop.clear()
    house.process = asyncio.create_task(serve(house.settings, ready, house.stop))
    await ready.wait()
