"""Exchanges in Chromium: staff asks for the difference, the buyer pays it on the order's page, and both see it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.checkout.exchanges.queries import charge_key_of
from tallylight.foundation.money import Money
from tests.app.test_desk_screens import person
from tests.app.test_order_screens import bank_says, browser, buy
from tests.support.browser import DESKTOP, PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder

__all__ = ["browser"]
pytestmark = pytest.mark.browser

DAY_US = 86_400_000_000


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder, "finance") as running:
        yield running


async def add_lamp(web: DeskWeb) -> None:
    async with web.database.transaction() as connection:
        new = NewProduct(handle="lamp", title="Moon Lamp", variants=(NewVariant(price_minor=4550, on_hand=3),))
        await create_product(connection, web.small.shop.id, new, at_us=web.services.clock.now_us() - DAY_US)


async def _run_out(web: DeskWeb) -> None:
    async with web.database.transaction() as connection:
        await connection.execute(
            sa.text("update customer_order set hold_expires_us = 1 where state = 'payment_pending'")
        )
    await web.services.sale_desk.settle_pending(web.services.clock.now_us())


async def _charge_key(web: DeskWeb, order_id: str) -> str:
    async with web.database.reading() as connection:
        return str(await charge_key_of(connection, UUID(order_id)))


def ask_for_a_lamp(page: Page) -> None:
    page.get_by_test_id("open-exchange").click()
    dialog = page.get_by_test_id("exchange")
    dialog.get_by_test_id("exchange-product").select_option(label="Moon Lamp")
    dialog.get_by_test_id("exchange-variant").select_option(index=1)
    expect(dialog.get_by_test_id("exchange-price")).to_contain_text("the buyer pays $25.50")
    dialog.get_by_test_id("exchange-reason").fill("Wants light instead")
    assert barriers(page) == []
    screenshot(page, "exchange-dearer-desktop-light")
    page.get_by_test_id("exchange-do").click()
    expect(dialog).to_be_hidden()


def test_a_buyer_pays_the_difference_and_everybody_sees_it(web: DeskWeb, browser: Browser) -> None:
    web.do(add_lamp(web))
    finance = person(browser, web, "finance")
    order = buy(finance, 2)
    page = finance.open(f"/office/{web.small.shop.slug}/orders/{order['id']}")
    ask_for_a_lamp(page)
    row = page.get_by_test_id("exchange-row")
    expect(row).to_have_attribute("data-state", "payment_pending")
    expect(row).to_contain_text("the buyer pays $25.50")
    expect(page.get_by_test_id("open-exchange")).to_have_count(0)
    expect(page.get_by_test_id("open-take-back")).to_have_count(0)
    expect(page.get_by_test_id("refund-row")).to_have_count(0)
    assert barriers(page) == []
    screenshot(page, "exchange-waits-desktop-light")

    phone = open_context(browser, PHONE, "dark", touch=True)
    buyers = phone.new_page()
    buyers.goto(f"{web.url}{order['receipt_url']}")
    buyers.get_by_test_id("to-pay").click()
    expect(buyers.get_by_test_id("receipt-state")).to_have_text("Waiting for your payment")
    expect(buyers.get_by_test_id("receipt-difference")).to_have_text("$25.50")
    buyers.get_by_test_id("payment-tok_declined").check()
    buyers.get_by_test_id("pay").click()
    expect(buyers.get_by_test_id("pay-problem")).to_contain_text("Your bank did not pay. Nothing was charged")
    assert barriers(buyers) == []
    assert buyers.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    screenshot(buyers, "exchange-pay-phone-dark", whole=True)
    # The bank's own page, and back without what opens the receipt in any address.
    buyers.get_by_test_id("payment-tok_redirect").check()
    buyers.get_by_test_id("pay").click()
    buyers.get_by_test_id("bank-refuse").click()
    expect(buyers.get_by_test_id("pay-problem")).to_contain_text("It is not paid yet")
    assert "token" not in buyers.url
    buyers.get_by_test_id("payment-tok_challenge").check()
    buyers.get_by_test_id("pay").click()
    expect(buyers.get_by_test_id("test-bank")).to_contain_text("$25.50")
    buyers.get_by_test_id("bank-confirm").click()
    expect(buyers.get_by_test_id("receipt-state")).to_have_text("Paid")
    expect(buyers.get_by_test_id("pay-difference")).to_have_count(0)
    expect(buyers.get_by_test_id("receipt-exchange")).to_contain_text("You paid")
    assert barriers(buyers) == []
    screenshot(buyers, "exchange-paid-phone-dark", whole=True)

    page.reload()
    expect(page.get_by_test_id("exchange-row")).to_have_attribute("data-state", "paid")
    expect(page.get_by_test_id("order-standing")).to_have_text("Partly refunded")
    expect(page.get_by_test_id("refund-row")).to_contain_text("$20.00 of it for what the buyer got instead")
    page.get_by_test_id("exchange-row").get_by_role("link").click()
    expect(page.get_by_test_id("order-credit")).to_have_text("$20.00")
    expect(page.get_by_test_id("order-total")).to_have_text("$45.50")
    expect(page.get_by_text("Sold in this moment")).to_have_count(0)  # nobody said or showed anything of it
    expect(buyers.get_by_test_id("moment-link")).to_have_count(0)
    new_id = page.url.rpartition("/")[2]
    proof = finance.context.request.get(f"{web.url}/api/office/orders/{new_id}/moment.zip")
    assert (proof.status, "exchange" in proof.text()) == (409, True)
    assert barriers(page) == []
    screenshot(page, "exchange-got-desktop-light")
    bank_says(web, web.do(_charge_key(web, new_id)), Money(2550, "USD"), "opened")
    page.reload()
    disputed = page.get_by_test_id("dispute-row")
    expect(disputed).to_contain_text("got in exchange, off the air: the evidence is the exchange on this page")
    expect(disputed.get_by_test_id("dispute-evidence")).to_have_count(0)
    expect(disputed.get_by_test_id("evidence-sent")).to_be_visible()
    assert barriers(page) == []
    screenshot(page, "exchange-disputed-desktop-light")
    assert finance.errors == []


def test_what_is_called_off_or_not_paid_leaves_the_order_as_it_was(web: DeskWeb, browser: Browser) -> None:
    web.do(add_lamp(web))
    finance = person(browser, web, "finance")
    order = buy(finance, 1)
    page = finance.open(f"/office/{web.small.shop.slug}/orders/{order['id']}")
    ask_for_a_lamp(page)
    page.get_by_test_id("call-off").click()
    expect(page.get_by_test_id("exchange-row")).to_have_attribute("data-state", "cancelled")
    ask_for_a_lamp(page)
    expect(page.get_by_test_id("exchange-row")).to_have_count(2)
    buyers = open_context(browser, DESKTOP, "light").new_page()
    buyers.goto(f"{web.url}{order['receipt_url']}")
    buyers.get_by_test_id("to-pay").click()
    expect(buyers.get_by_test_id("pay")).to_be_visible()
    screenshot(buyers, "exchange-pay-desktop-light")
    web.do(_run_out(web))
    buyers.get_by_test_id("pay").click()
    expect(buyers.get_by_test_id("receipt-state")).to_have_text("Cancelled, nothing charged")
    page.reload()
    expect(page.get_by_test_id("exchange-row").last).to_contain_text("Not paid in time, or called off")
    expect(page.get_by_test_id("order-standing")).to_have_text("Paid")
    expect(page.get_by_test_id("open-take-back")).to_be_visible()
