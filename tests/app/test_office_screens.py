"""The office's screens in Chromium: past shows and what the planner makes of them, funders asked at their caps, a
product's prices, cost and tax class, exchanges, the tax report, keys of other programs.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tallylight.app.processes.chores import Chores
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.queries import products_by_id
from tallylight.catalogue.schemas import Variant
from tallylight.catalogue.types import NewProduct, NewVariant
from tests.app.test_desk_screens import Person, browser, person
from tests.support.audience import watched_broadcast
from tests.support.browser import DESKTOP, PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder

__all__ = ["browser"]
pytestmark = pytest.mark.browser

DAY_US = 86_400_000_000


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder, "producer", "finance", "owner") as running:
        yield running


def office(web: DeskWeb, room: str = "") -> str:
    return f"/office/{web.small.shop.slug}{room}"


def look_at(browser: Browser, web: DeskWeb, path: str, name: str, *, until: str, open_row: bool = False) -> None:
    """As a phone in the dark and a desk by day show it: no barrier, nothing that scrolls sideways."""
    for size, scheme, of in ((PHONE, "dark", "phone-dark"), (DESKTOP, "light", "desktop-light")):
        reader = person(browser, web, "finance", size, "dark" if scheme == "dark" else "light")
        page = reader.open(path)
        expect(page.get_by_text(until).first).to_be_visible()
        if open_row:
            page.get_by_role("button", name="Open ").nth(1).click()
        found(page, f"{name}-{of}")
        assert reader.errors == []
        reader.context.close()


def found(page: Page, name: str) -> None:
    assert barriers(page) == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{name} scrolls sideways"
    screenshot(page, name, whole=True)


def download(page: Page, testid: str) -> list[dict[str, str]]:
    with page.expect_download() as saved:
        page.get_by_test_id(testid).click()
    return list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig"))))


def test_past_shows_are_listed_and_the_planner_rests_on_them(browser: Browser, web: DeskWeb) -> None:
    finance: Person = person(browser, web, "finance")
    page = finance.open(office(web, "/past-shows"))
    expect(page.get_by_text("No show was counted yet")).to_be_visible()
    now_us = web.services.clock.now_us()
    for days, by_minute in ((3, [4, 10, 8, 8, 6, 2]), (2, [20, 30, 30, 26, 22, 12]), (1, [1, 1])):
        web.do(
            watched_broadcast(web.database, web.small.show.id, started_us=now_us - days * DAY_US, by_minute=by_minute)
        )
    page = finance.open(office(web, "/past-shows"))
    rows = page.get_by_test_id("past-shows").get_by_role("row")
    expect(rows).to_have_count(4)
    expect(rows.nth(2)).to_contain_text("Evening glow")
    expect(rows.nth(2).get_by_role("cell").nth(3)).to_have_text("30")
    rows.nth(2).get_by_role("button").click()
    expect(
        page.get_by_role(
            "img", name="Viewers by minute: 20 in the first, the most, 30, in minute 2, 22 in the last of 6."
        )
    ).to_be_visible()
    assert [(row["Peak"], row["Seconds on air"], row["Orders"]) for row in download(page, "past-csv")] == [
        ("1", "120", "0"), ("30", "360", "0"), ("10", "360", "0")
    ]  # fmt: skip
    look_at(browser, web, office(web, "/past-shows"), "office-past-shows", until="Evening glow", open_row=True)

    page = finance.open(office(web, "/plans/new"))
    expect(page.get_by_test_id("viewers")).to_have_value("20")  # 10 and 30; two minutes were a rehearsal
    expect(page.get_by_test_id("conversion")).to_have_value("0")
    page.get_by_test_id("past-audience").get_by_role("checkbox").nth(2).uncheck()
    expect(page.get_by_test_id("past-audience").get_by_role("status")).to_contain_text("30 viewers a show")
    page.get_by_test_id("past-fill").click()
    expect(page.get_by_test_id("viewers")).to_have_value("30")
    look_at(browser, web, office(web, "/plans/new"), "office-plan-start", until="Past shows to rest on")
    assert finance.errors == []


def order(finance: Person, minor: int, variant_id: object = None, quantity: int = 1) -> dict[str, Any]:
    """A serum, or the variant, at the price of now, paid."""
    web = finance.web
    body = {
        "key": str(uuid4()), "show_id": str(web.small.show.id), "broadcast_id": None,
        "lines": [{"variant_id": str(variant_id or web.shelf.variant_id), "quantity": quantity}],
        "at_us": web.services.clock.now_us(),
        "expected_total": {"minor": minor, "currency": "USD"},
        "buyer": {
            "email": f"{uuid4()}@x.test", "name": "Ana Lopez",
            "address": {"line1": "1 Main St", "city": "Reno", "region": "NV", "postal_code": "89501", "country": "US"},
        },
        "payment": {"provider": "test", "token": "tok_ok"},
    }  # fmt: skip
    return finance.post("/api/orders", body)


def test_a_funder_is_asked_at_its_cap_and_answers_in_its_inbox(browser: Browser, web: DeskWeb) -> None:
    """Market bears half of eight dollars up to four: one serum, and the deal stands still."""
    finance, producer = person(browser, web, "finance"), person(browser, web, "producer")
    shop = f"/api/office/shops/{web.small.shop.id}"
    funders = [
        {"party": "platform", "name": "Market", "share_bps": 5000, "budget_minor": 400},
        {"party": "brand", "name": "Aurora", "share_bps": 5000, "budget_minor": 90_000},
    ]
    made = finance.post(f"{shop}/agreements", {"title": "Autumn", "funders": funders, "at_cap": "ask"})
    finance.post(f"/api/office/agreements/{made['id']}/accept", {})
    market_id = made["funders"][0]["party_id"]
    invited = finance.post(f"{shop}/parties/{market_id}/invite", {"email": "max@market.test", "name": "Max"})
    context = open_context(browser, PHONE, "dark", touch=True)
    page = context.new_page()
    page.goto(f"{web.url}{invited['path']}")
    page.get_by_test_id("signin-by-link").click()
    page.get_by_test_id("accept").click()
    expect(page.get_by_test_id("agreement-state")).to_contain_text("Accepted")
    deal = {
        "form": "campaign", "kind": "amount", "title": "Eight off", "duration_s": 3600, "amount_minor": 800,
        "product_ids": [str(web.shelf.product_id)], "agreement_id": made["id"],
    }  # fmt: skip
    opened = producer.post(f"{shop}/deals", deal)
    producer.post(f"/api/office/deals/{opened['id']}/open", {})
    order(finance, 1200)
    chores = Chores(web.database, web.services.clock)
    assert web.do(chores.ask_funders()) == 1

    office_page = finance.open(office(web, "/funding"))
    asked = office_page.get_by_test_id("agreement").filter(has_text="Autumn").get_by_test_id("cap-question")
    expect(asked).to_contain_text("Market is asked")
    expect(asked).to_contain_text("“Eight off” stands still at its cap of $4.00 in all")
    expect(asked.get_by_role("button")).to_have_count(0)
    found(office_page, "office-funder-asked-desktop-light")
    page.reload()
    expect(page.get_by_test_id("cap-question")).to_contain_text("You are asked")
    expect(page.get_by_test_id("asked-notice")).to_contain_text("waits for your answer")
    found(page, "funder-inbox-asked-phone-dark")
    page.get_by_test_id("cap-raise").click()
    page.get_by_test_id("cap").fill("4.00")
    expect(page.get_by_test_id("raise-dialog-do")).to_be_disabled()
    page.get_by_test_id("cap").fill("8.00")
    page.get_by_test_id("raise-dialog-do").click()
    expect(page.get_by_test_id("cap-question")).to_have_count(0)
    expect(page.get_by_test_id("cap-answers")).to_contain_text("Market was asked about $4.00 in all")
    order(finance, 1200)

    assert web.do(chores.ask_funders()) == 1
    page.reload()
    page.get_by_test_id("cap-keep").click()
    expect(page.get_by_test_id("cap-answers")).to_contain_text("and kept it, and the deal ended")
    order(finance, 2000)
    assert finance.errors == []


def test_a_products_prices_cost_and_tax_class(browser: Browser, web: DeskWeb) -> None:
    finance, producer = person(browser, web, "finance"), person(browser, web, "producer")
    finance.post(f"/api/office/deals/{web.shelf.deal_id}/accept", {"party": "brand"})
    producer.post(f"/api/office/deals/{web.shelf.deal_id}/open", {})
    producer.post(f"/api/office/deals/{web.shelf.deal_id}/end", {})
    shop = f"/api/office/shops/{web.small.shop.id}"
    again = {
        "form": "campaign", "kind": "price", "title": "Again", "duration_s": 3600, "price_minor": 1700,
        "product_ids": [str(web.shelf.product_id)], "market": "eu-en",
        "funders": [{"party": "brand", "name": "Aurora", "share_bps": 10_000, "budget_minor": 50_000}],
    }  # fmt: skip
    producer.post(f"{shop}/deals", again)
    rates = "authority,name,country,class,percent\nDE,MwSt.,DE,standard,19\nDE,MwSt.,DE,books,7\n"
    put = finance.context.request.put(f"{web.url}{shop}/tax/rates", data={"csv": rates}, headers=finance.csrf)
    assert put.ok, put.text()

    page = finance.open(office(web, "/products"))
    page.get_by_role("link", name="Dew Serum").click()
    expect(page.get_by_test_id("lowest-30d")).to_have_text("$15.00")
    expect(page.get_by_test_id("lowest-ever")).to_have_text("$15.00")
    eu, us = (page.locator(f"[data-testid=struck][data-region={region}]") for region in ("eu", "us"))
    expect(eu).to_contain_text("not genuine")
    expect(eu).to_contain_text("sold for $15.00 in the 30 days before")
    expect(us).not_to_contain_text("not genuine")
    expect(page.get_by_test_id("waiting-deal")).to_contain_text("cannot open")
    rows = download(page, "prices-csv")
    assert [(row["Sold for"], row["Why"]) for row in rows] == [
        ("20.00", "deal ended"), ("15.00", "deal opened"), ("20.00", "created")
    ]  # fmt: skip
    page.get_by_test_id("unit-cost").fill("7,00x")
    page.get_by_test_id("costs-keep").click()
    expect(page.get_by_text("is no amount in USD")).to_be_visible()
    page.get_by_test_id("unit-cost").fill("7.25")
    late: list[Route] = []
    page.route(f"{web.url}{shop}/products/{web.shelf.product_id}", lambda route: late.append(route))
    page.get_by_test_id("costs-keep").click()
    expect(page.get_by_text("The costs are kept.")).to_be_visible()
    page.get_by_test_id("tax-class").select_option("books")
    with page.expect_response(lambda answer: answer.url.endswith(f"/products/{web.shelf.product_id}")):
        late[0].continue_()  # what is read anew for the costs comes while a tax class is chosen, and leaves it
    page.unroute_all()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    page.get_by_test_id("tax-class-keep").click()
    expect(page.get_by_test_id("tax-class-keep")).to_be_disabled()
    page.reload()
    expect(page.get_by_test_id("unit-cost")).to_have_value("7.25")
    expect(page.get_by_test_id("tax-class")).to_have_value("books")
    page = finance.open(office(web, "/rates"))
    page.get_by_test_id("plan-open").click()
    page.get_by_test_id("plan-product").select_option(label="Dew Serum")
    page.get_by_test_id("plan-rate").fill("12.5")
    assert barriers(page) == []
    page.get_by_test_id("plan-dialog-do").click()
    expect(page.get_by_test_id("plan")).to_contain_text("Every creator, Dew Serum")
    look_at(
        browser, web, office(web, f"/products/{web.shelf.product_id}"), "office-product", until="Struck-through price"
    )
    assert finance.errors == []


def put(who: Person, path: str, body: dict[str, Any]) -> None:
    answer = who.context.request.put(f"{who.web.url}{path}", data=body, headers=who.csrf)
    assert answer.ok, answer.text()


async def add_cream(web: DeskWeb) -> list[Variant]:
    """In three sizes: at 20.00, 12.00 and 30.00."""
    sizes = tuple(
        NewVariant(title=title, options={"Size": title}, price_minor=minor, on_hand=3)
        for title, minor in (("30 ml", 2000), ("Mini", 1200), ("50 ml", 3000))
    )
    async with web.database.transaction() as connection:
        new = NewProduct(handle="cream", title="Night Cream", variants=sizes)
        made = await create_product(connection, web.small.shop.id, new, at_us=web.services.clock.now_us() - DAY_US)
        return (await products_by_id(connection, [made]))[0].variants


def test_pieces_are_exchanged_and_the_tax_report_counts_what_came_back(browser: Browser, web: DeskWeb) -> None:
    """Two creams at 20.00 and 5 % on top; one becomes a mini at 12.00, and 8.40 goes back."""
    finance = person(browser, web, "finance")
    shop = f"/api/office/shops/{web.small.shop.id}"
    page = finance.open(office(web, "/tax-report"))
    expect(page.get_by_text("No tax in this period")).to_be_visible()
    rates = "authority,name,country,region,percent\nUS-NV,Sales tax,US,NV,5\n"
    put(finance, f"{shop}/tax/rates", {"csv": rates})
    nevada = {"country": "US", "region": "NV"}
    settings = {
        "origin": nevada | {"postal_code": ""}, "rounding": "line", "origin_in_eu": False,
        "registrations": [nevada | {"included": False, "number": ""}],
    }  # fmt: skip
    put(finance, f"{shop}/tax", settings)
    cream = web.do(add_cream(web))
    bought = order(finance, 4200, cream[0].id, quantity=2)

    page = finance.open(office(web, f"/orders/{bought['id']}"))
    page.get_by_test_id("open-exchange").click()
    dialog = page.get_by_test_id("exchange")
    expect(dialog.get_by_test_id("exchange-variant").locator("option")).to_have_text(
        ["Choose", "30 ml, $20.00, 1 in stock", "Mini, $12.00, 3 in stock", "50 ml, $30.00, 3 in stock"]
    )
    dialog.get_by_test_id("exchange-variant").select_option(label="50 ml, $30.00, 3 in stock")
    expect(dialog.get_by_test_id("exchange-price")).to_contain_text("the buyer pays $10.50")
    dialog.get_by_test_id("exchange-even").check()
    expect(dialog.get_by_test_id("exchange-price")).to_have_count(0)
    dialog.get_by_test_id("exchange-variant").select_option(label="Mini, $12.00, 3 in stock")
    expect(dialog.get_by_test_id("exchange-even")).not_to_be_checked()
    expect(dialog.get_by_test_id("exchange-price")).to_contain_text("$8.40 goes back")
    dialog.get_by_test_id("exchange-reason").fill("Too rich")
    assert barriers(page) == []
    screenshot(page, "office-exchange-desktop-light")
    dialog.get_by_test_id("exchange-do").click()
    expect(page.get_by_test_id("exchange-row")).to_contain_text("$8.40 went back")
    expect(page.get_by_test_id("refund-row")).to_have_count(1)
    expect(page.get_by_test_id("refund-row")).to_contain_text("$12.60 of it for what the buyer got instead")

    page = finance.open(office(web, "/tax-report"))
    expect(page.get_by_test_id("tax-authority")).to_have_count(1)
    expect(page.get_by_test_id("tax-owed")).to_have_text("$1.60")
    (row,) = download(page, "tax-csv")
    assert (row["Authority"], row["Percent"], row["Sold without tax"], row["Tax collected"]) == (
        "US-NV", "5", "52.00", "2.60"
    )  # fmt: skip
    assert (row["Given back without tax"], row["Tax given back"], row["Owed"]) == ("20.00", "1.00", "1.60")
    page.get_by_test_id("tax-period").select_option("own")
    page.get_by_test_id("tax-first").fill("2020-01-01")
    page.get_by_test_id("tax-last").fill("2020-01-31")
    expect(page.get_by_text("No tax in this period")).to_be_visible()
    look_at(browser, web, office(web, "/tax-report"), "office-tax-report", until="US-NV")
    assert finance.errors == []


def test_a_key_is_shown_once_used_and_revoked(browser: Browser, web: DeskWeb) -> None:
    owner = person(browser, web, "owner")
    page = owner.open(office(web, "/keys"))
    expect(page.get_by_text("No keys yet")).to_be_visible()
    page.get_by_test_id("key-open").click()
    expect(page.get_by_test_id("key-dialog-do")).to_be_disabled()
    page.get_by_test_id("key-name").fill("North warehouse")
    page.get_by_test_id("key-dialog-do").click()
    key = page.get_by_test_id("key-value").inner_text()
    assert barriers(page) == []
    screenshot(page, "office-key-made-desktop-light")
    page.get_by_test_id("key-done").click()
    expect(page.get_by_test_id("key-row")).to_contain_text("Never used")
    assert key not in page.content()

    bearer = {"authorization": f"Bearer {key}"}
    assert owner.context.request.get(f"{web.url}/api/warehouse/orders", headers=bearer).status == 200
    page.reload()
    expect(page.get_by_test_id("key-row")).to_contain_text("Last used")
    for size, scheme in ((PHONE, "dark"), (DESKTOP, "light")):
        other = person(browser, web, "owner", size, "dark" if scheme == "dark" else "light")
        seen = other.open(office(web, "/keys"))
        expect(seen.get_by_test_id("key-row")).to_be_visible()
        found(seen, f"office-keys-{'phone-dark' if size == PHONE else 'desktop-light'}")
        other.context.close()
    page.get_by_test_id("key-revoke").click()
    page.get_by_test_id("revoke-do").click()
    expect(page.get_by_test_id("key-row")).to_contain_text("revoked")
    assert owner.context.request.get(f"{web.url}/api/warehouse/orders", headers=bearer).status == 401
    finance = person(browser, web, "finance")
    finance.open(office(web, "/keys"))
    expect(finance.page.get_by_text("Not for your role")).to_be_visible()
    assert owner.errors == []
