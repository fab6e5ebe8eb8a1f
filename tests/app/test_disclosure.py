"""Who is paid, over HTTP, on the viewer's screen and on record."""

from typing import Any

import sqlalchemy as sa

from tallylight.app.flows.disclose import disclosure_begun, disclosure_ended, follow_contracts, is_shown
from tallylight.app.flows.report_broadcast import report_broadcast
from tallylight.app.flows.verify_disclosure import is_confirmed
from tallylight.app.processes.chores import Chores
from tallylight.audience.keep_item_viewers import DisclosureShown
from tallylight.compliance.models import evidence
from tallylight.compliance.scripts.align import LineHeard, LinePlace
from tallylight.compliance.scripts.record_lines import record_lines, record_script
from tallylight.compliance.scripts.types import PinnedScript, Segment
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.ids import BroadcastId, ShowId, new_id
from tallylight.foundation.outbox import event, publish
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.types import Person
from tallylight.shows.create_show import create_show
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tests.app.test_selling import Shop, tell
from tests.conftest import Runner

CONTRACT: dict[str, Any] = {"creator_name": "Mara", "payer_name": "Aurora Labs", "paid_how": "commission"}


def test_a_contract_puts_the_disclosure_on_the_viewers_screen(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        slug = shop.small.show.slug
        url = f"/api/office/shops/{shop.small.shop.id}/contracts"
        assert (await shop.client.get(f"/api/shows/{slug}")).json()["host_is_paid"] is False
        await shop.sign_in("producer")
        refused = await shop.client.post(url, json=CONTRACT, headers=shop.csrf)
        assert refused.status_code == 403
        await shop.sign_in("compliance")
        made = await shop.client.post(url, json=CONTRACT, headers=shop.csrf)
        assert made.status_code == 201, made.text
        [contract] = made.json()["contracts"]
        assert (contract["payer_name"], contract["recorded_by"]) == ("Aurora Labs", "Compliance")
        control = (await shop.client.get(f"/api/control/shows/{slug}")).json()
        assert control["paid"]["source"] == "contract"
        assert control["show"]["host_is_paid"] is True
        clock.advance(1_000_000)
        ended = await shop.client.post(f"{url}/{contract['id']}/end", headers=shop.csrf)
        assert ended.status_code == 200, ended.text
        assert (await shop.client.get(f"/api/control/shows/{slug}")).json()["paid"]["paid"] is False

    tell(run, story, "producer", "compliance")


def test_a_contract_that_begins_or_ends_on_air_reaches_players_and_the_chain(run: Runner) -> None:
    """At once, or at the moment that it names: nobody rules anything."""

    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id, broadcast_id = ShowId(shop.small.show.id), BroadcastId(new_id())
        started_us, chores = clock.now_us(), Chores(run.database, clock)
        async with run.database.transaction() as connection:
            await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us, broadcast_id=broadcast_id)
        assert await chores.follow_contracts() == 0
        await shop.sign_in("compliance")
        url = f"/api/office/shops/{shop.small.shop.id}/contracts"
        dated = {"from_us": started_us + 60_000_000, "until_us": started_us + 180_000_000}
        made = await shop.client.post(
            url, json=CONTRACT | {"creator_name": shop.small.show.host_name} | dated, headers=shop.csrf
        )
        assert made.status_code == 201, made.text
        changed = []
        for _ in range(5):
            changed.append(await chores.follow_contracts())
            clock.advance(50_000_000)
        assert changed == [0, 0, 1, 0, 1]
        async with run.database.reading() as connection:
            kept = await connection.execute(
                sa.select(evidence.c.payload["event"].astext, evidence.c.at_us)
                .where(evidence.c.kind == "disclosure")
                .order_by(evidence.c.seq)
            )
            told = await connection.scalars(
                sa.select(event.c.payload).where(event.c.channel == f"show:{show_id}", event.c.type == "paid")
            )
        assert [(what, (at_us - started_us) // 1_000_000) for what, at_us in kept] == [("on", 100), ("off", 200)]
        assert [each["host_is_paid"] for each in told] == [True, False]

    tell(run, story, "compliance")


def test_what_stays_as_it_is_takes_one_query_for_all_shows_on_air(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        for number in range(3):
            async with run.database.transaction() as connection:
                show = await create_show(
                    connection, shop_id=shop.small.shop.id, slug=f"quiet-{number}", title="Live", host_name="Joe"
                )
                on_air = await start_broadcast(connection, show.id, delay_ms=8000, started_us=clock.now_us())
                if number == 2:
                    await disclosure_begun(connection, on_air.id, clock.now_us())  # what nobody owes is taken back
        asked: list[str] = []
        async with run.database.transaction() as connection:
            sa.event.listen(connection.sync_connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
            assert await follow_contracts(connection, clock.now_us()) == 1
            asked.clear()
            assert await follow_contracts(connection, clock.now_us()) == 0
        assert len(asked) == 1

    tell(run, story)


def test_a_person_under_contract_is_disclosed_on_air_by_whatever_name(run: Runner) -> None:
    """The show names them as viewers know them; one colleague of the same name has no contract."""

    async def story(shop: Shop, clock: ManualClock) -> None:
        ids: list[BroadcastId] = []
        people: list[Person] = []
        for number in (1, 2):
            async with run.database.transaction() as connection:
                joe = await create_person(connection, email=f"joe{number}@aurora.test", name="Joe")
                await grant_roles(connection, shop.small.shop.id, joe.id, ["host"])
                show = await create_show(
                    connection, shop_id=shop.small.shop.id, slug=f"joe-{number}", title="Live",
                    host_name="Joe" if number == 2 else "DJ Joe", host_person_id=joe.id,
                )  # fmt: skip
                on_air = await start_broadcast(connection, show.id, delay_ms=8000, started_us=clock.now_us())
            ids.append(on_air.id)
            people.append(joe)
        await shop.sign_in("compliance")
        url = f"/api/office/shops/{shop.small.shop.id}/contracts"
        told = (await shop.client.get(url)).json()
        assert [each["email"] for each in told["hosts"]] == ["joe1@aurora.test", "joe2@aurora.test"]
        body = CONTRACT | {"creator_name": "Joe", "person_id": str(people[0].id)}
        made = await shop.client.post(url, json=body, headers=shop.csrf)
        assert made.status_code == 201, made.text
        assert [each["person_name"] for each in made.json()["contracts"]] == ["Joe"]
        chores = Chores(run.database, clock)
        assert (await chores.follow_contracts(), await chores.follow_contracts()) == (1, 0)
        async with run.database.reading() as connection:
            assert [await is_shown(connection, each) for each in ids] == [True, False]
        for slug, shown, due in (("joe-1", True, True), ("joe-2", False, False)):
            assert (await shop.client.get(f"/api/shows/{slug}")).json()["host_is_paid"] is shown
            host = (await shop.client.get(f"/api/host/shows/{slug}")).json()
            assert (host["disclosure"] is not None) is due, slug
        [contract] = made.json()["contracts"]
        clock.advance(1_000_000)
        await shop.client.post(f"{url}/{contract['id']}/end", headers=shop.csrf)
        assert await chores.follow_contracts() == 1
        async with run.database.reading() as connection:
            assert not await is_shown(connection, ids[0])

    tell(run, story, "compliance")


def test_a_ruling_on_air_reaches_players_and_the_chain(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id, broadcast_id = ShowId(shop.small.show.id), BroadcastId(new_id())
        started_us = clock.now_us()
        async with run.database.transaction() as connection:
            await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us, broadcast_id=broadcast_id)
        url = f"/api/control/shows/{show_id}/paid"
        await shop.sign_in("compliance")
        for second, paid in enumerate((True, True, False), 1):
            clock.advance(60_000_000)
            answer = await shop.client.put(url, json={"paid": paid, "reason": "She told us"}, headers=shop.csrf)
            assert answer.status_code == 200, answer.text
            assert (answer.json()["paid"], answer.json()["ruled_by"]) == (paid, "Compliance"), second
        async with run.database.reading() as connection:
            kept = await connection.execute(
                sa.select(evidence.c.payload, evidence.c.at_us)
                .where(evidence.c.kind == "disclosure")
                .order_by(evidence.c.seq)
            )
            told = await connection.scalars(
                sa.select(event.c.payload).where(event.c.channel == f"show:{show_id}", event.c.type == "paid")
            )
            document = await report_broadcast(connection, broadcast_id)
        assert [(payload["event"], (at_us - started_us) // 60_000_000) for payload, at_us in kept] == [
            ("on", 1), ("off", 3),
        ]  # fmt: skip
        assert [each["host_is_paid"] for each in told] == [True, True, False]
        [section] = [each for each in document.sections if each.title == "On-screen disclosure"]
        # Without a "started" entry the report counts from the first moment that it knows.
        assert section.rows[0][1] == "Paid partnership"
        assert section.rows[1:-1] == [("Verified", "no: no player said whether it could be read")]
        assert [each.how for each in document.disclosures.given] == ["shown"]

    tell(run, story, "compliance")


def test_the_control_room_shows_what_is_due_until_it_is_said(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id, broadcast_id = ShowId(shop.small.show.id), BroadcastId(new_id())
        at_us = clock.now_us()
        async with run.database.transaction() as connection:
            await start_broadcast(connection, show_id, delay_ms=8000, started_us=at_us, broadcast_id=broadcast_id)
        await shop.sign_in("producer")
        due: list[int | None] = []
        for kind, payload in (
            (None, {}),
            ("disclosure.due", {"at_us": at_us + 1, "due_us": at_us + 60_000_001}),
            ("disclosure.said", {"at_us": at_us + 2}),
        ):
            if kind is not None:
                async with run.database.transaction() as connection:
                    await publish(connection, f"control:{show_id}", kind, payload, at_us=payload["at_us"])
            view = (await shop.client.get(f"/api/control/shows/{show_id}")).json()
            due.append(view["disclosure_due_us"])
        assert due == [None, at_us + 60_000_001, None]

    tell(run, story, "producer")


def test_the_report_covers_the_script_and_the_screen(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id, broadcast_id = ShowId(shop.small.show.id), BroadcastId(new_id())
        started_us = clock.now_us()
        script = PinnedScript(new_id(), "Evening", 2, (Segment(title="Mug", lines=("One line.", "Two lines.")),))
        heard = LineHeard(LinePlace(0, 1), started_us + 65_000_000, started_us + 67_000_000, 900)
        async with run.database.transaction() as connection:
            await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us, broadcast_id=broadcast_id)
            await disclosure_begun(connection, broadcast_id, started_us)
            await record_script(connection, broadcast_id, script, started_us)
            await record_lines(connection, broadcast_id, script, [heard])
            await end_broadcast(connection, broadcast_id, started_us + 90_000_000)
        async with run.database.reading() as connection:
            document = await report_broadcast(connection, broadcast_id)
        coverage, screen = document.sections
        assert coverage.title == "Script coverage"
        rows = dict(coverage.rows)
        assert rows["Lines said"] == "1 of 2, 50 %"
        assert rows["Heard of those lines"] == "90 % on average"
        assert rows["Off the script"] == "0 stretches"
        assert "Two lines." in rows.values()
        assert screen.title == "On-screen disclosure"
        assert "not at other destinations" in dict(screen.rows)["Where it stands"]

    tell(run, story)


def test_what_players_show_is_told_to_the_control_room_and_proven_by_the_report(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id, broadcast_id = ShowId(shop.small.show.id), BroadcastId(new_id())
        started_us = clock.now_us()
        async with run.database.transaction() as connection:
            await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us, broadcast_id=broadcast_id)
            await disclosure_begun(connection, broadcast_id, started_us)
        path = f"/api/shows/{show_id}/looking"

        async def turns(seconds: int, *, seen: int, asked: int = 10) -> None:
            """So long ``asked`` players say it every ten seconds, ``seen`` of them that it can be read."""
            for _ in range(seconds // 10):
                for one in range(asked):
                    word = {"viewer_id": f"viewer-{one:04}", "product_ids": [], "disclosure_shown": one < seen}
                    who = {"x-forwarded-for": f"192.0.2.{one}"}
                    assert (await shop.client.post(path, json=word, headers=who)).status_code == 204
                for _ in range(2):
                    await shop.services.keep_viewer_count()
                    clock.advance(5_000_000)

        async def entries() -> list[tuple[str, int | None, int | None, int]]:
            async with run.database.reading() as connection:
                rows = await connection.execute(
                    sa.select(evidence.c.payload, evidence.c.at_us)
                    .where(evidence.c.kind == "disclosure", evidence.c.payload["event"].astext != "on")
                    .order_by(evidence.c.seq)
                )
                return [
                    (told["event"], told.get("asked"), told.get("shown"), (at_us - started_us) // 1_000_000)
                    for told, at_us in rows
                ]

        await turns(30, seen=0)
        assert await entries() == []  # players are still drawing it
        await turns(60, seen=9)
        assert await entries() == [("confirmed", 10, 9, 32)]
        await turns(60, seen=4)
        assert (await entries())[1:] == [("unconfirmed", 10, 4, 92)]
        await turns(10, seen=10)
        assert len(await entries()) == 2  # a minute has not passed: whoever says yes and no writes no book
        await turns(60, seen=10)
        assert (await entries())[2:] == [("confirmed", 10, 10, 152)]
        await turns(300, seen=10)
        assert (await entries())[3:] == [("confirmed", 10, 10, 452)]
        async with run.database.transaction() as connection:
            await disclosure_ended(connection, broadcast_id, clock.now_us() - 8_000_000)
            assert not await is_shown(connection, broadcast_id)
        await turns(120, seen=0)
        assert [event for event, *_ in (await entries())[4:]] == ["off"]
        async with run.database.reading() as connection:
            document = await report_broadcast(connection, broadcast_id)
        [section] = [each for each in document.sections if each.title == "On-screen disclosure"]
        assert [row[1] for row in section.rows[:-1]] == [
            "Paid partnership",
            "readable in 9 of 10 players",
            "readable in 4 of 10 players",
            "readable in 10 of 10 players",
            "readable in 4 of 10 players",
        ]
        assert [row[0].partition(" at ")[0] for row in section.rows[1:-1]] == [
            "Verified", "Not verified", "Verified", "At worst",
        ]  # fmt: skip
        assert [each.how for each in document.disclosures.given] == ["shown"]

    tell(run, story, "producer", trusted_proxies="203.0.113.0/24")


def test_nine_in_ten_count_as_shown() -> None:
    """The control room is sent the verdict and knows no share of its own."""
    assert [is_confirmed(DisclosureShown(10, shown)) for shown in (8, 9, 10)] == [False, True, True]


def test_a_host_who_is_paid_by_contract_is_reminded_on_their_screen(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        show_id, broadcast_id = ShowId(shop.small.show.id), BroadcastId(new_id())
        await shop.sign_in("compliance")
        url = f"/api/host/shows/{shop.small.show.slug}"
        started_us = clock.now_us()
        async with run.database.transaction() as connection:
            await start_broadcast(connection, show_id, delay_ms=8000, started_us=started_us, broadcast_id=broadcast_id)
        unpaid = (await shop.client.get(url)).json()
        contracts = f"/api/office/shops/{shop.small.shop.id}/contracts"
        assert (await shop.client.post(contracts, json=CONTRACT, headers=shop.csrf)).status_code == 201
        clock.advance(1_000_000)
        paid = (await shop.client.get(url)).json()
        assert (unpaid["disclosure"], unpaid["show"]["host_is_paid"]) == (None, False)
        assert (paid["disclosure"], paid["show"]["host_is_paid"]) == (
            {"said_us": None, "due_us": started_us + 600_000_000}, True,
        )  # fmt: skip

    tell(run, story, "compliance")
