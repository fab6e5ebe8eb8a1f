"""Event streams on a real server: catch-up, reset, shutdown."""

from tallylight.foundation.outbox import publish
from tests.conftest import Runner
from tests.support.small_shop import small_shop
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
