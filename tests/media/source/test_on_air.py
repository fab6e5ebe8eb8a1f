"""Real sources put a show on air: a file, HLS over HTTP, RTMP from nginx, an SRT caller; and they stop with it."""

import asyncio
import contextlib
import io
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import av
import pytest
import sqlalchemy as sa

from tallylight.app.flows.command_gate import command_gate
from tallylight.foundation.ids import PersonId, new_id
from tallylight.media.models import show_source
from tallylight.media.source.sources import (
    keep_pull,
    keep_srt,
    remove_source,
    sealing_key,
    source_of,
    switch_source,
)
from tallylight.members.models import person
from tests.conftest import Runner
from tests.media.aired import decode_playlist
from tests.media.house import House, open_house, until
from tests.media.publishing import Push, push
from tests.media.source.test_guard import answering
from tests.media.sources import make_source
from tests.media.test_whole_house import fetch_all
from tests.support.nginx import head, nginx
from tests.support.postgres import free_port

SOURCE = make_source(6)
HOME = "127.0.0.0/8"


@cache
def flv() -> bytes:
    path = Path(f"/tmp/tallylight-source-{os.getpid()}.flv")
    push(str(path), SOURCE, SOURCE.messages, pace=False)
    data = path.read_bytes()
    path.unlink()
    return data


async def pulled(house: House, url: str) -> None:
    async with house.database.transaction() as connection:
        key = sealing_key(house.settings.data_dir)
        await keep_pull(connection, house.show_id, url, sealing_key=key)
        await switch_source(connection, house.show_id, wanted=True)


async def airs(house: House, *, whole: bool = True) -> None:
    """Pictures air in their order, and sound with them."""
    base = await house.base()
    playlist = await house.http.get(f"{base}/live.m3u8?_HLS_msn=1&_HLS_part=0")
    assert playlist.status_code == 200
    files = await fetch_all(house, base, playlist.text)
    aired = decode_playlist(playlist.text, files.__getitem__)
    numbers = [picture.number for picture in aired.pictures]
    assert len(numbers) > 30
    assert numbers == list(range(numbers[0] or 0, (numbers[0] or 0) + len(numbers)))
    assert not whole or numbers[0] == 0
    heard = aired.seconds_heard(range(6))
    assert heard >= {(numbers[0] or 0) // 30 + 1}


async def is_off(house: House) -> str | None:
    """Waits until it has switched itself off; the problem that it left."""

    async def off() -> bool:
        async with house.database.transaction() as connection:
            source = await source_of(connection, house.show_id)
        return source is not None and not source.wanted

    await until(off)
    async with house.database.transaction() as connection:
        source = await source_of(connection, house.show_id)
    assert source is not None
    return source.problem


def test_a_file_airs_at_its_own_pace_and_is_over_when_it_ends(run: Runner, tmp_path: Path) -> None:
    (tmp_path / "evening.flv").write_bytes(flv())

    async def story() -> None:
        async with open_house(run.database, tmp_path / "house", source_files_dir=tmp_path) as house:
            began = asyncio.get_running_loop().time()
            await pulled(house, "file:evening.flv")
            await airs(house)
            assert await is_off(house) is None
            # Six seconds of show, of which some run ahead; not paced at all it is over within one.
            assert asyncio.get_running_loop().time() - began > 2

    run(asyncio.wait_for(story(), 60))


def hls_files() -> dict[str, tuple[int, dict[str, str], bytes]]:
    """The source as an HLS playlist with TS segments."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in.flv").write_bytes(flv())
        with (
            av.open(f"{folder}/in.flv") as given,
            av.open(f"{folder}/live.m3u8", "w", format="hls", options={"hls_time": "1", "hls_list_size": "0"}) as made,
        ):
            streams = {one: made.add_stream_from_template(one) for one in given.streams}
            for packet in given.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream]
                    made.mux(packet)
        return {f"/{one.name}": (200, {}, one.read_bytes()) for one in Path(folder).iterdir()}


def test_a_playlist_by_http_airs(run: Runner, tmp_path: Path) -> None:
    async def story() -> None:
        with answering(hls_files()) as (base, _):
            async with open_house(run.database, tmp_path, source_networks=HOME) as house:
                await pulled(house, f"{base}/live.m3u8")
                # A transport stream tells its sound's format only with the first sound: pictures before it are lost.
                await airs(house, whole=False)

    run(asyncio.wait_for(story(), 60))


def test_what_may_not_be_reached_or_cannot_be_a_show_is_switched_off_with_words(run: Runner, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "silent.flv"), "w") as made, av.open(io.BytesIO(flv()), mode="r") as given:
        picture = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.stream = picture
                made.mux(packet)

    async def story() -> None:
        async with open_house(run.database, tmp_path / "house", source_files_dir=tmp_path) as house:
            await pulled(house, "http://127.0.0.1:9/live.m3u8")
            assert "private network" in (await is_off(house) or "")
            await pulled(house, "rtmp://127.0.0.1:9/live/x")
            assert "private network" in (await is_off(house) or "")
            await pulled(house, "file:silent.flv")
            assert "no sound" in (await is_off(house) or "")
            assert await house.broadcast_ids() == []

    run(asyncio.wait_for(story(), 60))


def test_an_rtmp_server_is_pulled_from_again_after_a_crash_and_stops_with_the_show(run: Runner, tmp_path: Path) -> None:
    source = make_source(12)
    port = free_port()
    configuration = head(tmp_path / "nginx", "ngx_rtmp_module.so") + (
        f"rtmp {{ access_log off; server {{ listen 127.0.0.1:{port}; application live {{ live on; }} }} }}\n"
    )

    async def story() -> None:
        async with (
            nginx(tmp_path / "nginx", configuration, port),
            open_house(run.database, tmp_path / "house", source_networks=HOME) as house,
            Push(f"rtmp://127.0.0.1:{port}/live/camera", source),
        ):
            await pulled(house, f"rtmp://127.0.0.1:{port}/live/camera")
            await airs(house, whole=False)
            (child,) = pullers()
            os.kill(child, signal.SIGKILL)

            async def another() -> bool:
                return any(one != child for one in pullers())

            await until(another)
            async with house.database.transaction() as connection:
                who = PersonId(new_id())
                await connection.execute(person.insert().values(id=who, email="ada@example.com", name="Ada"))
                await command_gate(connection, house.show_id, "end", given_by=who, now_us=0)

            async def gone() -> bool:
                return not pullers()

            await until(gone)
            assert await is_off(house) is None
            assert len(await house.broadcast_ids()) == 1

    run(asyncio.wait_for(story(), 60))


def pullers() -> list[int]:
    """Processes of ours, of this very test process, that pull."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == os.getpid() and b"tallylight.media.source.puller" in command:
            found.append(int(entry.name))
    return found


@asynccontextmanager
async def calling(port: int, passphrase: str, file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """An SRT encoder that calls until it is answered."""
    url = f"srt://127.0.0.1:{port}?mode=caller&passphrase={passphrase}&pbkeylen=32"
    command = f"until ffmpeg -v error -re -i '{file}' -c copy -f mpegts '{url}'; do sleep 0.2; done"
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command, stderr=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs Debian's FFmpeg")
def test_an_srt_caller_airs_with_the_passphrase_and_not_without(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "show.flv"
    file.write_bytes(flv())
    port = free_port()

    async def story() -> None:
        async with open_house(run.database, tmp_path / "house", srt_ports=f"{port}-{port}") as house:
            async with house.database.transaction() as connection:
                key = sealing_key(house.settings.data_dir)
                source, passphrase = await keep_srt(connection, house.show_id, range(port, port + 1), sealing_key=key)
                assert source.port == port
                await switch_source(connection, house.show_id, wanted=True)
                (row,) = await connection.execute(sa.select(show_source))
                assert passphrase.encode() not in row.secret_sealed
            wrong = f"srt://127.0.0.1:{port}?mode=caller&passphrase=not-this-one-at-all&pbkeylen=32"
            await listening(port)
            for url in (wrong, f"srt://127.0.0.1:{port}?mode=caller"):
                refused = await asyncio.create_subprocess_exec(
                    "ffmpeg", "-v", "error", "-i", str(file), "-c", "copy", "-f", "mpegts", url,
                    stderr=asyncio.subprocess.PIPE,
                )  # fmt: skip
                _, words = await refused.communicate()
                assert refused.returncode != 0, words
            assert await house.broadcast_ids() == []
            async with calling(port, passphrase, file):
                await airs(house, whole=False)
            async with house.database.transaction() as connection:
                await remove_source(connection, house.show_id)

    run(asyncio.wait_for(story(), 60))


async def listening(port: int) -> None:
    """Until something has bound the UDP port."""
    wanted = f":{port:04X} "

    async def bound() -> bool:
        return wanted in Path("/proc/net/udp").read_text() + Path("/proc/net/udp6").read_text()

    await until(bound)


def gstreamer_is_there() -> bool:
    asked = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    python = shutil.which("python3", path="/usr/bin")
    return python is not None and subprocess.run([python, "-c", asked], capture_output=True).returncode == 0


@asynccontextmanager
async def rtsp(path: Path, sound: str) -> AsyncIterator[str]:
    """GStreamer's RTSP server with this file; its address."""
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/python3", str(Path(__file__).parents[2] / "support/rtsp_server.py"), str(path), "--sound", sound,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield f"rtsp://127.0.0.1:{int(await process.stdout.readline())}/live"
    finally:
        process.kill()
        await process.wait()


@pytest.mark.skipif(not gstreamer_is_there(), reason="needs Debian's gir1.2-gst-rtsp-server-1.0 and python3-gi")
@pytest.mark.parametrize("sound", ["aac", "pcmu"])
def test_a_stream_by_rtsp_airs(run: Runner, tmp_path: Path, sound: str) -> None:
    """AAC as it comes, and a camera's G.711, which is encoded anew."""
    (tmp_path / "evening.flv").write_bytes(flv())

    async def story() -> None:
        async with (
            rtsp(tmp_path / "evening.flv", sound) as address,
            open_house(run.database, tmp_path / "house", source_networks=HOME) as house,
        ):
            await pulled(house, address)
            await airs(house, whole=sound == "aac")

    run(asyncio.wait_for(story(), 90))
