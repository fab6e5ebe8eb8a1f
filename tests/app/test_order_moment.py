"""The receipt of a live order: clip, words, price and funders of the moment, made once, with a hash that holds."""

import asyncio
import errno
import hashlib
import io
import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest
import sqlalchemy as sa

from tallylight.app.flows.order_moment import clip_path, keep_clip
from tallylight.compliance.record_finding import record_words
from tallylight.foundation.clock import ManualClock
from tallylight.shows.start_broadcast import start_broadcast
from tests.app.test_refunds_http import placed
from tests.app.test_selling import Shop, refusal
from tests.conftest import Runner
from tests.media.test_cut_sound import recorded
from tests.support.aired_show import spoken
from tests.support.small_shop import fill_shelf, small_shop
from tests.support.web import client_of, services_on

SECOND = 1_000_000


def test_the_moment_is_on_record_with_its_clip(run: Runner, tmp_path: Path) -> None:
    source, started_us = recorded(tmp_path / "made")

    async def whole() -> None:
        clock = ManualClock(started_us + 4 * SECOND)
        services = services_on(run.database, clock, data_dir=tmp_path / "data")
        small = await small_shop(run.database, "finance", "producer")
        shelf = await fill_shelf(run.database, small, now_us=clock.now_us())
        async with run.database.transaction() as connection:
            broadcast = await start_broadcast(connection, small.show.id, delay_ms=2_000, started_us=started_us)
            await record_words(connection, broadcast.id, spoken("only five left today", clock.now_us() - 2 * SECOND))
        shutil.copytree(source, tmp_path / "data/recordings" / str(broadcast.id) / "aired")
        async with client_of(services) as client:
            shop = Shop(client, small, shelf, services)
            order = await placed(shop, clock, total=2000)
            url, token = f"/api/orders/{order['id']}", {"token": order["receipt_token"]}
            assert refusal(await client.get(f"{url}/moment", params=token))[0] == 409
            clock.advance(120 * SECOND)
            answers = await asyncio.gather(*(client.get(f"{url}/moment", params=token) for _ in range(4)))
            assert {answer.status_code for answer in answers} == {200}
            view = answers[0].json()
            assert {answer.content for answer in answers} == {answers[0].content}
            document = view["document"]
            assert [word["text"] for word in document["transcript"]] == ["only", "five", "left", "today"]
            assert (document["number"], document["shop"], document["at_us"]) == ("1001", "Aurora", order["at_us"])
            assert document["quote"]["total"]["minor"] == 2000
            assert document["clip"]["from_us"] <= order["at_us"] < document["clip"]["until_us"]
            assert "ana@x.test" not in answers[0].text
            assert "1 Main St" not in answers[0].text

            clip = await client.get(f"{url}/moment.mp4", params=token)
            assert clip.headers["content-type"] == "video/mp4"
            assert hashlib.sha256(clip.content).hexdigest() == document["clip"]["sha256"]
            with av.open(io.BytesIO(clip.content), "r") as container:
                assert len(list(container.decode(video=0))) > 20

            bundle = await client.get(f"{url}/moment.zip", params=token)
            with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
                assert archive.testzip() is None
                receipt = archive.read("receipt.json")
                assert hashlib.sha256(receipt).hexdigest() == view["sha256"]
                assert json.loads(receipt) == document
                for line in archive.read("SHA256SUMS").decode().splitlines():
                    digest, _, name = line.partition("  ")
                    assert hashlib.sha256(archive.read(name)).hexdigest() == digest
            assert (await client.get(f"{url}/moment", params={"token": "x"})).status_code == 404
            await shop.sign_in("producer")
            assert (await client.get(f"/api/office/orders/{order['id']}/moment.zip")).status_code == 403
            await shop.sign_in("finance")
            mine = await client.get(f"/api/office/orders/{order['id']}/moment.zip")
            assert mine.content == bundle.content

            # Retention took the recording: the receipt stays as it was, and nobody can change it.
            shutil.rmtree(tmp_path / "data/recordings")
            assert (await client.get(f"{url}/moment.zip", params=token)).content == bundle.content
            with pytest.raises(sa.exc.DBAPIError, match="append-only"):
                async with run.database.transaction() as connection:
                    await connection.execute(sa.text("update moment_receipt set document = '{}'"))
            # A clip that was lost is said to be lost; the receipt still opens.
            clip_path(tmp_path / "data", order["id"]).unlink()
            assert (await client.get(f"{url}/moment.mp4", params=token)).status_code == 404
            assert (await client.get(f"{url}/moment.zip", params=token)).status_code == 200

    run(whole())


def test_an_order_without_a_broadcast_has_a_receipt_without_a_clip(run: Runner, tmp_path: Path) -> None:
    async def whole() -> None:
        clock = ManualClock()
        services = services_on(run.database, clock, data_dir=tmp_path)
        small = await small_shop(run.database, "finance")
        shelf = await fill_shelf(run.database, small, now_us=clock.now_us())
        async with client_of(services) as client:
            order = await placed(Shop(client, small, shelf, services), clock, total=2000)
            waiting = await placed(
                Shop(client, small, shelf, services), clock, total=2000, token="tok_unknown", email="bo@x.test"
            )
            clock.advance(120 * SECOND)
            token = {"token": order["receipt_token"]}
            view = (await client.get(f"/api/orders/{order['id']}/moment", params=token)).json()
            assert (view["has_clip"], view["document"]["clip"], view["document"]["transcript"]) == (False, None, [])
            assert (await client.get(f"/api/orders/{order['id']}/moment.mp4", params=token)).status_code == 404
            unpaid = {"token": waiting["receipt_token"]}
            assert (await client.get(f"/api/orders/{waiting['id']}/moment", params=unpaid)).status_code == 409

    run(whole())


def test_a_clip_that_many_keep_at_once_is_kept_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "moments/clip.mp4"
    for size in range(100_000, 100_030):
        with ThreadPoolExecutor(8) as several:
            list(several.map(lambda _, data=b"c" * size: keep_clip(path, data), range(8)))
        assert path.stat().st_size == size
        assert list(path.parent.iterdir()) == [path]


def test_a_full_disk_leaves_no_half_of_a_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "moments/clip.mp4"

    def full(draft: Path, data: bytes) -> int:
        with draft.open("wb") as file:
            file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space"):
        keep_clip(path, b"c" * 1_000)
    assert list(path.parent.iterdir()) == []
