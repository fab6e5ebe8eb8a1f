"""Event streams on a real server: catch-up, reset, shutdown."""

from tallylight.app.processes.chores import Chores
from tallylight.foundation.clock import ManualClock
from tallylight.foundation.outbox import publish
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tests.conftest import Runner
from tests.support.small_shop import PASSWORD, small_shop
from tests.support.waiting import until
from tests.support.web import event_stream, live_web, services_on


def test_a_snapshot_and_its_stream_carry_on_from_each_other(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        services = services_on(run.database)
        async with live_web(services) as client:
            view = (await client.get(f"/api/shows/{small.show.slug}")).json()
            said = await client.post(
                f"/api/shows/{small.show.id}/chat",
                json={"name": "Ana", "text": "hello there", "at_us": 1, "viewer_id": "viewer-0001"},
            )
            assert said.status_code == 200, said.text
            async with event_stream(client, f"/api/shows/{small.show.slug}/events", params=view["channel"]) as stream:
                missed = await stream.next("chat")
                assert missed.data["payload"] == said.json()
                async with run.database.transaction() as connection:
                    await publish(connection, f"show:{small.show.id}", "pin", {"product_id": "p"}, at_us=5)
                pin = await stream.next("pin")
                assert pin.data == {"at_us": 5, "payload": {"product_id": "p"}}
            async with event_stream(
                client, f"/api/shows/{small.show.slug}/events", headers={"Last-Event-ID": str(missed.id)}
            ) as again:
                assert (await again.next("pin", "chat")).id == pin.id

    run(story())


def test_addresses_of_media_are_those_that_the_reader_can_reach(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        services = services_on(run.database)
        started = {"broadcast": {"id": "b", "hls_url": "http://127.0.0.1:8081/hls/b/t/live.m3u8", "replay_url": None}}
        rude = {"text": '_url":"http://127.0.0.1:8081/'}
        async with live_web(services) as client:
            url, host = f"/api/shows/{small.show.id}/events", {"Host": "shop.test:8080"}
            async with event_stream(client, url, headers=host) as far, event_stream(client, url) as near:
                async with run.database.transaction() as connection:
                    await publish(connection, f"show:{small.show.id}", "chat", rude)
                    await publish(connection, f"show:{small.show.id}", "broadcast.started", started)
                assert (await far.next("chat")).data["payload"] == rude
                told = (await far.next("broadcast.started")).data["payload"]["broadcast"]
                assert told["hls_url"] == "http://shop.test:8081/hls/b/t/live.m3u8"
                assert (await near.next("broadcast.started")).data["payload"] == started

    run(story())


def test_control_streams_are_for_the_shows_staff(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database, "producer", "finance")
        other = await small_shop(run.database, "producer", slug="borealis")
        services = services_on(run.database)
        async with live_web(services) as client:
            url = f"/api/control/shows/{small.show.id}/events"
            assert (await client.get(url)).status_code == 401
            for email, status in (
                (f"finance@{small.shop.slug}.test", 403),
                (f"producer@{other.shop.slug}.test", 404),
                (f"producer@{small.shop.slug}.test", 200),
            ):
                signed_in = await client.post("/api/session", json={"email": email, "password": PASSWORD})
                assert signed_in.status_code == 200
                async with client.stream("GET", url) as answer:
                    assert answer.status_code == status
                    assert (answer.headers["content-type"] == "text/event-stream") == (status == 200)

    run(story())


def test_viewers_are_counted_while_they_watch(run: Runner) -> None:
    async def story() -> None:
        small = await small_shop(run.database)
        services = services_on(run.database)
        async with live_web(services) as client:
            url = f"/api/shows/{small.show.id}/events"
            async with event_stream(client, url) as first:
                assert (await first.next("viewers")).data["payload"] == {"now": 1}
                async with event_stream(client, url):
                    assert (await first.next("viewers")).data["payload"] == {"now": 2}
                    assert (await client.get("/api/shows/aurora-live")).json()["viewers"] == 2
                assert (await first.next("viewers")).data["payload"] == {"now": 1}
                hearts = {"viewer_id": "viewer-0001", "count": 3}
                for _ in range(2):
                    assert (await client.post(f"/api/shows/{small.show.id}/reactions", json=hearts)).status_code == 204
                counted = 0
                while counted < 6:
                    counted += (await first.next("reactions")).data["payload"]["count"]
                assert counted == 6

    run(story())


def test_who_watches_is_counted_once_and_told_after_the_show(run: Runner) -> None:
    async def story() -> None:
        clock = ManualClock()
        small = await small_shop(run.database, "producer", "compliance")
        services = services_on(run.database, clock)
        async with run.database.transaction() as connection:
            aired = await start_broadcast(connection, small.show.id, delay_ms=8000, started_us=clock.now_us())
        async with live_web(services) as client:
            url = f"/api/shows/{small.show.id}/events"
            for viewer in ("viewer-0001", "viewer-0002", "viewer-0001"):
                async with event_stream(client, url, params={"viewer": viewer}):
                    clock.advance(30_000_000)
                await until(lambda: not services.delivery.channels(), what="the viewer is gone")
            await services.keep_viewer_count()
            async with run.database.transaction() as connection:
                await end_broadcast(connection, aired.id, clock.now_us())
            clock.advance(60_000_000)
            await services.keep_viewer_count()
            assert await Chores(run.database, clock).close_counts() == 1
            path = f"/api/office/shops/{small.shop.id}/past-shows"
            for role, status in (("compliance", 403), ("producer", 200)):
                body = {"email": f"{role}@{small.shop.slug}.test", "password": PASSWORD}
                assert (await client.post("/api/session", json=body)).status_code == 200
                answer = await client.get(path)
                assert answer.status_code == status
        (told,) = answer.json()["shows"]
        assert (told["viewers"], told["peak"], told["watched_s"], told["average_watch_s"]) == (2, 1, 90, 45)
        assert (told["duration_s"], told["average"], told["orders"], told["conversion_bps"]) == (90, 1, 0, 0)

    run(story())
