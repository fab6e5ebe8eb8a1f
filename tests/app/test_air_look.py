"""A producer sets how the show withholds, over HTTP."""

from pathlib import Path
from uuid import uuid4

from tallylight.foundation.clock import ManualClock
from tallylight.media.air_look import air_look_of
from tests.app.test_selling import Shop, refusal, tell
from tests.conftest import Runner
from tests.media.test_air_look import png, wav

USUAL = {
    "withheld_sound": "tone",
    "pad_ms": 200,
    "fade_ms": 5,
    "slate_title": "",
    "slate_text": "",
    "slate_sound": "silence",
}
NO_FILES = {"has_picture": False, "has_sound": False}


def test_a_show_gets_its_own_slate_and_sound(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/control/shows/{shop.small.show.id}/air-look"
        await shop.sign_in("producer")
        assert (await shop.client.get(url)).json() == USUAL | NO_FILES | {"own": False}
        own = USUAL | {"withheld_sound": "stored", "slate_title": "Back soon", "fade_ms": 10}
        wrong = await shop.client.put(url, json=own, headers=shop.csrf)
        assert (wrong.status_code, wrong.json()["error"]["fields"]["field"]) == (422, "withheld_sound")
        as_bytes = shop.csrf | {"content-type": "application/octet-stream"}
        for name, body in (("sound", wav(1)), ("picture", png(20, 30, 200))):
            assert (await shop.client.put(f"{url}/{name}", content=body, headers=as_bytes)).status_code == 200
        assert (await shop.client.put(url, json=own, headers=shop.csrf)).json() == own | {
            "has_picture": True,
            "has_sound": True,
            "own": True,
        }
        wrong = await shop.client.put(f"{url}/picture", content=b"no picture", headers=as_bytes)
        assert (wrong.status_code, wrong.json()["error"]["fields"]["field"]) == (422, "picture")
        async with run.database.reading() as connection:
            kept = await air_look_of(connection, shop.small.show.id, shop.small.show.shop_id)
        assert kept.slate.title == "Back soon"
        assert kept.slate_picture == png(20, 30, 200), "what was refused changed nothing"
        assert kept.policy(delay_ms=8_000, fail_open=False).fade_us == 10_000
        assert (await shop.client.put(f"{url}/picture", content=b"", headers=as_bytes)).json()["has_picture"] is False

    tell(run, story, "producer", data_dir=tmp_path)


def test_shows_go_by_their_shops_look_until_they_have_their_own(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        of_show = f"/api/control/shows/{shop.small.show.id}/air-look"
        of_shop = f"/api/office/shops/{shop.small.show.shop_id}/air-look"
        await shop.sign_in("producer")
        as_bytes = shop.csrf | {"content-type": "application/octet-stream"}
        assert (await shop.client.get(of_shop)).json() == USUAL | NO_FILES | {"own": False}
        house = USUAL | {"slate_title": "Back in a moment", "pad_ms": 120}
        assert (await shop.client.put(of_shop, json=house, headers=shop.csrf)).json() == house | NO_FILES | {
            "own": True
        }
        assert (await shop.client.put(f"{of_shop}/picture", content=png(20, 30, 200), headers=as_bytes)).is_success
        inherited = house | {"has_picture": True, "has_sound": False, "own": False}
        assert (await shop.client.get(of_show)).json() == inherited
        own = await shop.client.put(of_show, json=house | {"slate_text": "Coffee"}, headers=shop.csrf)
        assert own.json() == inherited | {"slate_text": "Coffee", "own": True}, "the shop's picture came along"
        await shop.client.put(of_shop, json=house | {"slate_title": "Soon"}, headers=shop.csrf)
        async with run.database.reading() as connection:
            airs = await air_look_of(connection, shop.small.show.id, shop.small.show.shop_id)
        assert (airs.slate_title, airs.slate_picture) == ("Back in a moment", png(20, 30, 200))
        assert (await shop.client.delete(of_show, headers=shop.csrf)).json()["slate_title"] == "Soon"
        async with run.database.reading() as connection:
            airs = await air_look_of(connection, shop.small.show.id, shop.small.show.shop_id)
        assert airs.slate_title == "Soon"
        assert (await shop.client.delete(of_shop, headers=shop.csrf)).json() == USUAL | NO_FILES | {"own": False}

    tell(run, story, "producer", data_dir=tmp_path)


def test_only_a_producer_may(run: Runner, tmp_path: Path) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        url = f"/api/control/shows/{shop.small.show.id}/air-look"
        nowhere = f"/api/control/shows/{uuid4()}/air-look"
        for address in (url, nowhere):
            assert refusal(await shop.client.get(address))[0] == 401, "which shows there are is told to nobody"
        await shop.sign_in("finance")
        assert refusal(await shop.client.get(nowhere))[0] == 404
        assert (await shop.client.put(url, json=USUAL, headers=shop.csrf)).status_code == 403
        of_shop = f"/api/office/shops/{shop.small.show.shop_id}/air-look"
        for address in (url, of_shop):
            assert (await shop.client.delete(address, headers=shop.csrf)).status_code == 403
        assert (await shop.client.put(of_shop, json=USUAL, headers=shop.csrf)).status_code == 403

    tell(run, story, "finance", data_dir=tmp_path)
