"""Destinations by the API: a producer adds, switches and removes them; a key is never shown again."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tallylight.foundation.clock import ManualClock
from tallylight.foundation.sealing import SealBrokenError, seal, unseal
from tallylight.media.models import relay_destination
from tallylight.media.relay.destinations import sealing_key, targets_of
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner

SECRET = "platform-secret"
GIVEN = {"name": " Elsewhere  live ", "server": "rtmp://live.example.com/app/", "key": SECRET}


def test_a_producer_adds_switches_and_removes_a_destination(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id = shop.small.show.id
        url = f"/api/control/shows/{show_id}/destinations"
        await shop.sign_in("producer")
        made = (await shop.client.post(url, json=GIVEN, headers=shop.csrf)).json()
        assert (made["name"], made["server"], made["enabled"]) == (
            "Elsewhere live", "rtmp://live.example.com/app", True,
        )  # fmt: skip
        async with run.database.transaction() as connection:
            (target,) = (await targets_of(connection, show_id, sealing_key(tmp_path))).values()
            assert (target.host, target.app, target.key) == ("live.example.com", "app", SECRET)
            assert await targets_of(connection, show_id, b"x" * 32) == {}
            stored = (await connection.execute(sa.select(relay_destination))).one()
        assert SECRET.encode() not in stored.key_sealed

        listed = await shop.client.get(url)
        assert SECRET not in listed.text
        assert [one["id"] for one in listed.json()["destinations"]] == [made["id"]]

        one = f"{url}/{made['id']}"
        assert (await shop.client.patch(one, json={"enabled": False}, headers=shop.csrf)).status_code == 204
        async with run.database.transaction() as connection:
            assert await targets_of(connection, show_id, sealing_key(tmp_path)) == {}
        assert (await shop.client.delete(one, headers=shop.csrf)).status_code == 204
        assert refusal(await shop.client.delete(one, headers=shop.csrf)) == (404, "not_found")
        assert (await shop.client.get(url)).json() == {"destinations": []}

    tell(run, story, "producer", data_dir=tmp_path)


def test_what_cannot_be_sent_to_is_refused_and_others_may_not(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/control/shows/{shop.small.show.id}/destinations"
        await shop.sign_in("producer")
        wrong = GIVEN | {"server": "https://live.example.com/app"}
        assert refusal(await shop.client.post(url, json=wrong, headers=shop.csrf)) == (422, "invalid_input")
        for number in range(32):
            given = GIVEN | {"name": f"Place {number}"}
            assert (await shop.client.post(url, json=given, headers=shop.csrf)).status_code == 201
        assert refusal(await shop.client.post(url, json=GIVEN, headers=shop.csrf)) == (409, "too_many_destinations")
        await shop.sign_in("finance")
        assert refusal(await shop.client.post(url, json=GIVEN, headers=shop.csrf)) == (403, "forbidden")

    tell(run, story, "producer", "finance", data_dir=tmp_path)


def test_a_sealed_secret_opens_only_with_its_key_and_where_it_belongs() -> None:
    sealed = seal(b"k" * 32, SECRET, "here")
    assert unseal(b"k" * 32, sealed, "here") == SECRET
    for key, data, place in (
        (b"o" * 32, sealed, "here"),
        (b"k" * 32, sealed, "there"),
        (b"k" * 32, sealed[:-1], "here"),
        (b"k" * 32, b"", "here"),
    ):
        with pytest.raises(SealBrokenError):
            unseal(key, data, place)
