"""Orders are taken back over HTTP: who may, what is shown to the office and to the buyer, what repeats."""

from uuid import uuid4

from tallylight.foundation.clock import ManualClock
from tests.app.test_selling import Json, Shop, refusal, tell
from tests.conftest import Runner
from tests.support.books import disagreements


async def placed(shop: Shop, clock: ManualClock, **more: object) -> Json:
    answer = await shop.client.post("/api/orders", json=shop.order(at_us=clock.now_us(), **more))  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    order: Json = answer.json()
    return order


def ask(kind: str, **more: object) -> Json:
    return {"id": str(uuid4()), "kind": kind, "reason": "did not fit"} | more


def test_a_piece_comes_back_and_everybody_sees_it(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=4000, quantity=2)
        url = f"/api/office/orders/{order['id']}"
        await shop.sign_in("finance")
        detail = (await shop.client.get(url)).json()
        assert [(line["quantity"], line["amount"]["minor"]) for line in detail["left"]] == [(2, 4000)]
        asked = ask("return", lines=[{"position": 1, "quantity": 1}])
        answer = await shop.client.post(f"{url}/refunds", json=asked, headers=shop.csrf)
        assert (answer.status_code, answer.json()["amount"]["minor"]) == (200, 2000), answer.text
        assert answer.json()["money"] == "sent"
        assert (await shop.client.post(f"{url}/refunds", json=asked, headers=shop.csrf)).json() == answer.json()
        detail = (await shop.client.get(url)).json()
        assert (detail["standing"], detail["left"][0]["quantity"]) == ("partly_refunded", 1)
        assert [transfer["kind"] for transfer in detail["transfers"]] == ["sale", "refund"]
        listed = (await shop.client.get(f"/api/office/shops/{shop.small.shop.id}/orders")).json()["orders"][0]
        assert (listed["standing"], listed["refunded"]["minor"]) == ("partly_refunded", 2000)
        seen = await shop.client.get(f"/api/orders/{order['id']}", params={"token": order["receipt_token"]})
        assert [each["amount"]["minor"] for each in seen.json()["refunds"]] == [2000]
        told = await shop.events(run, "show")
        assert told[-1].payload["available"] == 9
        assert await disagreements(run.database) == []

    tell(run, story, "finance")


def test_only_finance_takes_back_and_only_what_is_left(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=2000)
        url = f"/api/office/orders/{order['id']}/refunds"
        assert (await shop.client.post(url, json=ask("cancel"))).status_code == 401
        await shop.sign_in("producer")
        assert refusal(await shop.client.post(url, json=ask("cancel"), headers=shop.csrf)) == (403, "forbidden")
        await shop.sign_in("finance")
        assert refusal(await shop.client.post(url, json=ask("cancel"))) == (403, "csrf")
        over = ask("refund", amount={"minor": 2001, "currency": "USD"})
        assert (await shop.client.post(url, json=over, headers=shop.csrf)).status_code == 409
        for wrong in (
            ask("refund", amount={"minor": 1, "currency": "EUR"}),
            ask("refund", amount={"minor": 0, "currency": "USD"}),
            ask("cancel", lines=[{"position": 1, "quantity": 1}]),
            ask("return", reason=" "),
            ask("steal"),
            ask("exchange", lines=[{"position": 1, "quantity": 1}]),
            ask("return", lines=[{"position": 9, "quantity": 1}]),
        ):
            assert (await shop.client.post(url, json=wrong, headers=shop.csrf)).status_code == 422, wrong
        other = f"/api/office/orders/{uuid4()}/refunds"
        assert (await shop.client.post(other, json=ask("cancel"), headers=shop.csrf)).status_code == 404
        assert (await shop.client.post(url, json=ask("cancel"), headers=shop.csrf)).status_code == 200
        assert (await shop.client.post(url, json=ask("cancel"), headers=shop.csrf)).status_code == 409

    tell(run, story, "finance", "producer")


def test_an_order_that_waits_for_its_bank_can_be_released(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=2000, token="tok_unknown")
        assert order["state"] == "payment_pending"
        await shop.sign_in("finance")
        released = await shop.client.post(f"/api/office/orders/{order['id']}/release", headers=shop.csrf)
        assert released.json() == {"state": "cancelled"}
        again = await shop.client.post(f"/api/office/orders/{order['id']}/release", headers=shop.csrf)
        assert again.json() == {"state": "cancelled"}
        assert await disagreements(run.database) == []

    tell(run, story, "finance")


def test_an_exchange_is_asked_about_confirmed_and_paid(run: Runner) -> None:
    """One at 20.00 for three: 40.00 to pay."""

    async def story(shop: Shop, clock: ManualClock) -> None:
        order = await placed(shop, clock, total=2000)
        url = f"/api/office/orders/{order['id']}/exchanges"
        asked = {
            "id": str(uuid4()), "reason": "", "lines": [{"position": 1, "quantity": 1}],
            "wanted": [{"variant_id": str(shop.shelf.variant_id), "quantity": 3}],
        }  # fmt: skip
        assert (await shop.client.post(url, json=asked)).status_code == 401
        await shop.sign_in("producer")
        assert refusal(await shop.client.post(url, json=asked, headers=shop.csrf)) == (403, "forbidden")
        await shop.sign_in("finance")
        quoted = (await shop.client.post(url, json=asked, headers=shop.csrf)).json()
        assert (quoted["state"], quoted["difference"]["minor"]) == ("quoted", 4000)
        sure = asked | {"difference": quoted["difference"]}
        assert (await shop.client.post(url, json=sure, headers=shop.csrf)).status_code == 422  # why?
        sure["reason"] = "wants more"
        wrong = sure | {"difference": {"minor": 1, "currency": "USD"}}
        assert refusal(await shop.client.post(url, json=wrong, headers=shop.csrf)) == (409, "price_changed")
        made = (await shop.client.post(url, json=sure, headers=shop.csrf)).json()
        assert made["state"] == "payment_pending"
        assert (await shop.client.post(url, json=sure, headers=shop.csrf)).json() == made
        token = made["pay_url"].partition("token=")[2]
        pay = f"/api/orders/{made['order_id']}/payment/difference"
        means = {"provider": "test", "token": "tok_declined"}
        assert (await shop.client.post(pay, params={"token": "wrong"}, json=means)).status_code == 404
        declined = await shop.client.post(pay, params={"token": token}, json=means)
        assert refusal(declined) == (409, "payment_declined")
        step = (await shop.client.post(pay, params={"token": token}, json=means | {"token": "tok_challenge"})).json()
        answer = {"secret": step["step"]["secret"], "passed": True}
        assert (await shop.client.post(f"/api/test-bank/{made['order_id']}", json=answer)).status_code == 204
        seen = (await shop.client.post(f"/api/orders/{made['order_id']}/payment/check", params={"token": token})).json()
        assert (seen["state"], seen["exchanges"][0]["state"], seen["address"]) == ("paid", "paid", None)
        own = {"provider": "test", "token": "tok_ok"}
        of_old = f"/api/orders/{order['id']}/payment/difference"
        of_its_own = await shop.client.post(of_old, params={"token": order["receipt_token"]}, json=own)
        assert of_its_own.status_code == 404
        assert await disagreements(run.database) == []

    tell(run, story, "finance", "producer")
