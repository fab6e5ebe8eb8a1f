"""A show in an S3-compatible store (moto's server): a viewer reads it from there, live and afterwards."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from moto.server import ThreadedMotoServer

from tallylight.media.models import recording
from tallylight.media.stream_address import live_path, replay_path, stream_address_of
from tests.conftest import Runner
from tests.media.aired import decode_playlist
from tests.media.house import open_house, until
from tests.media.publishing import Push
from tests.media.sources import make_source
from tests.media.test_keys_on_air import press


@pytest.fixture
def bucket() -> Iterator[str]:
    """The address of an empty bucket that everyone may read."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    base = f"http://{host}:{port}"
    httpx.put(f"{base}/shows", trust_env=False).raise_for_status()
    everyone = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shows/*"}
        ],
    }
    httpx.put(f"{base}/shows?policy", json=everyone, trust_env=False).raise_for_status()
    yield f"{base}/shows"
    server.stop()


@pytest.mark.alone
def test_a_show_is_watched_from_the_store_and_its_replay_too(run: Runner, tmp_path: Path, bucket: str) -> None:
    source = make_source(6)
    more: dict[str, Any] = {
        "store_url": "s3://shows/live", "store_endpoint": bucket.removesuffix("/shows"), "store_access_key": "key",
        "store_secret_key": "secret", "store_public_url": f"{bucket}/live",
    }  # fmt: skip

    async def story() -> None:
        async with (
            open_house(run.database, tmp_path, **more) as house,
            httpx.AsyncClient(trust_env=False) as http,
            Push(house.rtmp_url, source) as push,
        ):
            (broadcast_id,) = await until(house.broadcast_ids)
            async with house.database.transaction() as connection:
                token = await stream_address_of(connection, broadcast_id)
            live = f"{bucket}/live{live_path(broadcast_id, token or '')}"

            async def playable() -> bool:
                answer = await http.get(live)
                return answer.status_code == 200 and "s1.m4s" in answer.text

            await until(playable)
            playlist = await http.get(live)
            assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
            folder = live.rpartition("/")[0]
            files = {}
            for name in ("init-0.mp4", "s0.m4s", "s1.m4s"):
                answer = await http.get(f"{folder}/{name}")
                assert "immutable" in answer.headers["cache-control"]
                files[name] = answer.content
            text = playlist.text.partition("s2.m4s")[0].rpartition("s1.m4s")
            aired = decode_playlist(text[0] + text[1] + "\n", files.__getitem__)
            assert [picture.number for picture in aired.pictures][:90] == list(range(90))

            await push.finished()
            await press(house, "end")

            async def stored() -> bool:
                async with house.database.transaction() as connection:
                    asked = sa.select(recording.c.stored).where(recording.c.kind == "aired")
                    return bool(await connection.scalar(asked))

            await until(stored)
            replay = await http.get(f"{bucket}/live{replay_path(broadcast_id)}")
            assert "EXT-X-ENDLIST" in replay.text
            first = next(line for line in replay.text.splitlines() if line.endswith("s0.m4s"))
            assert (await http.get(str(replay.url.join(first)))).content == files["s0.m4s"]

    run(asyncio.wait_for(story(), 60))
