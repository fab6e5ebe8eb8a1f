"""A warehouse takes orders by key and tells where they are; what was taken back is never shipped, nor the reverse."""

import asyncio
import csv
import io
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tallylight.foundation.clock import ManualClock
from tests.app.test_refunds_http import ask, placed
from tests.app.test_selling import Json, Shop, refusal, tell
from tests.conftest import Runner
from tests.support.books import disagreements
from tests.support.shop import fetch_value


async def issue_key(shop: Shop) -> dict[str, str]:
    await shop.sign_in("owner")
    url = f"/api/office/shops/{shop.small.shop.id}/api-keys"
    answer = await shop.client.post(url, json={"name": "Warehouse East"}, headers=shop.csrf)
    assert answer.status_code == 200, answer.text
    shop.client.cookies.clear()
    return {"authorization": f"Bearer {answer.json()['key']}"}


async def step(shop: Shop, key: dict[str, str], order: Json, state: str, **more: str) -> Any:
    url = f"/api/warehouse/orders/{order['id']}/fulfilment"
    return await shop.client.post(url, json={"state": state, **more}, headers=key)


def test_a_warehouse_ships_an_order(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        first = await placed(shop, clock, total=4000, quantity=2)
        second = await placed(shop, clock, total=2000, email="bo@x.test")
        key = await issue_key(shop)
        page = (await shop.client.get("/api/warehouse/orders", headers=key)).json()
        assert [(each["number"], each["parcels"][0]["quantity"]) for each in page["orders"]] == [
            ("1001", 2),
            ("1002", 1),
        ]
        assert page["orders"][0]["address"]["postal_code"] == "89501"
        after = (await shop.client.get("/api/warehouse/orders", params={"after": 1001}, headers=key)).json()
        assert [each["number"] for each in after["orders"]] == ["1002"]
        assert (await step(shop, key, first, "packing")).json()["state"] == "packing"
        shipped = await step(shop, key, first, "shipped", carrier="DHL", tracking="JD014600006281")
        assert shipped.json()["tracking"] == "JD014600006281"
        clock.advance(1_000_000)
        again = await step(shop, key, first, "shipped", carrier="DHL", tracking="JD014600006281")
        assert again.json() == shipped.json()
        assert await fetch_value(run.database, "select count(*) from fulfilment_change") == 2
        assert refusal(await step(shop, key, first, "packing"))[0] == 409
        seen = await shop.client.get(f"/api/orders/{first['id']}", params={"token": first["receipt_token"]})
        assert seen.json()["fulfilment"]["state"] == "shipped"
        rest = (await shop.client.get("/api/warehouse/orders", headers=key)).json()["orders"]
        assert [each["order_id"] for each in rest] == [second["id"]]
        gone = (await shop.client.get("/api/warehouse/orders", params={"fulfilment": "shipped"}, headers=key)).json()
        assert [each["number"] for each in gone["orders"]] == ["1001"]

    tell(run, story, "owner")


def test_the_list_is_a_file_that_no_spreadsheet_runs(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        wanted = shop.order(at_us=clock.now_us(), total=2000)
        wanted["buyer"]["name"] = '=HYPERLINK("http://x.test","Ana, ""A""")'
        assert (await shop.client.post("/api/orders", json=wanted)).status_code == 200
        key = await issue_key(shop)
        answer = await shop.client.get("/api/warehouse/orders.csv", headers=key)
        assert answer.headers["content-type"].startswith("text/csv")
        (row,) = csv.DictReader(io.StringIO(answer.text))
        assert row["name"] == "'" + wanted["buyer"]["name"]
        assert (row["order"], row["quantity"], row["country"], row["state"]) == ("1001", "1", "US", "waiting")
        await shop.sign_in("owner")
        mine = await shop.client.get(f"/api/office/shops/{shop.small.shop.id}/to-ship.csv")
        assert mine.text == answer.text

    tell(run, story, "owner")


def test_returned_pieces_are_not_shipped(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=4000, quantity=2)
        key = await issue_key(shop)
        await shop.sign_in("owner")
        url = f"/api/office/orders/{order['id']}/refunds"
        back = ask("return", lines=[{"position": 1, "quantity": 1}])
        assert (await shop.client.post(url, json=back, headers=shop.csrf)).status_code == 200
        (waiting,) = (await shop.client.get("/api/warehouse/orders", headers=key)).json()["orders"]
        assert [each["quantity"] for each in waiting["parcels"]] == [1]
        assert (await shop.client.post(url, json=ask("cancel"), headers=shop.csrf)).status_code == 200
        assert (await shop.client.get("/api/warehouse/orders", headers=key)).json()["orders"] == []
        assert refusal(await step(shop, key, order, "shipped"))[0] == 409

    tell(run, story, "owner")


def test_an_order_is_shipped_or_cancelled_and_never_both(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        key = await issue_key(shop)
        await shop.sign_in("owner")
        for number in range(5):
            order = await placed(shop, clock, total=2000, email=f"b{number}@x.test")
            url = f"/api/office/orders/{order['id']}/refunds"
            shipped, cancelled = await asyncio.gather(
                step(shop, key, order, "shipped"), shop.client.post(url, json=ask("cancel"), headers=shop.csrf)
            )
            assert sorted((shipped.status_code, cancelled.status_code)) == [200, 409]
        both = (
            "select count(*) from fulfilment join order_refunded using (order_id)"
            " where state = 'shipped' and standing = 'cancelled'"
        )
        assert await fetch_value(run.database, both) == 0
        assert await disagreements(run.database) == []

    tell(run, story, "owner")


def test_only_a_living_key_of_the_shop_opens_anything(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=2000)
        key = await issue_key(shop)
        stored = "select count(*) from api_key where api_key::text like :key"
        assert await fetch_value(run.database, stored, key=f"%{key['authorization'][7:]}%") == 0
        for wrong in ({}, {"authorization": "Bearer tlk_guess"}, {"authorization": key["authorization"][7:]}):
            assert (await shop.client.get("/api/warehouse/orders", headers=wrong)).status_code == 401
        other = f"/api/warehouse/orders/{uuid4()}/fulfilment"
        assert (await shop.client.post(other, json={"state": "shipped"}, headers=key)).status_code == 404
        assert (await step(shop, key, order, "teleported")).status_code == 422
        assert (await step(shop, key, order, "shipped", tracking="x" * 101)).status_code == 422
        await shop.sign_in("finance")
        url = f"/api/office/shops/{shop.small.shop.id}/api-keys"
        assert (await shop.client.get(url)).status_code == 403
        await shop.sign_in("owner")
        (listed,) = (await shop.client.get(url)).json()["keys"]
        assert listed["last_used_us"] is not None
        assert (await shop.client.delete(f"{url}/{listed['id']}", headers=shop.csrf)).status_code == 204
        shop.client.cookies.clear()
        assert (await shop.client.get("/api/warehouse/orders", headers=key)).status_code == 401

    tell(run, story, "owner", "finance")


def test_steps_stay_on_record(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=2000)
        await step(shop, await issue_key(shop), order, "packing")
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            async with run.database.transaction() as connection:
                await connection.execute(sa.text("delete from fulfilment_change"))

    tell(run, story, "owner")
