"""The whole house sends a show on to nginx-rtmp, a bleep and a slate in the middle: what nginx recorded."""

import asyncio
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tallylight.app.review_link import Withhold
from tallylight.compliance.models import evidence
from tallylight.foundation.ids import FindingId, new_id
from tallylight.media.relay.destinations import add_destination, remove_destination, sealing_key
from tallylight.shows.models import broadcast
from tests.conftest import Runner
from tests.media.aired import Aired, AiredPicture
from tests.media.house import open_house
from tests.media.publishing import Push
from tests.media.sources import SAMPLE_RATE_HZ, make_source, read_number, tone_hz
from tests.support.nginx import head, nginx
from tests.support.postgres import free_port
from tests.support.waiting import until

BLEEP = (2_300_000, 2_700_000)
COVER = (4_200_000, 4_600_000)


def recorded(path: Path) -> Aired:
    """An FLV recording that begins with the show's first picture."""
    pictures: list[AiredPicture] = []
    sound: list[NDArray[np.float32]] = []
    first: int | None = None
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0], container.streams.audio[0]):
            assert isinstance(frame, av.VideoFrame | av.AudioFrame)
            assert frame.pts is not None
            assert frame.time_base is not None
            at_us = int(frame.pts * frame.time_base * 1_000_000)
            if isinstance(frame, av.VideoFrame):
                luma = frame.reformat(format="gray").to_ndarray().astype(np.uint8)
                pictures.append(AiredPicture(at_us, read_number(luma)))
            else:
                first = at_us if first is None else first
                sound.append(frame.to_ndarray()[0].astype(np.float32))
    assert first is not None
    silence = np.zeros(first * SAMPLE_RATE_HZ // 1_000_000, np.float32)
    return Aired(0, pictures, np.concatenate([silence, *sound]))


def newest_ms(path: Path) -> int:
    """The stamp of the last whole tag in an FLV file; -1 while there is none."""
    data = path.read_bytes() if path.exists() else b""
    at = len(data) - 4 - int.from_bytes(data[-4:], "big")
    return int.from_bytes(data[at + 4 : at + 7], "big") if at > 9 else -1


def test_a_platform_gets_what_viewers_get_bleep_and_slate_included(run: Runner, tmp_path: Path) -> None:
    source = make_source(8)
    rtmp_port = free_port()
    taken = tmp_path / "taken"
    configuration = head(tmp_path / "nginx", "ngx_rtmp_module.so") + (
        f"rtmp {{ access_log off; server {{ listen 127.0.0.1:{rtmp_port}; application live "
        f"{{ live on; record all; record_path {taken}; }} }} }}\n"
    )
    taken.mkdir()
    taken.chmod(0o777)

    async def story() -> None:
        async with (
            nginx(tmp_path / "nginx", configuration, rtmp_port),
            open_house(run.database, tmp_path / "house", delay_ms=2_000) as house,
        ):
            key = sealing_key(house.settings.data_dir)
            server = f"rtmp://127.0.0.1:{rtmp_port}/live"
            async with house.database.transaction() as connection:
                there = await add_destination(
                    connection, house.show_id, name="Elsewhere", server=server, key="platform-key", sealing_key=key
                )
                dead = f"rtmp://127.0.0.1:{free_port()}/live"
                await add_destination(
                    connection, house.show_id, name="Nobody", server=dead, key="platform-key", sealing_key=key
                )
            async with Push(house.rtmp_url, source) as push:
                await house.base()
                (show,) = await house.rows(broadcast)
                for (start_us, end_us), action in ((BLEEP, "bleep"), (COVER, "cover")):
                    span = (show["started_us"] + start_us, show["started_us"] + end_us)
                    house.speech.say(Withhold(FindingId(new_id()), *span, action, "block", "test"))  # type: ignore[arg-type]
                await push.finished()
            recording = taken / "platform-key.flv"
            await until(lambda: newest_ms(recording) > 7_800, what="the whole show has come through")
            events = [row["payload"] for row in await house.rows(evidence)]
            began = [event["destination_id"] for event in events if event.get("event") == "relay.began"]
            assert began == [str(there.id)]
            async with house.database.transaction() as connection:
                await remove_destination(connection, house.show_id, there.id)
        aired = recorded(recording)
        numbers = [picture.number for picture in aired.pictures]
        assert numbers[:120] == list(range(120))
        assert all(picture.number is None for picture in aired.pictures if 4_200_000 <= picture.at_us < 5_900_000)
        assert numbers[181:231] == list(range(181, 231))
        middle = (BLEEP[0] + 50_000, BLEEP[1] - 50_000)
        assert aired.tone_db(tone_hz(2), *middle) < -60
        assert aired.tone_db(1_000, *middle) > -25
        assert aired.level_db(COVER[0] + 50_000, COVER[1] - 50_000) < -60
        for second in (0, 1, 3, 6):
            assert aired.tone_db(tone_hz(second), second * 1_000_000 + 150_000, second * 1_000_000 + 850_000) > -8

    run(asyncio.wait_for(story(), 60))
