"""The media process end to end: an encoder pushes by RTMP, a player reads HLS."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import Runner
from tests.media.aired import decode_playlist
from tests.media.house import House, open_house
from tests.media.publishing import Push
from tests.media.sources import make_source, tone_hz


async def fetch_all(house: House, base: str, playlist: str) -> dict[str, bytes]:
    """Every file that a playlist names."""
    names = {line for line in playlist.splitlines() if line and not line.startswith("#")}
    names |= {piece.split('"')[0] for line in playlist.splitlines() for piece in line.split('URI="')[1:]}
    files = {}
    for name in names:
        answer = await house.http.get(f"{base}/{name}")
        if answer.status_code == 200:
            files[name] = answer.content
    return files


@pytest.mark.parametrize("playlist_name", ["live.m3u8", "plain.m3u8"])
def test_what_an_encoder_pushes_a_player_sees_and_hears(run: Runner, tmp_path: Path, playlist_name: str) -> None:
    source = make_source(5)

    async def story() -> None:
        async with open_house(run.database, tmp_path) as house, Push(house.rtmp_url, source):
            base = await house.base()
            first = await house.http.get(f"{base}/live.m3u8")
            assert first.status_code == 200
            for sequence in range(1, 4):
                await house.http.get(f"{base}/live.m3u8?_HLS_msn={sequence}&_HLS_part=0")
            text = (await house.http.get(f"{base}/{playlist_name}")).text
            assert "s2.m4s" in text
            files = await fetch_all(house, base, text)
            aired = decode_playlist(text, files.__getitem__)
            assert [picture.number for picture in aired.pictures][:120] == list(range(120))
            for second in range(4):
                middle = aired.origin_us + second * 1_000_000
                assert aired.tone_db(tone_hz(second), middle + 100_000, middle + 900_000) > -8

    run(asyncio.wait_for(story(), 40))
