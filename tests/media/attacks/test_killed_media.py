"""kill -9 of a real media process under a real encoder: it comes back by itself and its show goes on."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from tallylight.app.processes import readiness
from tallylight.app.processes.child import Child, Role
from tallylight.app.processes.roles import role_command
from tallylight.compliance.models import evidence
from tallylight.foundation.ids import ShowId
from tallylight.foundation.settings import Settings
from tallylight.media.recording import recording_dir
from tallylight.media.stream_address import live_path, replay_path, stream_address_of
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.models import broadcast
from tests.conftest import Runner
from tests.media.aired import Aired, decode_playlist
from tests.media.house import make_show, until
from tests.media.playlist_rules import check_playlist
from tests.media.publishing import Push
from tests.media.sources import Source, make_source
from tests.media.speech_desk import SpeechDesk
from tests.support.postgres import free_port

pytestmark = pytest.mark.slow

DELAY_MS = 2_000
SECOND = 1_000_000
FPS = 30
SECOND_NUMBERS = range(60 * FPS, 80 * FPS)
"""The pictures of the encoder's second connection."""


class Media:
    """A media process that is kept running, with one show."""

    def __init__(
        self, run: Runner, settings: Settings, show_id: ShowId, key: str, http: httpx.AsyncClient, *, spare: bool
    ):
        self.database, self.settings, self.show_id, self.http = run.database, settings, show_id, http
        self.rtmp_url = f"rtmp://127.0.0.1:{settings.rtmp_port}/live/{key}"
        ready = readiness.listens("", settings.media_port, settings.rtmp_port)
        role = Role("media", role_command("media"), ready, spare_after_s=0 if spare else None)
        environment = os.environ | {
            "DATABASE_URL": run.database.url,
            "TALLYLIGHT_DATA_DIR": str(settings.data_dir),
            "TALLYLIGHT_RTMP_PORT": str(settings.rtmp_port),
            "TALLYLIGHT_MEDIA_PORT": str(settings.media_port),
        }
        self.child = Child(role, environment)

    async def broadcast_id(self) -> UUID:
        async def ids() -> list[UUID]:
            async with self.database.transaction() as connection:
                return list(await connection.scalars(sa.select(broadcast.c.id)))

        [only] = await until(ids)
        return only

    async def base(self) -> str:
        broadcast_id = await self.broadcast_id()
        async with self.database.transaction() as connection:
            token = await stream_address_of(connection, broadcast_id)
        assert token is not None
        return live_path(broadcast_id, token).rpartition("/")[0]

    async def text(self, base: str, name: str = "live.m3u8") -> str:
        """The playlist; as a player does, asked for again when nobody answers."""
        while True:
            try:
                answer = await self.http.get(f"{base}/{name}")
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 200:
                return answer.text
            await asyncio.sleep(0.05)

    async def text_with(self, base: str, *marks: str) -> str:
        while True:
            text = await self.text(base)
            if all(mark in text for mark in marks):
                return text
            await asyncio.sleep(0.1)

    async def files(self, base: str, text: str) -> dict[str, bytes]:
        names = {line for line in text.splitlines() if line and not line.startswith("#")}
        names |= {piece.split('"')[0] for piece in text.split("#EXT-X-PRELOAD-HINT")[0].split('URI="')[1:]}
        answers = {name: await self.http.get(f"{base}/{name}") for name in names}
        assert {answer.status_code for answer in answers.values()} == {200}
        return {name: answer.content for name, answer in answers.items()}

    async def gate(self) -> list[dict[str, Any]]:
        async with self.database.transaction() as connection:
            rows = await connection.scalars(
                sa.select(evidence.c.payload).where(evidence.c.kind == "gate").order_by(evidence.c.seq)
            )
            return list(rows)

    async def happened(self, *events: str) -> bool:
        return set(events) <= {payload["event"] for payload in await self.gate()}


@asynccontextmanager
async def open_media(run: Runner, folder: Path, *, spare: bool = False) -> AsyncIterator[Media]:
    settings = Settings(data_dir=folder, database_url=run.database.url, media_port=free_port(), rtmp_port=free_port())
    show_id, key = await make_show(run.database, delay_ms=DELAY_MS)
    settings.run_dir.mkdir(parents=True)
    speech = SpeechDesk(settings.speech_socket)
    await speech.start()
    base_url = f"http://127.0.0.1:{settings.media_port}"
    async with httpx.AsyncClient(base_url=base_url, trust_env=False, timeout=30) as http:
        media = Media(run, settings, show_id, key, http, spare=spare)
        media.child.start()
        try:
            await until(media.child.role.ready)
            yield media
        finally:
            await media.child.stop()
            await speech.kill()


@asynccontextmanager
async def encoder(media: Media, source: Source) -> AsyncIterator[None]:
    """Connects again and again until it is let in."""
    while True:
        async with Push(media.rtmp_url, source) as push:
            try:
                await push.began_us()
            except ValueError:  # it ended without a word
                continue
            yield
            return


def numbers(aired: Aired) -> list[int]:
    return [picture.number for picture in aired.pictures if picture.number is not None]


def check_unbroken(before: str, after: str) -> None:
    """The second playlist goes on where the first stood: no number is left out, none is given twice."""
    first, second = (check_playlist(text, part_target_s=0.168, steady=False) for text in (before, after))
    assert first.target_duration == second.target_duration
    listed = {first.media_sequence + at: segment.uri for at, segment in enumerate(first.segments) if segment.uri}
    again = {second.media_sequence + at: segment.uri for at, segment in enumerate(second.segments) if segment.uri}
    assert max(again) > max(listed)
    assert all(again[number] == uri for number, uri in listed.items() if number in again)


def test_a_killed_media_process_is_back_and_its_show_goes_on(run: Runner, tmp_path: Path) -> None:
    first, second = make_source(14), make_source(14, first_second=60)

    async def story() -> None:
        async with open_media(run, tmp_path, spare=True) as media:
            async with encoder(media, first):
                base = await media.base()
                before = await media.text_with(base, "s1.")
                had = await media.files(base, before)
                killed_us, killed_at = time.time_ns() // 1000, time.monotonic()
                media.child.kill()
                await media.text(base)
                print(f"the playlist was away for {time.monotonic() - killed_at:.2f} s")
            async with encoder(media, second):
                after = await media.text_with(base, "t1.m4s", "#EXT-X-DISCONTINUITY\n")
                files = await media.files(base, after)
            await until(lambda: media.happened("interrupted", "resumed"))
            assert await media.base() == base, "the same broadcast under the same address"
            check_unbroken(before, after)
            assert after.count("#EXT-X-DISCONTINUITY\n") == 1
            assert "#EXT-X-DISCONTINUITY-SEQUENCE:0\n" in after
            assert all(files[name] == had[name] for name in files.keys() & had.keys()), "a name is given once"
            aired = await asyncio.to_thread(decode_playlist, after, files.__getitem__)
            times = [picture.at_us for picture in aired.pictures]
            assert all(earlier < later for earlier, later in pairwise(times))
            old = [picture for picture in aired.pictures if picture.number in range(14 * FPS)]
            new = [picture for picture in aired.pictures if picture.number in SECOND_NUMBERS]
            assert len(old) > FPS, "what had aired is there again"
            assert len(new) > 0
            assert old[-1].at_us <= killed_us - DELAY_MS * 1000, "what was in the delay has not aired"
            assert new[0].at_us > killed_us, "programme time is the camera's"

            broadcast_id = await media.broadcast_id()
            async with run.database.transaction() as connection:
                await give_gate_command(
                    connection, media.show_id, "end", given_us=time.time_ns() // 1000, given_by=None
                )
            await until(lambda: media.happened("ended"))
            replay_base = replay_path(broadcast_id).rpartition("/")[0]
            replay = await media.text(replay_base, "replay.m3u8")
            check_playlist(replay, part_target_s=None)
            aired = await asyncio.to_thread(
                decode_playlist, replay, (await media.files(replay_base, replay)).__getitem__
            )
            assert {p.number for p in old} <= set(numbers(aired)), "the recording keeps what aired before the crash"
            folder = recording_dir(media.settings.recordings_dir, broadcast_id, "original")
            text = (folder / "replay.m3u8").read_text()
            original = await asyncio.to_thread(decode_playlist, text, lambda name: (folder / name).read_bytes())
            last_before = max(p.at_us for p in original.pictures if p.number in range(14 * FPS))
            assert last_before > killed_us - SECOND, "the original keeps what the camera sent up to the crash"
            assert set(numbers(original)) & set(SECOND_NUMBERS)
            events = [payload["event"] for payload in await media.gate()]
            assert [event for event in events if event in ("started", "interrupted", "resumed", "ended")] == [
                "started", "interrupted", "resumed", "ended",
            ]  # fmt: skip

    run(asyncio.wait_for(story(), 150))


def test_what_the_desk_ordered_still_holds_after_a_crash(run: Runner, tmp_path: Path) -> None:
    first, second = make_source(12), make_source(12, first_second=60)

    async def story() -> None:
        async with open_media(run, tmp_path) as media:
            async with encoder(media, first):
                base = await media.base()
                await media.text_with(base, "s0.")
                async with run.database.transaction() as connection:
                    given_us = time.time_ns() // 1000
                    await give_gate_command(connection, media.show_id, "panic", given_us=given_us, given_by=None)
                await until(lambda: media.happened("panic.began"))
                media.child.kill()
            async with encoder(media, second):
                after = await media.text_with(base, "t1.m4s")
                files = await media.files(base, after)
            aired = await asyncio.to_thread(decode_playlist, after, files.__getitem__)
            assert not set(numbers(aired)) & set(SECOND_NUMBERS), "it came back covered"
            stretches = [payload for payload in await media.gate() if payload["event"].startswith("panic")]
            assert [payload["event"] for payload in stretches] == ["panic.began", "panic.ended", "panic.began"]
            assert stretches[1]["start_us"] == stretches[0]["start_us"], "the evidence says which stretch ended"

    run(asyncio.wait_for(story(), 120))
