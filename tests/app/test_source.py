"""A show's source by the API: a producer sets, starts and stops it; its secrets are not shown again."""

from pathlib import Path

from tallylight.foundation.clock import ManualClock
from tallylight.media.source.sources import keep_srt, sealing_key, wanted_sources
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner
from tests.media.house import make_show

URL = "rtsp://camera:secret@media.example.com/stage"


def test_a_producer_sets_starts_and_removes_a_source(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id = shop.small.show.id
        url = f"/api/control/shows/{show_id}/source"
        await shop.sign_in("producer")
        assert (await shop.client.get(url)).json() == {"source": None, "srt": False}
        assert refusal(await shop.client.patch(url, json={"wanted": True}, headers=shop.csrf)) == (404, "not_found")

        made = await shop.client.put(url, json={"kind": "pull", "url": URL}, headers=shop.csrf)
        assert "secret" not in made.text
        source = made.json()["source"]
        assert (source["shown"], source["wanted"], source["status"]) == ("rtsp://media.example.com", False, None)
        async with run.database.transaction() as connection:
            assert await wanted_sources(connection, sealing_key(tmp_path)) == []
        started = (await shop.client.patch(url, json={"wanted": True}, headers=shop.csrf)).json()["source"]
        assert (started["wanted"], started["status"]) == (True, None)
        async with run.database.transaction() as connection:
            (wanted,) = await wanted_sources(connection, sealing_key(tmp_path))
            assert (wanted.show_id, wanted.secret) == (show_id, URL)
            assert "secret" not in repr(wanted)
            assert await wanted_sources(connection, b"x" * 32) == []
        # The end of the show is the end of its source.
        end = f"/api/control/shows/{show_id}/gate"
        assert (await shop.client.post(end, json={"kind": "end"}, headers=shop.csrf)).status_code < 300
        assert (await shop.client.get(url)).json()["source"]["wanted"] is False

        assert (await shop.client.delete(url, headers=shop.csrf)).status_code == 204
        assert refusal(await shop.client.delete(url, headers=shop.csrf)) == (404, "not_found")

    tell(run, story, "producer", data_dir=tmp_path)


def test_what_is_no_source_and_who_is_no_producer_are_refused(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/control/shows/{shop.small.show.id}/source"
        await shop.sign_in("producer")
        for wrong in ({"kind": "pull"}, {"kind": "pull", "url": "ftp://a/b"}, {"kind": "pull", "url": "file:../x"}):
            assert refusal(await shop.client.put(url, json=wrong, headers=shop.csrf)) == (422, "invalid_input")
        assert refusal(await shop.client.put(url, json={"kind": "srt"}, headers=shop.csrf)) == (409, "no_srt_port")
        await shop.sign_in("finance")
        given = {"kind": "pull", "url": URL}
        assert refusal(await shop.client.put(url, json=given, headers=shop.csrf)) == (403, "forbidden")

    tell(run, story, "producer", "finance", data_dir=tmp_path)


def test_a_port_for_srt_is_one_shows_alone_and_its_passphrase_is_shown_once(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/control/shows/{shop.small.show.id}/source"
        await shop.sign_in("producer")
        first = (await shop.client.put(url, json={"kind": "srt"}, headers=shop.csrf)).json()["source"]
        again = (await shop.client.put(url, json={"kind": "srt"}, headers=shop.csrf)).json()["source"]
        assert first["port"] == again["port"] == 20_000
        assert len(first["passphrase"]) == 32
        assert first["passphrase"] != again["passphrase"]
        assert again["passphrase"] not in (await shop.client.get(url)).text

    tell(run, story, "producer", data_dir=tmp_path, srt_ports="20000-20000")

    async def others() -> None:
        show_id, _ = await make_show(run.database, delay_ms=0)
        async with run.database.transaction() as connection:
            source, _ = await keep_srt(connection, show_id, range(20_000, 20_002), sealing_key=b"k" * 32)
        assert source.port == 20_001, "the first is taken"

    run(others())
