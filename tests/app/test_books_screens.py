"""The books in Chromium: rates are set, a period is closed, statements are opened down, paid and taken home."""

import io
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect
from xmlschema import XMLSchema

from tallylight import ledger
from tallylight.app.flows.charge_orders import charge_due_orders
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.ids import new_id
from tallylight.ledger import AccountName, NewEntry, NewTransfer
from tests.app.test_desk_screens import Person, Scheme, browser, person, web
from tests.ledger.closing import IBAN, SCHEMA
from tests.support.browser import DESKTOP, PHONE, barriers, screenshot
from tests.support.desk_web import DeskWeb

__all__ = ["browser", "web"]
pytestmark = pytest.mark.browser

DAY_US = 86_400_000_000


async def adjust(web: DeskWeb, at_us: int) -> None:
    """The platform gave the brand 5.00 at ``at_us``."""
    async with web.database.transaction() as connection:
        shop_id = web.small.shop.id
        platform = await ledger.ensure_party(connection, shop_id, "platform", "Market")
        brand = await ledger.ensure_party(connection, shop_id, "brand", "Aurora")
        names = [AccountName(each.id, "adjustment", "USD") for each in (platform, brand)]
        ids = await ledger.ensure_accounts(connection, names)
        entries = (NewEntry(ids[names[0]], "USD", 500), NewEntry(ids[names[1]], "USD", -500))
        new = NewTransfer(
            id=new_id(),
            shop_id=shop_id,
            kind="adjustment",
            description="Late parcels",
            entries=entries,
            posted_us=at_us,
        )
        await ledger.post_transfers(connection, [new])


def order(finance: Person, web: DeskWeb) -> None:
    """A customer buys one serum."""
    finance.post(
        "/api/orders",
        {
            "key": str(uuid4()), "show_id": str(web.small.show.id), "broadcast_id": None,
            "lines": [{"variant_id": str(web.shelf.variant_id), "quantity": 1}],
            "at_us": web.services.clock.now_us(), "expected_total": {"minor": 2000, "currency": "USD"},
            "buyer": {
                "email": "ana@x.test", "name": "Ana Lopez",
                "address": {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US"},
            },
            "payment": {"provider": "test", "token": "tok_ok"},
        },
    )  # fmt: skip


def set_rates(page: Page) -> None:
    page.get_by_role("link", name="Rates").click()
    expect(page.get_by_text("No plans yet")).to_be_visible()
    page.get_by_test_id("plan-open").click()
    page.get_by_test_id("plan-rate").fill("0.5")
    page.get_by_test_id("plan-dialog-do").click()
    expect(page.get_by_text("between 1 and 80 %")).to_be_visible()
    page.get_by_test_id("plan-rate").fill("12.5")
    page.get_by_test_id("plan-dialog-do").click()
    expect(page.get_by_test_id("plan")).to_have_count(1)
    page.get_by_test_id("fee-open").click()
    page.get_by_test_id("fee-rate").fill("5")
    page.get_by_test_id("fee-dialog-do").click()
    expect(page.get_by_test_id("fee")).to_contain_text("5 % of goods after discounts")


def name_account(page: Page, party: str) -> None:
    row = page.locator(f"[data-testid=account][data-party={party}]")
    row.get_by_test_id("account-open").click()
    page.get_by_test_id("iban").fill(IBAN[:-1] + "1")
    page.get_by_test_id("account-dialog-do").click()
    expect(page.get_by_text("that is no IBAN")).to_be_visible()
    page.get_by_test_id("iban").fill(IBAN)
    page.get_by_test_id("account-dialog-do").click()
    expect(row).to_contain_text("DE… 3000")


def download(page: Page, button: Any) -> bytes:
    with page.expect_download() as started:
        button.click()
    return bytes(started.value.path().read_bytes())


def test_finance_closes_pays_and_takes_the_files_home(web: DeskWeb, browser: Browser) -> None:
    now_us = web.services.clock.now_us()
    web.do(adjust(web, now_us - 2 * DAY_US))
    finance = person(browser, web, "finance")
    page = finance.open(f"/office/{web.small.shop.slug}/statements")
    set_rates(page)
    page.get_by_role("link", name="Close and pay").first.click()
    expect(page.get_by_text("Nothing is closed yet")).to_be_visible()
    assert barriers(page) == []
    page.get_by_test_id("close-open").click()
    page.get_by_test_id("close-dialog-do").click()
    expect(page.get_by_test_id("closed-statement")).to_have_count(2)
    expect(page.locator("[data-party=platform] [data-testid=closed-state]")).to_have_text("Owed by them")

    order(finance, web)
    assert web.do(charge_due_orders(web.database, now_us=web.services.clock.now_us())) == 1
    base = f"/api/office/shops/{web.small.shop.id}"
    finance.post(f"{base}/closed-statements", {"to": to_datetime(web.services.clock.now_us()).isoformat()})
    page.reload()
    expect(page.get_by_test_id("closed-statement")).to_have_count(5)
    for party in ("bank", "brand", "creator"):
        name_account(page, party)
    page.get_by_test_id("pay-open").click()
    page.get_by_test_id("pay-dialog-do").click()
    expect(page.get_by_test_id("payout")).to_have_count(1)
    XMLSchema(SCHEMA).validate(io.BytesIO(download(page, page.get_by_test_id("payout-file"))))
    assert barriers(page) == []

    page.locator("[data-testid=closed-statement][data-party=creator]").get_by_test_id("came-back").click()
    page.get_by_test_id("return-reason").fill("Account closed")
    assert barriers(page) == []
    screenshot(page, "office-payout-came-back-desktop-light")
    page.get_by_test_id("return-dialog-do").click()
    creator = page.locator("[data-testid=closed-statement][data-party=creator]")
    expect(creator.get_by_test_id("payout-returned")).to_have_text("Came back: Account closed")
    expect(creator.get_by_test_id("closed-state")).to_have_text("To pay")

    page.locator("[data-testid=closed-statement][data-party=creator] a").first.click()
    expect(page.get_by_test_id("statement-payable")).to_have_attribute("data-minor", "250")
    expect(page.get_by_test_id("statement-proof")).to_have_attribute("data-proven", "true")
    page.get_by_test_id("statement-line").first.click()
    entry = page.get_by_test_id("statement-entry").first
    expect(entry).to_contain_text("12.5 % (open plan) of Dew Serum")
    entry.get_by_role("button").click()
    expect(page.get_by_test_id("transfer-row").first).to_be_visible()
    assert barriers(page) == []
    assert download(page, page.get_by_test_id("pdf")).startswith(b"%PDF")
    assert finance.errors == []
    pictures(browser, web, page.url.removeprefix(web.url))


def pictures(browser: Browser, web: DeskWeb, statement: str) -> None:
    """Each screen on a phone and a desk, light and dark, with nothing in the way of anybody."""
    rooms = {"books": f"/office/{web.small.shop.slug}/books", "rates": f"/office/{web.small.shop.slug}/rates"}
    for size, scheme in sizes():
        finance = person(browser, web, "finance", size, scheme)
        for name, path in (rooms | {"statement": statement}).items():
            page = finance.open(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
            assert barriers(page) == [], (name, size, scheme)
            screenshot(page, f"office-{name}-{'phone' if size == PHONE else 'desktop'}-{scheme}")
        finance.context.close()


def sizes() -> Iterator[tuple[tuple[int, int], Scheme]]:
    yield PHONE, "dark"
    yield PHONE, "light"
    yield DESKTOP, "light"
    yield DESKTOP, "dark"
