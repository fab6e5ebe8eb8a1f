"""Shows are planned over HTTP by the shop's owners and producers."""

from typing import Any

from tallylight.foundation.clock import ManualClock
from tallylight.members.types import Role
from tests.app.test_selling import Shop, tell
from tests.conftest import Runner

PLAN: dict[str, Any] = {
    "title": "Friday live", "slug": "friday", "host_name": "Joe", "market": "us-en", "delay_ms": 8000,
    "starts_at": "2026-12-01T19:00:00+01:00",
}  # fmt: skip


def test_owners_and_producers_plan_shows(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/office/shops/{shop.small.shop.id}"
        await shop.sign_in("producer")
        choices = (await shop.client.get(f"{url}/show-choices")).json()
        assert choices["markets"] == ["us-en", "uk-en", "eu-en", "cn-zh"]
        [host] = choices["hosts"]
        made = await shop.client.post(f"{url}/shows", json=PLAN | {"host_person_id": host["id"]}, headers=shop.csrf)
        assert made.status_code == 201, made.text
        show = made.json()
        assert (show["state"], show["starts_at"], show["aired_us"]) == ("scheduled", "2026-12-01T18:00:00Z", None)
        assert show["host_person_id"] == host["id"]
        await shop.sign_in("owner")
        put = await shop.client.put(
            f"/api/office/shows/{show['id']}", json=PLAN | {"title": "Late", "starts_at": None}, headers=shop.csrf
        )
        assert (put.status_code, put.json()["title"], put.json()["host_person_id"]) == (200, "Late", None)
        shelf, product_id = f"/api/office/shows/{show['id']}/shelf", str(shop.shelf.product_id)
        filled = await shop.client.put(shelf, json={"products": [product_id]}, headers=shop.csrf)
        assert (filled.status_code, filled.json()) == (200, {"products": [product_id]})
        assert (await shop.client.get(shelf)).json() == {"products": [product_id]}
        cues = (await shop.client.get(f"/api/control/shows/{show['id']}")).json()["cues"]
        assert [(one["kind"], one["label"]) for one in cues] == [("pin", "Dew Serum")]
        listed = (await shop.client.get(f"{url}/shows")).json()
        assert ([one["title"] for one in listed["shows"]], listed["next"]) == (["Late", "Evening glow"], None)
        assert (await shop.client.get(f"{url}/shows?after=2")).json()["shows"] == []

    tell(run, story, "owner", "producer", "host")


def test_nobody_else_does(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/office/shops/{shop.small.shop.id}/shows"
        assert (await shop.client.get(url)).status_code == 401
        roles: tuple[Role, ...] = ("finance", "host", "compliance")
        for role in roles:
            await shop.sign_in(role)
            assert (await shop.client.get(url)).status_code == 403
            assert (await shop.client.post(url, json=PLAN, headers=shop.csrf)).status_code == 403
            change = await shop.client.put(f"/api/office/shows/{shop.small.show.id}", json=PLAN, headers=shop.csrf)
            assert change.status_code == 403
            shelf = f"/api/office/shows/{shop.small.show.id}/shelf"
            assert (await shop.client.get(shelf)).status_code == 403
            assert (await shop.client.put(shelf, json={"products": []}, headers=shop.csrf)).status_code == 403
        await shop.sign_in("producer")
        assert (await shop.client.post(url, json=PLAN)).json()["error"]["code"] == "csrf"
        taken = await shop.client.post(url, json=PLAN | {"slug": shop.small.show.slug}, headers=shop.csrf)
        assert (taken.status_code, taken.json()["error"]["fields"]["field"]) == (409, "slug")
        for wrong in ({"starts_at": "2026-12-01T19:00:00"}, {"starts_at": "soon"}, {"delay_ms": 31_000}, {"x": 1}):
            refused = await shop.client.post(url, json=PLAN | wrong, headers=shop.csrf)
            assert refused.status_code in (400, 422), refused.text
        other = f"/api/office/shops/{shop.small.show.id}/shows"
        assert (await shop.client.get(other)).status_code == 404

    tell(run, story, "producer", "finance", "host", "compliance")
