"""Orders in Chromium on the real web application: taken back, shipped, and seen by their buyer."""

import re
import zipfile
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from tallylight.checkout import TestProvider
from tallylight.checkout.payments import Dispute, DisputeState
from tallylight.foundation.money import Money
from tests.app.test_desk_screens import Person, person
from tests.support.browser import DESKTOP, PHONE, barriers, chromium, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder

pytestmark = pytest.mark.browser


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder, "finance", "producer") as running:
        yield running


@pytest.fixture
def browser(web: DeskWeb) -> Iterator[Browser]:
    with chromium() as running:
        yield running


def buy(person: Person, quantity: int, *, token: str = "tok_ok", email: str = "ana@x.test") -> dict[str, Any]:
    web = person.web
    return person.post(
        "/api/orders",
        {
            "key": str(uuid4()),
            "show_id": str(web.small.show.id),
            "lines": [{"variant_id": str(web.shelf.variant_id), "quantity": quantity}],
            "at_us": web.services.clock.now_us(),
            "expected_total": {"minor": 2000 * quantity, "currency": "USD"},
            "buyer": {
                "email": email,
                "name": "Ana Lopez",
                "address": {"line1": "1 Main St", "city": "Reno", "postal_code": "89501", "country": "US"},
            },
            "payment": {"provider": "test", "token": token},
        },
    )


def bank_says(web: DeskWeb, charge_key: str, amount: Money, state: DisputeState) -> None:
    """The bank of who paid that charge disputes it, or says how it goes on."""
    provider = web.services.sale_desk.providers["test"]
    assert isinstance(provider, TestProvider)
    due_us = web.services.clock.now_us() + 7 * 86_400_000_000
    told = Dispute("dp_1T8example", amount, "product_not_received", state, fee=Money(1500, "USD"), due_us=due_us)
    web.do(web.services.sale_desk._act_on(provider, web.do(provider.dispute(charge_key, told))))


async def _age(web: DeskWeb, order_id: str) -> None:
    """Let two minutes have gone by since the order."""
    earlier = "update customer_order set placed_us = placed_us - 120000000, at_us = at_us - 120000000 where id = :id"
    async with web.database.transaction() as connection:
        await connection.execute(sa.text(earlier), {"id": order_id})


def take_back(page: Page, *, reason: str) -> None:
    page.get_by_test_id("take-back-reason").fill(reason)
    page.get_by_test_id("take-back-send").click()
    expect(page.get_by_test_id("take-back")).to_be_hidden()


def test_an_order_is_shipped_returned_and_refunded(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    order = buy(finance, 3)
    page = finance.open(f"/office/{web.small.shop.slug}/orders")
    page.get_by_test_id("order-row").click()
    expect(page.get_by_test_id("order-standing")).to_have_text("Paid")
    page.get_by_test_id("parcel-carrier").fill("DHL")
    page.get_by_test_id("parcel-tracking").fill("JD014600006281")
    page.get_by_test_id("parcel-shipped").click()
    expect(page.get_by_test_id("parcel-state")).to_have_text("Shipped")

    page.get_by_test_id("open-take-back").click()
    expect(page.get_by_test_id("take-back-kind").locator("option")).to_have_text(["Return", "Refund"])
    expect(page.get_by_test_id("take-back-send")).to_be_disabled()
    assert barriers(page) == []
    screenshot(page, "order-take-back-desktop-light")
    take_back(page, reason="One bottle leaked")
    expect(page.get_by_test_id("order-standing")).to_have_text("Partly refunded")
    row = page.get_by_test_id("refund-row")
    expect(row).to_contain_text("$20.00")
    expect(row).to_contain_text("The money was sent")
    expect(page.get_by_test_id("transfer-row")).to_have_count(2)

    page.get_by_test_id("open-take-back").click()
    page.get_by_test_id("take-back-kind").select_option("refund")
    page.get_by_test_id("take-back-way").select_option("amount")
    page.get_by_test_id("take-back-amount").fill("41")
    page.get_by_test_id("take-back-reason").fill("Late")
    page.get_by_test_id("take-back-send").click()
    expect(page.get_by_role("alert").filter(has_text="more is asked for than is left")).to_be_visible()
    page.get_by_test_id("take-back-amount").fill("4.50")
    take_back(page, reason="Late")
    expect(page.get_by_test_id("refund-row")).to_have_count(2)
    assert barriers(page) == []
    screenshot(page, "order-taken-back-desktop-light")

    phone = open_context(browser, PHONE, "dark", touch=True)
    buyers = phone.new_page()
    buyers.goto(f"{web.url}{order['receipt_url']}")
    expect(buyers.get_by_test_id("receipt-state")).to_have_text("Paid, partly refunded")
    expect(buyers.get_by_test_id("receipt-refund")).to_have_count(2)
    expect(buyers.get_by_test_id("receipt-parcel")).to_contain_text("JD014600006281")
    buyers.get_by_test_id("moment-show").click()
    expect(buyers.get_by_test_id("moment-on-record")).to_contain_text("still being aired")
    assert barriers(buyers) == []
    screenshot(buyers, "receipt-refunded-phone-dark")
    # Two minutes later, as its recording goes: the receipt of the moment is made, here without a broadcast.
    web.do(_age(web, order["id"]))
    buyers.get_by_test_id("moment-show").click()
    expect(buyers.get_by_test_id("moment-hash")).to_have_text(re.compile("[0-9a-f]{64}"))
    assert barriers(buyers) == []
    buyers.get_by_test_id("moment-download").scroll_into_view_if_needed()
    screenshot(buyers, "receipt-moment-phone-dark")
    with buyers.expect_download() as download:
        buyers.get_by_test_id("moment-download").click()
    assert zipfile.is_zipfile(download.value.path())
    assert finance.errors == []


def test_an_order_is_cancelled_and_a_waiting_one_released(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance", PHONE, "dark")
    order = buy(finance, 1)
    waiting = buy(finance, 1, token="tok_unknown", email="bo@x.test")
    page = finance.open(f"/office/{web.small.shop.slug}/orders/{order['id']}")
    page.get_by_test_id("open-take-back").click()
    page.get_by_test_id("take-back-kind").select_option("cancel")
    screenshot(page, "order-cancel-phone-dark")
    assert barriers(page) == []
    take_back(page, reason="The buyer changed her mind")
    expect(page.get_by_test_id("order-standing")).to_have_text("Cancelled")
    expect(page.get_by_text("Nothing of this order is to be shipped.")).to_be_visible()
    expect(page.get_by_test_id("open-take-back")).to_have_count(0)

    finance.open(f"/office/{web.small.shop.slug}/orders/{waiting['id']}")
    page.get_by_test_id("release").click()
    expect(page.get_by_test_id("order-standing")).to_have_text("Cancelled")
    finance.open(f"/office/{web.small.shop.slug}/orders")
    expect(page.get_by_text("Cancelled")).to_have_count(2)
    assert barriers(page) == []
    screenshot(page, "orders-phone-dark")
    assert finance.errors == []


def test_money_that_was_not_sent_is_sent_again(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance", DESKTOP, "dark")
    order = buy(finance, 1)
    provider = web.services.sale_desk._providers["test"]
    charge = web.do(provider.capture(order["id"]))
    web.do(provider.refund(order["id"], charge.amount, "by hand"))
    page = finance.open(f"/office/{web.small.shop.slug}/orders/{order['id']}")
    page.get_by_test_id("open-take-back").click()
    take_back(page, reason="Broken")
    row = page.get_by_test_id("refund-row")
    expect(row).to_have_attribute("data-money", "failed")
    expect(row).to_contain_text("less than that is left of it")
    assert barriers(page) == []
    screenshot(page, "order-money-failed-desktop-dark")
    page.get_by_test_id("send-again").click()
    expect(row).to_have_attribute("data-money", "failed")
    assert finance.errors == []


def test_a_dispute_is_answered_with_evidence_and_ends(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    order, _ = buy(finance, 2), buy(finance, 1, email="bo@x.test")
    web.do(_age(web, order["id"]))
    bank_says(web, order["id"], Money(4000, "USD"), "opened")
    page = finance.open(f"/office/{web.small.shop.slug}/orders")
    expect(page.get_by_test_id("order-row")).to_have_count(2)
    page.get_by_test_id("orders-which").select_option("disputed")
    expect(page.get_by_test_id("order-row")).to_have_count(1)
    expect(page.get_by_text("Dispute opened")).to_be_visible()
    assert barriers(page) == []
    screenshot(page, "orders-disputed-desktop-light")
    page.get_by_test_id("order-row").click()
    expect(page.get_by_test_id("order-standing")).to_have_text("Disputed")
    row = page.get_by_test_id("dispute-row")
    expect(row).to_contain_text("Product not received")
    expect(row.get_by_test_id("dispute-due")).to_contain_text("Answer by")
    expect(page.get_by_test_id("parcel-shipped")).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_test_id("dispute-evidence").click()
    names = zipfile.ZipFile(download.value.path()).namelist()
    assert any(name.endswith(".json") for name in names)
    assert barriers(page) == []
    screenshot(page, "order-disputed-desktop-light")
    page.get_by_test_id("evidence-sent").click()
    expect(page.get_by_test_id("dispute-state")).to_have_text("Evidence sent")

    bank_says(web, order["id"], Money(4000, "USD"), "lost")
    phone = person(browser, web, "finance", PHONE, "dark")
    page = phone.open(f"/office/{web.small.shop.slug}/orders/{order['id']}")
    expect(page.get_by_test_id("dispute-state")).to_have_text("Dispute lost")
    expect(page.get_by_test_id("dispute-row")).to_contain_text("$15.00")
    assert barriers(page) == []
    page.get_by_test_id("dispute-row").scroll_into_view_if_needed()
    screenshot(page, "order-dispute-lost-phone-dark")
    assert finance.errors == phone.errors == []
