"""The office's screens in Chromium: past shows and what the planner makes of them, funders asked at their caps, a
product's prices, cost and tax class.
"""

import csv
import io
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tallylight.app.processes.jobs import Chores
from tests.app.test_desk_screens import Person, browser, person, web
from tests.support.audience import watched_broadcast
from tests.support.browser import DESKTOP, PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb

__all__ = ["browser", "web"]
pytestmark = pytest.mark.browser

DAY_US = 86_400_000_000


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
    page.screenshot(path=str(screenshot(page, name)), full_page=True)


def download(page: Page, testid: str) -> list[dict[str, str]]:
    with page.expect_download() as saved:
        page.get_by_test_id(testid).click()
    return list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text("utf-8-sig"))))


def test_past_shows_are_listed_and_the_planner_rests_on_them(browser: Browser, web: DeskWeb) -> None:
    finance: Person = person(browser, web, "finance")
    page = finance.open(office(web, "/shows"))
    expect(page.get_by_text("No show was counted yet")).to_be_visible()
    now_us = web.services.clock.now_us()
    for days, by_minute in ((3, [4, 10, 8, 8, 6, 2]), (2, [20, 30, 30, 26, 22, 12]), (1, [1, 1])):
        web.do(
            watched_broadcast(web.database, web.small.show.id, started_us=now_us - days * DAY_US, by_minute=by_minute)
        )
    page = finance.open(office(web, "/shows"))
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
    look_at(browser, web, office(web, "/shows"), "office-past-shows", until="Evening glow", open_row=True)

    page = finance.open(office(web, "/plans/new"))
    expect(page.get_by_test_id("viewers")).to_have_value("20")  # 10 and 30; two minutes were a rehearsal
    expect(page.get_by_test_id("conversion")).to_have_value("0")
    page.get_by_test_id("past-audience").get_by_role("checkbox").nth(2).uncheck()
    expect(page.get_by_test_id("past-audience").get_by_role("status")).to_contain_text("30 viewers a show")
    page.get_by_test_id("past-fill").click()
    expect(page.get_by_test_id("viewers")).to_have_value("30")
    look_at(browser, web, office(web, "/plans/new"), "office-plan-start", until="Past shows to rest on")
    assert finance.errors == []


def order(finance: Person, minor: int) -> dict[str, object]:
    """A serum at the price of now, paid."""
    web = finance.web
    body = {
        "key": str(uuid4()), "show_id": str(web.small.show.id), "broadcast_id": None,
        "lines": [{"variant_id": str(web.shelf.variant_id), "quantity": 1}], "at_us": web.services.clock.now_us(),
        "expected_total": {"minor": minor, "currency": "USD"},
        "buyer": {
            "email": f"{uuid4()}@x.test", "name": "Ana Lopez",
            "address": {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US"},
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
    page.get_by_test_id("costs-keep").click()
    expect(page.get_by_text("The costs are kept.")).to_be_visible()
    page.get_by_test_id("tax-class").select_option("books")
    page.get_by_test_id("tax-class-keep").click()
    expect(page.get_by_test_id("tax-class-keep")).to_be_disabled()
    page.reload()
    expect(page.get_by_test_id("unit-cost")).to_have_value("7.25")
    expect(page.get_by_test_id("tax-class")).to_have_value("books")
    look_at(
        browser, web, office(web, f"/products/{web.shelf.product_id}"), "office-product", until="Struck-through price"
    )
    assert finance.errors == []
