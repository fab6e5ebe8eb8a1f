"""A host, who may come from outside: their own screen and the studio, and nothing else of the shop."""

import re
from uuid import uuid4

from litestar import Litestar

from tallylight.app.web.create_app import create_app
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.outbox import publish
from tests.app.test_selling import Shop, refusal
from tests.conftest import Runner
from tests.support.small_shop import fill_shelf, small_shop
from tests.support.web import EventReader, client_of, live_web, services_on


def test_a_host_reads_their_screen_and_nothing_else_that_staff_may(run: Runner) -> None:
    async def story() -> None:
        services = services_on(run.database)
        small = await small_shop(run.database, "host", "owner")
        shelf = await fill_shelf(run.database, small, now_us=services.clock.now_us())
        known = {"show": small.show.slug, "show_id": small.show.id, "shop_id": small.shop.id, "deal_id": shelf.deal_id}
        app: Litestar = create_app(services)._inner
        paths = sorted({route.path_format for route in app.routes if "GET" in getattr(route, "methods", ())})
        staffs = [path for path in paths if re.match("/api/(office|control|host)/", path)]
        assert len(staffs) > 30
        async with client_of(services) as client:
            shop = Shop(client, small, shelf, services)
            answers: dict[str, dict[str, int]] = {}
            for role in ("owner", "host"):
                await shop.sign_in(role)
                for path in staffs:
                    filled = re.sub(r"{(\w+)(:\w+)?}", lambda name: str(known.get(name[1], uuid4())), path)
                    answers.setdefault(path, {})[role] = (await client.get(filled)).status_code
            seen = {path for path, status in answers.items() if status["host"] == 200}
            assert {re.sub(r":\w+}", "}", path) for path in seen} == {"/api/control/shows", "/api/host/shows/{show}"}
            # The owner reads most of them, so what refuses the host is the role and not a wrong question.
            owners = [path for path in staffs if answers[path]["owner"] == 200]
            assert len(owners) > 20
            assert {answers[path]["host"] for path in owners if path not in seen} == {403}
            studio = f"/api/control/shows/{small.show.id}/studio"
            assert (await client.post(studio, json={}, headers=shop.csrf)).json()["token"]
            key = f"/api/control/shows/{small.show.id}/stream-key"
            assert refusal(await client.post(key, json={}, headers=shop.csrf))[0] == 403

    run(story())


def test_a_host_hears_of_stops_and_cues_but_not_of_orders(run: Runner) -> None:
    async def story() -> None:
        services = services_on(run.database, SystemClock())
        small = await small_shop(run.database, "host", "finance")
        shelf = await fill_shelf(run.database, small, now_us=services.clock.now_us())
        async with live_web(services) as client:
            shop = Shop(client, small, shelf, services)
            await shop.sign_in("host")
            view = (await client.get(f"/api/host/shows/{small.show.slug}")).json()
            url = f"/api/host/shows/{small.show.slug}/events"
            async with client.stream("GET", url, params=view["channel"]) as response:
                assert response.status_code == 200
                async with run.database.transaction() as connection:
                    for type_, payload in (("order", {"total": 1}), ("cue.fired", {"cue_id": str(shelf.pin)})):
                        await publish(connection, f"control:{small.show.id}", type_, payload, at_us=1)
                heard = await EventReader(response).next()
                assert (heard.type, heard.data["payload"]) == ("cue.fired", {"cue_id": str(shelf.pin)})
            assert (await client.get(f"/api/control/shows/{small.show.slug}/events")).status_code == 403
            await shop.sign_in("finance")
            assert (await client.get(url)).status_code == 403

    run(story())
