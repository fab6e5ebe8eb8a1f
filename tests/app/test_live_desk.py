"""The live desk and the host's screen over HTTP: who has which finding, the background, cards, what to say instead."""

from pathlib import Path

import sqlalchemy as sa

from tallylight.compliance.desk.decide import record_outcome
from tallylight.compliance.desk.lease import LEASE_US
from tallylight.compliance.desk.types import Outcome
from tallylight.compliance.library.approve_claim import approve_claim
from tallylight.compliance.record_finding import DECIDE_MARGIN_US, record_words
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import BroadcastId, FindingId
from tallylight.media.preview_token import preview_key, verify_preview
from tallylight.shows import models as shows
from tallylight.shows.start_broadcast import end_broadcast
from tests.app.test_control import go_on_air
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner
from tests.support.aired_show import spoken
from tests.support.held import hold_words


async def aired(run: Runner, broadcast_id: BroadcastId, finding_id: FindingId, outcome: Outcome) -> None:
    async with run.database.transaction() as connection:
        await record_outcome(connection, broadcast_id, finding_id, outcome, start_us=1, end_us=2)


def test_two_people_at_the_desk(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        held = await hold_words(run.database, broadcast.id, shop.small.show.id, clock.now_us())
        desk, lease = f"/api/desk/shows/{shop.small.show.slug}/live", f"/api/desk/findings/{held}/lease"
        assert refusal(await shop.client.get(desk)) == (401, "unauthenticated")
        await shop.sign_in("producer")
        assert refusal(await shop.client.get(desk)) == (403, "forbidden")
        assert refusal(await shop.client.post(lease)) == (403, "csrf")
        taken = await shop.client.post(lease, headers=shop.csrf)
        assert (taken.status_code, taken.json()["name"]) == (200, "Producer"), taken.text
        assert taken.json()["until_wall_us"] == clock.now_us() + LEASE_US

        await shop.sign_in("compliance")
        view = (await shop.client.get(desk)).json()
        assert [one["name"] for one in view["leases"]] == ["Producer"]
        assert [(one["id"], one["decide_by_wall_us"]) for one in view["findings"]] == [
            (str(held), clock.now_us() + 8_000_000 - DECIDE_MARGIN_US)
        ]
        assert (view["show"]["hold_policy"], view["server_now_us"]) == ("bleep", clock.now_us())
        token = view["programme_url"].split("/")[-2]
        assert verify_preview(preview_key(tmp_path), token, clock.now_us()) == broadcast.id
        assert refusal(await shop.client.post(lease, headers=shop.csrf)) == (409, "taken")
        decision = f"/api/control/findings/{held}/decision"
        answer = await shop.client.post(decision, json={"kind": "clear"}, headers=shop.csrf)
        assert refusal(answer) == (409, "taken")
        assert answer.json()["error"]["fields"] == {"held_by": "Producer"}
        assert (await shop.client.delete(lease, headers=shop.csrf)).status_code == 204
        assert refusal(await shop.client.post(lease, headers=shop.csrf)) == (409, "taken")
        clock.advance(LEASE_US)
        assert (await shop.client.get(desk)).json()["leases"] == []
        assert (await shop.client.post(lease, headers=shop.csrf)).status_code == 200
        assert (await shop.client.post(decision, json={"kind": "clear"}, headers=shop.csrf)).status_code == 200
        await shop.sign_in("finance")
        assert refusal(await shop.client.post(lease, headers=shop.csrf)) == (403, "forbidden")
        assert refusal(await shop.client.get(f"/api/desk/findings/{held}/background")) == (403, "forbidden")

    tell(run, story, "compliance", "producer", "finance", data_dir=tmp_path)


def test_a_wrong_price_that_aired_is_corrected_on_screen(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        held = await hold_words(run.database, broadcast.id, shop.small.show.id, clock.now_us())
        before = await hold_words(run.database, broadcast.id, shop.small.show.id, clock.now_us() - 1)
        url, background = f"/api/desk/findings/{held}/correction", f"/api/desk/findings/{held}/background"
        await shop.sign_in("compliance")
        for finding_id in (before, held):
            decision = f"/api/control/findings/{finding_id}/decision"
            assert (await shop.client.post(decision, json={"kind": "clear"}, headers=shop.csrf)).is_success
        card = {"text": "The price is $24.99, not $19.99"}
        assert refusal(await shop.client.post(url, json=card, headers=shop.csrf)) == (409, "nothing_to_correct")
        found = (await shop.client.get(background)).json()
        assert found["correction"] is None
        assert [(one["kind"], one["by"], one["show"]) for one in found["alike"]] == [
            ("clear", "Compliance", "Evening glow")
        ]
        await aired(run, broadcast.id, held, "cleared")
        clock.advance(9_000_000)
        assert (await shop.client.get(background)).json()["correction"] == card["text"]
        await shop.sign_in("finance")
        assert refusal(await shop.client.post(url, json=card, headers=shop.csrf)) == (403, "forbidden")
        await shop.sign_in("producer")
        shown = (await shop.client.post(url, json=card, headers=shop.csrf)).json()
        assert shown["at_us"] == clock.now_us() - 8_000_000
        assert shown["until_us"] - shown["at_us"] == 12_000_000

        told = [each for each in await shop.events(run, "show") if each.type == "correction"]
        assert [(each.at_us, sorted(each.payload)) for each in told] == [
            (shown["at_us"], ["at_us", "id", "text", "until_us"])
        ]
        late_joiner = (await shop.client.get("/api/shows/aurora-live")).json()
        assert [one["text"] for one in late_joiner["corrections"]] == [card["text"]]
        await shop.sign_in("compliance")
        report = (await shop.client.get(f"/api/desk/broadcasts/{broadcast.id}/report.json")).json()
        acts = [(act["kind"], act["name"], act["what"]) for act in report["acts"]]
        assert acts == [("correction", "Producer", f"Viewers were told for 12 s: {card['text']}")]
        async with run.database.transaction() as connection:
            await end_broadcast(connection, broadcast.id, clock.now_us())
        clock.advance(8_000_000)
        assert refusal(await shop.client.post(url, json=card, headers=shop.csrf)) == (409, "not_on_air")

    tell(run, story, "compliance", "producer", "finance", data_dir=tmp_path)


def test_the_host_reads_what_to_say_instead(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        broadcast = await go_on_air(run, shop, clock)
        show, now_us = shop.small.show, clock.now_us()
        url = f"/api/host/shows/{show.slug}"
        price = await hold_words(run.database, broadcast.id, show.id, now_us - 30_000_000)
        claim = await hold_words(
            run.database, broadcast.id, show.id, now_us - 20_000_000, rule="R1", facts={}, quote="it cures eczema"
        )
        cleared = await hold_words(run.database, broadcast.id, show.id, now_us, facts={}, quote="so so soft")
        async with run.database.transaction() as connection:
            await record_words(connection, broadcast.id, spoken("I am paid by the brand", now_us - 60_000_000))
            await approve_claim(
                connection,
                shop.small.shop.id,
                None,
                "It soothes the look of eczema prone skin",
                expires_at=None,
                approved_by=None,
            )
            await connection.execute(sa.update(shows.show).values(host_is_paid=True))
        await shop.sign_in("compliance")
        decision = f"/api/control/findings/{cleared}/decision"
        assert (await shop.client.post(decision, json={"kind": "clear"}, headers=shop.csrf)).is_success
        view = (await shop.client.get(url)).json()
        assert [(stop["finding_id"], stop["wording"]) for stop in view["stops"]] == [
            (str(claim), "It soothes the look of eczema prone skin"),
            (str(price), "The price is $24.99"),
        ]
        assert view["stops"][0]["advice"] == "Read the price from the product card."
        assert [cue["kind"] for cue in view["cues"]] == ["pin", "unpin", "deal"]
        said_us = now_us - 60_000_000
        assert view["disclosure"] == {"said_us": said_us, "due_us": said_us + 600_000_000}
        await shop.sign_in("finance")
        assert refusal(await shop.client.get(url)) == (403, "forbidden")

    tell(run, story, "compliance", "finance")
