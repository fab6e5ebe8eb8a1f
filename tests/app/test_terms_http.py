"""Taxes and shipping over HTTP: set in the office, asked for in the player, bought, reported, and on the receipt."""

import asyncio
from uuid import uuid4

from tallylight.app.mail.compose import ReceiptFacts, compose
from tallylight.checkout import quote_cart
from tallylight.checkout.address_rules import place_of
from tallylight.deals import CartLine
from tallylight.foundation.clock import ManualClock
from tests.app.test_selling import Json, Shop, refusal, tell
from tests.conftest import Runner

STANDARD = {
    "id": str(uuid4()), "name": "Standard", "basis": "value", "steps": [{"from_measure": 0, "fee_minor": 500}],
    "free_over_minor": 5000, "days_min": 2, "days_max": 4,
}  # fmt: skip
EXPRESS = {
    "id": str(uuid4()), "name": "Express", "basis": "value", "steps": [{"from_measure": 0, "fee_minor": 900}],
    "free_over_minor": None, "days_min": 1, "days_max": 1,
}  # fmt: skip
ZONE = {"id": str(uuid4()), "name": "Here", "places": ["US", "DE"], "methods": [STANDARD, EXPRESS]}
RATES = """authority,name,country,region,percent,class
US-NV,Sales tax,US,NV,5,standard
DE,VAT,DE,,19,standard
DE,VAT,DE,,7,reduced
"""
SETTINGS = {
    "origin": {"country": "US", "region": "NV", "postal_code": ""},
    "rounding": "line",
    "origin_in_eu": False,
    "registrations": [
        {"country": "US", "region": "NV", "included": False, "number": ""},
        {"country": "DE", "region": "", "included": True, "number": "DE123456789"},
    ],
}


async def put(shop: Shop, path: str, body: Json) -> Json:
    answer = await shop.client.put(f"/api/office/shops/{shop.small.shop.id}{path}", json=body, headers=shop.csrf)
    assert answer.status_code in (200, 204), answer.text
    told: Json = {} if answer.status_code == 204 else answer.json()
    return told


async def set_up(shop: Shop) -> None:
    await shop.sign_in("finance")
    await put(shop, "/tax", SETTINGS)
    await put(shop, "/tax/rates", {"csv": RATES})
    await put(shop, "/shipping", {"zones": [ZONE]})


async def quote(shop: Shop, clock: ManualClock, **more: object) -> Json:
    lines = [{"variant_id": str(shop.shelf.variant_id), "quantity": 1}]
    body = {"show_id": str(shop.small.show.id), "lines": lines, "at_us": clock.now_us(), **more}
    told: Json = (await shop.client.post("/api/quote", json=body)).json()
    return told


def test_a_taxed_order_from_the_office_to_the_report(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await set_up(shop)
        nevada = await quote(shop, clock, country="US", region="Nevada", postal_code="89501")
        assert (nevada["shipping"]["minor"], nevada["tax"]["minor"], nevada["total"]["minor"]) == (500, 125, 2625)
        assert [(each["name"], each["fee"]["minor"]) for each in nevada["shipping_options"]] == [
            ("Standard", 500),
            ("Express", 900),
        ]
        german = await quote(shop, clock, country="DE", postal_code="10115", shipping_method=EXPRESS["id"])
        assert (german["tax"]["minor"], german["total"]["minor"]) == (0, 2900)
        # 20.00 × 19/119 = 3.193, 9.00 × 19/119 = 1.437.
        assert [each["tax"]["minor"] for each in german["tax_parts"]] == [319, 144]
        wanted = shop.order(at_us=clock.now_us(), total=2900)
        wanted["buyer"]["address"] = {"line1": "1 Weg", "city": "Berlin", "postal_code": "10115", "country": "DE"}
        wanted["shipping_method"] = EXPRESS["id"]
        order = await shop.client.post("/api/orders", json=wanted)
        assert order.status_code == 200, order.text
        assert order.json()["quote"]["shipping_by"]["name"] == "Express"
        report = await shop.client.get(
            f"/api/office/shops/{shop.small.shop.id}/tax/report",
            params={"from_us": 0, "to_us": clock.now_us() + 1},
        )
        [row] = report.json()["rows"]
        assert (row["authority"], row["rate_ppm"]) == ("DE", 190_000)
        assert [row[name]["minor"] for name in ("base", "tax", "back_base", "back_tax")] == [2437, 463, 0, 0]

    tell(run, story, "finance")


def test_an_address_that_is_not_shipped_to_or_cannot_be_is_refused_by_name(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await set_up(shop)
        assert (await quote(shop, clock, country="FR"))["error"]["code"] == "not_shipped"
        wanted = shop.order(at_us=clock.now_us(), total=2625)
        wanted["buyer"]["address"]["postal_code"] = "895"
        answer = await shop.client.post("/api/orders", json=wanted)
        assert (answer.status_code, answer.json()["error"]["fields"]["field"]) == (422, "postal_code")

    tell(run, story, "finance")


def test_rates_go_out_as_they_came_in_and_sets_take_the_place_of_their_countries(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await set_up(shop)
        base = f"/api/office/shops/{shop.small.shop.id}/tax"
        loaded = await shop.client.post(f"{base}/rates/shipped", json={"set": "eu"}, headers=shop.csrf)
        assert loaded.status_code == 200, loaded.text
        kept = [rate for rate in loaded.json()["rates"] if rate["country"] in ("US", "DE")]
        assert [(rate["country"], rate["rate_ppm"]) for rate in kept] == [("DE", 190_000), ("US", 50_000)]
        text = (await shop.client.get(f"{base}/rates.csv")).text
        again = await put(shop, "/tax/rates", {"csv": text})
        assert again == loaded.json()
        twice = RATES + "DE,Umsatzsteuer,DE,,16,standard\n"
        answer = await shop.client.put(f"{base}/rates", json={"csv": twice}, headers=shop.csrf)
        assert refusal(answer)[:2] == (409, "ambiguous_tax_rate")
        assert (await shop.client.get(base)).json()["rates_count"] == again["rates_count"]

    tell(run, story, "finance")


def test_only_finance_sets_taxes_and_a_product_has_its_class(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await set_up(shop)
        path = f"/products/{shop.shelf.product_id}/tax-class"
        await put(shop, path, {"tax_class": "reduced"})
        german = await quote(shop, clock, country="DE", postal_code="10115")
        assert {each["rate_ppm"] for each in german["tax_parts"]} == {70_000}
        shop.client.cookies.clear()
        await shop.sign_in("producer")
        url = f"/api/office/shops/{shop.small.shop.id}/shipping"
        answers = await asyncio.gather(
            shop.client.get(url), shop.client.put(url, json={"zones": []}, headers=shop.csrf)
        )
        assert [answer.status_code for answer in answers] == [200, 403]

    tell(run, story, "finance", "producer")


def test_the_receipt_names_each_rate_and_what_it_is_of(run: Runner) -> None:
    async def story(shop: Shop, clock: ManualClock) -> None:
        await set_up(shop)
        async with run.database.reading() as connection:
            mailed = await quote_cart(
                connection, shop.small.show.id, [CartLine(shop.shelf.variant_id, 1)], at_us=clock.now_us(),
                now_us=clock.now_us(), where=place_of("DE", None, "10115"),
            )  # fmt: skip
        facts = ReceiptFacts(
            shop_name="Aurora", buyer_name="Ana", buyer_email="ana@x.test", number="1001", placed_us=clock.now_us(),
            quote=mailed, url="https://x.test/r", moment_url="https://x.test/m",
        )  # fmt: skip
        message = compose(facts, sender="shop@x.test", message_id="1", now_us=clock.now_us())
        for kind in ("plain", "html"):
            body = message.get_body((kind,))
            assert body is not None
            text = body.get_content()
            assert "Shipping (Standard)" in text
            assert "VAT 19 % (DE), included" in text
            assert "$3.99" in text  # 3.19 + 0.80 of 5.00 shipping

    tell(run, story, "finance")
