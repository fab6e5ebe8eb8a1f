"""A show on air goes from one real media process to another, under a real encoder: by a move, and by kill -9 in one."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from tallylight.app.processes import readiness
from tallylight.app.processes.child import RENEW_EXIT_CODE, Child, Role
from tallylight.app.processes.open_rtmp import port_file
from tallylight.app.processes.roles import role_command
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.settings import Settings
from tallylight.media.homes import STALE_US, Home, MediaProcess, ask_move, drain_process, home_of, media_processes
from tallylight.media.recording import INDEX_NAME, Kind, read_index, recording_dir
from tallylight.media.relay.destinations import add_destination
from tallylight.media.relay.destinations import sealing_key as destinations_key
from tallylight.media.source.sources import keep_pull, switch_source
from tallylight.media.source.sources import sealing_key as sources_key
from tallylight.media.stream_address import replay_path
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.models import broadcast
from tests.conftest import Runner
from tests.media.aired import decode_playlist
from tests.media.attacks.test_killed_media import DELAY_MS, FPS, Media, check_unbroken, encoder, numbers
from tests.media.house import make_show, until
from tests.media.playlist_rules import check_playlist
from tests.media.publishing import Push
from tests.media.relay.test_nginx_rtmp import newest_ms, recorded
from tests.media.sources import make_source
from tests.media.speech_desk import SpeechDesk
from tests.support.nginx import head, nginx
from tests.support.postgres import free_port

pytestmark = pytest.mark.slow

NAMES = ("media", "media-2")
KINDS: tuple[Kind, ...] = ("aired", "original")
HOME = "127.0.0.0/8"


class Pair(Media):
    """Two media processes that share their ports, with one show."""

    def __init__(self, run: Runner, settings: Settings, show: tuple[Any, str], http: httpx.AsyncClient):
        super().__init__(run, settings, *show, http, spare=False)
        environment = os.environ | {
            "DATABASE_URL": run.database.url,
            "TALLYLIGHT_DATA_DIR": str(settings.data_dir),
            "TALLYLIGHT_RTMP_PORT": str(settings.rtmp_port),
            "TALLYLIGHT_MEDIA_PORT": str(settings.media_port),
            "TALLYLIGHT_MEDIA_PROCESSES": "2",
            "TALLYLIGHT_SOURCE_NETWORKS": HOME,
        }
        self.children = {name: Child(self._role(name), environment) for name in NAMES}

    def _role(self, name: str) -> Role:
        ready = readiness.listens_where_written(port_file(self.settings, name))
        return Role(name, role_command("media"), ready, environment={"TALLYLIGHT_MEDIA_NAME": name})

    async def home(self) -> Home:
        async with self.database.transaction() as connection:
            home = await home_of(connection, self.show_id)
        assert home is not None
        return home

    async def at(self, *, home: str, air: str) -> bool:
        row = await self.home()
        return (row.home, row.air) == (home, air)

    async def move(self) -> tuple[str, str]:
        """Order the show to the other process; from where to where. Its encoder is dropped."""
        old = (await self.home()).home
        [new] = set(NAMES) - {old}
        async with self.database.transaction() as connection:
            await ask_move(connection, self.show_id, new, now_us=SystemClock().now_us())
        return old, new

    async def drain(self) -> tuple[str, str]:
        """Order the show's home to hand over all it carries; its name and the other's."""
        old = (await self.home()).home
        [new] = set(NAMES) - {old}
        async with self.database.transaction() as connection:
            await drain_process(connection, old, now_us=SystemClock().now_us())
        return old, new

    async def row(self, name: str) -> MediaProcess:
        async with self.database.transaction() as connection:
            [row] = [one for one in await media_processes(connection) if one.name == name]
        return row

    async def renewed(self, before: MediaProcess) -> bool:
        """Whether it runs anew and takes shows again."""
        now = await self.row(before.name)
        return now.process_id != before.process_id and not now.draining

    async def ended(self) -> bool:
        async with self.database.transaction() as connection:
            return await connection.scalar(sa.select(broadcast.c.ended_us)) is not None


@asynccontextmanager
async def open_pair(run: Runner, folder: Path, *, delay_ms: int = DELAY_MS) -> AsyncIterator[Pair]:
    settings = Settings(
        data_dir=folder, database_url=run.database.url, media_port=free_port(), rtmp_port=free_port(), media_processes=2
    )
    show = await make_show(run.database, delay_ms=delay_ms)
    settings.run_dir.mkdir(parents=True)
    speech = SpeechDesk(settings.speech_socket)
    await speech.start()
    # Each request by a connection of its own: the kernel gives them to one process or the other.
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{settings.media_port}", trust_env=False, timeout=30, headers={"connection": "close"}
    ) as http:
        pair = Pair(run, settings, show, http)
        for child in pair.children.values():
            child.start()
        try:
            for child in pair.children.values():
                await until(child.role.ready)
            yield pair
        finally:
            await asyncio.gather(*(child.stop() for child in pair.children.values()))
            await speech.kill()


def original_numbers(pair: Pair, folder: Path) -> set[int]:
    text = (folder / "replay.m3u8").read_text()
    return set(numbers(decode_playlist(text, lambda name: (folder / name).read_bytes())))


def test_a_moved_show_airs_all_that_was_taken_in(run: Runner, tmp_path: Path) -> None:
    first, second = make_source(14), make_source(14, first_second=60)

    async def story() -> None:
        async with open_pair(run, tmp_path) as pair:
            async with encoder(pair, first):
                base = await pair.base()
                before = await pair.text_with(base, "s1.")
                had = await pair.files(base, before)
                _, new = await pair.move()
                moved_us = time.time_ns() // 1000
                async with encoder(pair, second):
                    after = await pair.text_with(base, "t1.m4s", "#EXT-X-DISCONTINUITY\n")
                    assert await pair.at(home=new, air=new)
                    for _ in range(12):  # whichever process is asked, it is the same show
                        check_playlist(await pair.text(base), part_target_s=0.168, steady=False)
                    files = await pair.files(base, after)
            check_unbroken(before, after)
            assert after.count("#EXT-X-DISCONTINUITY\n") == 1
            assert all(files[name] == had[name] for name in files.keys() & had.keys()), "a name is given once"
            broadcast_id = await pair.broadcast_id()
            async with run.database.transaction() as connection:
                now_us = time.time_ns() // 1000
                await give_gate_command(connection, pair.show_id, "end", given_us=now_us, given_by=None)
            await until(pair.ended)
            replay_base = replay_path(broadcast_id).rpartition("/")[0]
            replay = await pair.text(replay_base, "replay.m3u8")
            check_playlist(replay, part_target_s=None)
            aired = await asyncio.to_thread(
                decode_playlist, replay, (await pair.files(replay_base, replay)).__getitem__
            )
            assert all(earlier.at_us < later.at_us for earlier, later in pairwise(aired.pictures))
            folder = recording_dir(pair.settings.recordings_dir, broadcast_id, "original")
            taken_in = await asyncio.to_thread(original_numbers, pair, folder)
            assert {number for number in taken_in if number < 14 * FPS} <= set(numbers(aired)), "all of it has aired"
            late = [picture for picture in aired.pictures if picture.number in range(60 * FPS, 74 * FPS)]
            assert late[0].at_us > moved_us, "programme time is the camera's"
            events = [payload["event"] for payload in await pair.gate()]
            told = ("started", "moved", "interrupted", "ended", "late.began")
            assert [event for event in events if event in told] == ["started", "moved", "ended"]
            assert (await pair.home()).broadcast_id is None

    run(asyncio.wait_for(story(), 150))


def test_a_process_killed_in_a_move_leaves_the_show_on_air(run: Runner, tmp_path: Path) -> None:
    """First the one that still airs what it holds, then, on the way back, the one that is to go on."""
    sources = [make_source(14), make_source(14, first_second=60), make_source(14, first_second=120)]

    async def story() -> None:
        async with open_pair(run, tmp_path) as pair:
            base, before = "", ""
            for killed, source, mark in zip(("old", "new"), sources, ("s1.", "t1.m4s"), strict=False):
                async with encoder(pair, source):
                    base = await pair.base()
                    text = await pair.text_with(base, mark)
                    if before:
                        check_unbroken(before, text)
                    before = text
                    for child in pair.children.values():
                        await until(child.role.ready)
                    old, new = await pair.move()
                    await until(partial(pair.at, home=new, air=old))
                    pair.children[old if killed == "old" else new].kill()
            async with encoder(pair, sources[2]):
                check_unbroken(before, await pair.text_with(base, "t2.m4s", "#EXT-X-DISCONTINUITY\n"))
            broadcast_id = await pair.broadcast_id()
            async with run.database.transaction() as connection:
                now_us = time.time_ns() // 1000
                await give_gate_command(connection, pair.show_id, "end", given_us=now_us, given_by=None)
            await until(pair.ended)
            for kind in KINDS:
                folder = recording_dir(pair.settings.recordings_dir, broadcast_id, kind)
                lines = read_index(folder / INDEX_NAME)
                assert [line.sequence for line in lines] == list(range(len(lines)))
                assert all(earlier.until_us <= later.at_us for earlier, later in pairwise(lines))
                check_playlist((folder / "replay.m3u8").read_text(), part_target_s=None)
            events = [payload["event"] for payload in await pair.gate()]
            assert [event for event in events if event in ("moved", "interrupted")] == ["interrupted", "moved"]

    run(asyncio.wait_for(story(), 200))


def test_a_drained_process_loses_no_show_and_starts_anew(run: Runner, tmp_path: Path) -> None:
    """There and back, so that each of the two has been the one that is renewed."""
    sources = [make_source(14), make_source(14, first_second=60), make_source(14, first_second=120)]

    async def story() -> None:
        async with open_pair(run, tmp_path) as pair:
            base, before = "", ""
            for turn, source in enumerate(sources):
                async with encoder(pair, source):
                    base = base or await pair.base()
                    text = await pair.text_with(base, f"t{turn}.m4s" if turn else "s1.")
                    if before:
                        check_unbroken(before, text)
                        assert text.count("#EXT-X-DISCONTINUITY\n") == turn
                    before = text
                    if turn < 2:
                        old, new = await pair.drain()
                        row = await pair.row(old)
                        await until(partial(pair.at, home=new, air=new))
                        await until(partial(pair.renewed, row))
                        assert pair.children[old].last_exit_code == RENEW_EXIT_CODE
                        assert pair.children[old].ended_count == 0
            folder = recording_dir(pair.settings.recordings_dir, await pair.broadcast_id(), "original")
            lines = read_index(folder / INDEX_NAME)
            assert [line.sequence for line in lines] == list(range(len(lines)))
            events = [payload["event"] for payload in await pair.gate()]
            assert [event for event in events if event in ("moved", "interrupted")] == ["moved", "moved"]

    run(asyncio.wait_for(story(), 200))


def test_who_drains_takes_cameras_in_again_when_the_other_is_gone(run: Runner, tmp_path: Path) -> None:
    """It holds so much that it still airs it when the other is known to be gone."""

    async def story() -> None:
        async with open_pair(run, tmp_path, delay_ms=DELAY_MS + STALE_US // 1000 + 4_000) as pair:
            async with encoder(pair, make_source(14)):
                base = await pair.base()
                await until(partial(pair.happened, "started"))
                old, new = await pair.drain()
                await until(partial(pair.at, home=new, air=old))
                row = await pair.row(old)
                pair.children[new].kill()
                await pair.children[new].stop()
            async with encoder(pair, make_source(20, first_second=60)):
                await pair.text_with(base, "t1.m4s", "#EXT-X-DISCONTINUITY\n")
                assert await pair.at(home=old, air=old)
            now = await pair.row(old)
            assert (now.process_id, now.draining) == (row.process_id, True), "it goes on draining when it can"

    run(asyncio.wait_for(story(), 150))


def test_what_is_pulled_and_sent_on_moves_along(run: Runner, tmp_path: Path) -> None:
    """The camera is at nginx-rtmp, which the show is pulled from; what airs is sent on there as well."""
    port, taken = free_port(), tmp_path / "taken"
    taken.mkdir()
    taken.chmod(0o777)
    configuration = head(tmp_path / "nginx", "ngx_rtmp_module.so") + (
        f"rtmp {{ access_log off; server {{ listen 127.0.0.1:{port}; application live {{ live on; }} application out "
        f"{{ live on; record all; record_unique on; record_path {taken}; }} }} }}\n"
    )
    server = f"rtmp://127.0.0.1:{port}"

    async def story() -> None:
        async with (
            nginx(tmp_path / "nginx", configuration, port),
            open_pair(run, tmp_path / "house") as pair,
            Push(f"{server}/live/camera", make_source(40)),
        ):
            data_dir = pair.settings.data_dir
            async with run.database.transaction() as connection:
                await add_destination(
                    connection, pair.show_id, name="Elsewhere", server=f"{server}/out", key="elsewhere",
                    sealing_key=destinations_key(data_dir),
                )  # fmt: skip
                await keep_pull(connection, pair.show_id, f"{server}/live/camera", sealing_key=sources_key(data_dir))
                await switch_source(connection, pair.show_id, wanted=True)
            base = await pair.base()
            before = await pair.text_with(base, "s1.")
            _, new = await pair.move()
            after = await pair.text_with(base, "t1.m4s", "#EXT-X-DISCONTINUITY\n")
            check_unbroken(before, after)
            assert await pair.at(home=new, air=new)

            async def sent_on() -> bool:
                return len(list(taken.iterdir())) == 2 and all(newest_ms(file) > 2_000 for file in taken.iterdir())

            await until(sent_on)
            files = sorted(taken.iterdir(), key=lambda file: file.stat().st_mtime)
            first, second = [await asyncio.to_thread(pictures_of, file) for file in files]
            assert len(first) > FPS
            assert len(second) > FPS
            assert first == list(range(first[0], first[0] + len(first)))
            assert second == list(range(second[0], second[0] + len(second)))
            assert first[-1] < second[0], "nothing is sent twice"

    run(asyncio.wait_for(story(), 150))


def pictures_of(file: Path) -> list[int]:
    """The numbers in the pictures of a recording that is still being written."""
    return [picture.number for picture in recorded(file).pictures if picture.number is not None]
