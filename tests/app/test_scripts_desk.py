"""Scripts over HTTP: drafts, what the rules say beside the lines, sign-off, redlines, pins, and the control room."""

from typing import Any
from uuid import uuid4

import httpx
import sqlalchemy as sa

from tallylight.compliance.library.approve_claim import approve_claim
from tallylight.compliance.scripts.models import script_line_said
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import ShowId
from tallylight.members.create_person import grant_roles
from tallylight.shows.start_broadcast import start_broadcast
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner


def segments(shop: Shop, *lines: str, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "title": "Serum",
            "policy": "strict",
            "product_id": str(shop.shelf.product_id),
            "cue_id": str(shop.shelf.pin),
            "lines": list(lines),
        }
        | more
    ]


async def add(shop: Shop, *lines: str, **more: Any) -> httpx.Response:
    body = {"title": "Friday", "segments": segments(shop, *lines, **more)}
    return await shop.client.post(f"/api/desk/shops/{shop.small.shop.id}/scripts", json=body, headers=shop.csrf)


async def step(shop: Shop, script: dict[str, Any], name: str, **fields: Any) -> httpx.Response:
    body = {"revision": script["versions"][0]["revision"]} | fields
    return await shop.client.post(f"/api/desk/scripts/{script['id']}/{name}", json=body, headers=shop.csrf)


async def signed(shop: Shop, *lines: str) -> dict[str, Any]:
    """Written by the producer, signed by compliance."""
    await shop.sign_in("producer")
    script = (await step(shop, (await add(shop, *lines)).json(), "submit")).json()
    await shop.sign_in("compliance")
    answer = await step(shop, script, "decision", sign=True)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_lines_are_checked_when_they_go_into_review(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        async with run.database.transaction() as connection:
            await approve_claim(
                connection,
                shop.small.shop.id,
                shop.shelf.product_id,
                "clinically proven to hydrate skin",
                expires_at=None,
                approved_by=None,
            )
        await shop.sign_in("producer")
        lines = (
            "Hello everybody and welcome",
            "This serum cures eczema",
            "It is just fourteen dollars",
            "It is clinically proven to hydrate skin.",
            "It is just twenty dollars",
        )
        script = (await step(shop, (await add(shop, *lines)).json(), "submit")).json()
        found = script["versions"][0]["checks"]["findings"]
        assert [(each["line"], each["rule"], each["verdict"]) for each in found] == [
            (1, "R1", "block"),
            (2, "R5", "block"),
        ]
        for each in found:
            assert lines[each["line"]][each["start"] : each["end"]] == each["quote"]
        assert found[0]["quote"] == "cures eczema"
        body = {"segments": segments(shop, "It is just fourteen dollars")}
        url = f"/api/desk/shops/{shop.small.shop.id}/scripts/check"
        checked = await shop.client.post(url, json=body, headers=shop.csrf)
        assert [each["rule"] for each in checked.json()["findings"]] == ["R5"]
        cards = (await shop.client.get(f"/api/desk/shops/{shop.small.shop.id}/scripts")).json()["scripts"]
        assert [(card["state"], card["worst"]) for card in cards] == [("review", "block")]

    tell(run, story, "producer")


def test_a_signature_is_compliances_and_never_the_authors_own(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("compliance")
        script = (await step(shop, (await add(shop, "Hello")).json(), "submit")).json()
        assert refusal(await step(shop, script, "decision", sign=True)) == (403, "own_script")
        await shop.sign_in("producer")
        assert refusal(await step(shop, script, "decision", sign=True)) == (403, "forbidden")
        await shop.sign_in("owner")
        assert refusal(await step(shop, script, "decision", sign=True)) == (403, "forbidden")
        async with run.database.transaction() as connection:
            owner = shop.small.people["owner"]
            await grant_roles(connection, shop.small.shop.id, owner.id, ["compliance"])
        assert (await step(shop, script, "decision", sign=True)).json()["versions"][0]["signed_by"] == "Owner"
        await shop.sign_in("finance")
        assert refusal(await shop.client.get(f"/api/desk/scripts/{script['id']}")) == (403, "forbidden")

    tell(run, story, "compliance", "producer", "owner", "finance")


def test_a_pinned_version_stays_until_a_new_one_is_signed_and_pinned(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id = str(shop.small.show.id)
        script = await signed(shop, "It hydrates.", "Buy it now.")
        url = f"/api/desk/scripts/{script['id']}"
        pinned = await shop.client.post(f"{url}/pins", json={"show_id": show_id, "version": 1}, headers=shop.csrf)
        assert [pin["show_id"] for pin in pinned.json()["pins"]] == [show_id]
        body = {
            "title": "Friday",
            "segments": segments(shop, "It hydrates your skin."),
            "revision": script["versions"][0]["revision"],
        }
        changed = (await shop.client.put(url, json=body, headers=shop.csrf)).json()
        assert changed["versions"][0]["state"] == "draft"
        redlines = (await shop.client.get(f"{url}/redlines", params={"from": 1, "to": 2})).json()["lines"]
        assert [line["kind"] for line in redlines] == ["segment", "changed", "gone"]
        assert [piece["text"] for piece in redlines[1]["pieces"] if piece["kind"] == "come"] == ["hydrates your skin."]
        refused = await shop.client.post(f"{url}/pins", json={"show_id": show_id, "version": 2}, headers=shop.csrf)
        assert refusal(refused) == (409, "wrong_state")
        control = (await shop.client.get(f"/api/control/shows/{show_id}/script")).json()["script"]
        assert (control["version"], control["segments"][0]["lines"]) == (1, ["It hydrates.", "Buy it now."])
        gone = await shop.client.request("DELETE", f"{url}/pins/{show_id}", headers=shop.csrf)
        assert gone.json()["pins"] == []
        assert (await shop.client.get(f"/api/control/shows/{show_id}/script")).json() == {"script": None}

    tell(run, story, "producer", "compliance")


def test_nothing_is_pinned_or_taken_away_while_the_show_is_on_air(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id = shop.small.show.id
        script = await signed(shop, "It hydrates.", "Buy it now.")
        url = f"/api/desk/scripts/{script['id']}/pins"
        body = {"show_id": str(show_id), "version": 1}
        assert (await shop.client.post(url, json=body, headers=shop.csrf)).status_code == 200
        async with run.database.transaction() as connection:
            on_air = await start_broadcast(connection, ShowId(show_id), delay_ms=8000, started_us=clock.now_us())
            await connection.execute(
                sa.insert(script_line_said).values(
                    broadcast_id=on_air.id,
                    segment=0,
                    line=1,
                    script_id=script["id"],
                    version=1,
                    start_us=5,
                    end_us=9,
                    heard_permille=900,
                )
            )
        assert refusal(await shop.client.post(url, json=body, headers=shop.csrf)) == (409, "on_air")
        assert refusal(await shop.client.request("DELETE", f"{url}/{show_id}", headers=shop.csrf)) == (409, "on_air")
        control = (await shop.client.get(f"/api/control/shows/{show_id}/script")).json()["script"]
        assert [(each["segment"], each["line"]) for each in control["said"]] == [(0, 1)]

    tell(run, story, "producer", "compliance")


def test_a_script_names_only_what_is_the_shops_own(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await shop.sign_in("producer")
        wrong: list[dict[str, Any]] = [
            {"product_id": str(uuid4())},
            {"cue_id": str(uuid4())},
            {"policy": "loose"},
            {"lines": []},
        ]
        for more in wrong:
            assert refusal(await add(shop, "Hello", **more)) == (422, "invalid_input")
        choices = (await shop.client.get(f"/api/desk/shops/{shop.small.shop.id}/script-choices")).json()
        assert [each["handle"] for each in choices["products"]] == ["serum"]
        assert [(each["slug"], len(each["cues"])) for each in choices["shows"]] == [("aurora-live", 3)]

    tell(run, story, "producer")
