"""Shipping and tax in Chromium: set in the office, then felt by a buyer at checkout on a phone."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.deals.tax.test_service import TestTaxService
from tests.app.test_desk_screens import browser, person, web
from tests.support.browser import DESKTOP, PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb

__all__ = ["browser", "web"]
pytestmark = pytest.mark.browser


def set_terms(page: Page) -> None:
    """Send to the USA for 5.00 and by express for 9.00; collect tax in Nevada, and in Germany within prices."""
    page.get_by_test_id("tax-open").click()
    page.get_by_test_id("tax-origin").fill("US-NV")
    page.get_by_test_id("tax-inside").fill("DE")
    page.get_by_test_id("tax-on-top").fill("us-nv")
    page.get_by_test_id("tax-dialog-do").click()
    expect(page.get_by_test_id("tax-settings")).to_contain_text("US-NV")
    rates = "authority,name,country,region,percent\nUS-NV,Sales tax,US,NV,5\nDE,VAT,DE,,19\n"
    page.get_by_test_id("rates-file").set_input_files(
        {"name": "rates.csv", "mimeType": "text/csv", "buffer": rates.encode()}
    )
    expect(page.get_by_test_id("tax-rates")).to_contain_text("19 %")

    page.get_by_test_id("zone-open").click()
    page.get_by_test_id("zone-name").fill("Here")
    page.get_by_test_id("zone-places").fill("US, DE")
    page.get_by_test_id("zone-dialog-do").click()
    page.get_by_test_id("method-change").click()
    page.get_by_test_id("method-steps").fill("0: 5.00\n30: 2.50")
    page.get_by_test_id("method-least").fill("2")
    page.get_by_test_id("method-most").fill("4")
    page.get_by_test_id("method-dialog-do").click()
    expect(page.get_by_test_id("method")).to_contain_text("$5.00, $2.50 from $30.00 · 2 to 4 days")
    page.get_by_test_id("method-open").click()
    page.get_by_test_id("method-name").fill("Express")
    page.get_by_test_id("method-steps").fill("0: 9")
    page.get_by_test_id("method-dialog-do").click()
    expect(page.get_by_test_id("method")).to_have_count(2)


def fill_address(page: Page) -> None:
    page.get_by_test_id("checkout-email").fill("ana@x.test")
    page.get_by_test_id("checkout-name").fill("Ana Lopez")
    page.get_by_test_id("checkout-line1").fill("1 Main St")
    page.get_by_test_id("checkout-city").fill("Reno")
    page.get_by_test_id("checkout-region").select_option("NV")


def test_terms_are_set_in_the_office_and_paid_at_checkout(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    page = finance.open(f"/office/{web.small.shop.slug}/terms")
    set_terms(page)
    page.get_by_test_id("first-paid-on").check()
    page.get_by_test_id("first-paid-save").click()
    expect(page.get_by_test_id("first-paid-save")).to_be_disabled()
    page.reload()
    expect(page.get_by_test_id("first-paid-on")).to_be_checked()
    assert barriers(page) == []
    page.get_by_test_id("first-paid-on").scroll_into_view_if_needed()
    screenshot(page, "terms-desktop-light")
    small = person(browser, web, "finance", PHONE, "dark").open(f"/office/{web.small.shop.slug}/terms")
    expect(small.get_by_test_id("tax-rates")).to_contain_text("19 %")
    assert barriers(small) == []
    screenshot(small, "terms-phone-dark")
    assert small.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert finance.errors == []

    phone = open_context(browser, PHONE, "dark", touch=True).new_page()
    phone.set_default_timeout(10_000)
    phone.goto(f"{web.url}/watch/{web.small.show.slug}")
    phone.get_by_test_id("open-shop").click()
    phone.get_by_test_id("product-row").first.click()
    phone.get_by_test_id("buy-now").click()
    fill_address(phone)
    # The mistake is said at the field, in the country's words, and nothing is sent.
    phone.get_by_test_id("checkout-postal-code").fill("895")
    phone.get_by_test_id("place-order").click()
    expect(phone.get_by_text("Write it like")).to_be_visible()
    phone.get_by_test_id("checkout-postal-code").fill("89501")
    expect(phone.get_by_test_id("tax")).to_contain_text("Sales tax 5 % (US-NV)")
    expect(phone.get_by_test_id("total")).to_have_text("$26.25")  # 20.00 + 5.00 + 5 % of both
    phone.get_by_test_id("shipping-way").nth(1).check()
    expect(phone.get_by_test_id("total")).to_have_text("$30.45")  # 20.00 + 9.00 + 5 %
    # Another post code asks for the price again, and leaves the choice alone.
    with phone.expect_response(
        lambda answer: answer.url.endswith("/api/quote") and b"89502" in (answer.request.post_data_buffer or b"")
    ):
        phone.get_by_test_id("checkout-postal-code").fill("89502")
    expect(phone.get_by_test_id("place-order")).to_be_enabled()
    expect(phone.get_by_test_id("shipping-way").nth(1)).to_be_checked()
    expect(phone.get_by_test_id("total")).to_have_text("$30.45")
    assert barriers(phone) == []
    screenshot(phone, "checkout-terms-phone-dark")

    phone.get_by_test_id("checkout-country").select_option("DE")
    expect(phone.get_by_test_id("tax")).to_contain_text("VAT 19 % (DE), included")
    expect(phone.get_by_test_id("total")).to_have_text("$25.00")
    expect(phone.get_by_test_id("checkout-region")).to_be_hidden()
    phone.get_by_test_id("checkout-country").select_option("FR")
    expect(phone.get_by_test_id("checkout-problem")).to_contain_text("Not shipped there")
    expect(phone.get_by_test_id("place-order")).to_be_disabled()
    phone.get_by_test_id("checkout-country").select_option("DE")
    phone.get_by_test_id("checkout-postal-code").fill("10115")
    phone.get_by_test_id("checkout-city").fill("Berlin")
    expect(phone.get_by_test_id("total")).to_have_text("$25.00")
    phone.get_by_test_id("place-order").click()
    expect(phone.get_by_test_id("order-confirmation")).to_be_visible()
    screenshot(phone, "checkout-terms-phone-done")


def test_a_tax_service_is_chosen_and_its_answers_are_seen(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    page = finance.open(f"/office/{web.small.shop.slug}/terms")
    set_terms(page)
    page.get_by_test_id("service-open").click()
    page.get_by_test_id("service-name").select_option("test")
    page.get_by_test_id("service-kept").fill("0")
    page.get_by_test_id("service-codes").fill("no code")
    expect(page.get_by_test_id("service-dialog-do")).to_be_disabled()
    page.get_by_test_id("service-codes").fill("standard: txcd_99999999")
    page.get_by_test_id("service-dialog-do").click()
    expect(page.get_by_test_id("service-dialog")).to_contain_text("24 to 720 hours")
    page.get_by_test_id("service-kept").fill("48")
    page.get_by_test_id("service-away").select_option("own")
    assert barriers(page) == []
    page.get_by_test_id("service-dialog-do").click()
    expect(page.get_by_test_id("service-choice")).to_contain_text("for 48 hours; after that your own table holds")
    lines = [{"variant_id": str(web.shelf.variant_id), "quantity": 1}]
    for postal_code in ("89501", "00500"):
        cart = {"show_id": str(web.small.show.id), "lines": lines, "at_us": web.services.clock.now_us()}
        there = {"country": "US", "region": "NV", "postal_code": postal_code}
        assert page.request.post(f"{web.url}/api/quote", data=cart | there).ok
    page.reload()
    expect(page.get_by_test_id("tax-answers")).to_contain_text("US-NV standard 8 %")
    expect(page.get_by_test_id("tax-answers")).to_contain_text("the test tax service is away")
    assert barriers(page) == []
    page.get_by_test_id("tax-answers").scroll_into_view_if_needed()
    screenshot(page, "tax-service-desktop-light")
    small = person(browser, web, "finance", PHONE, "dark").open(f"/office/{web.small.shop.slug}/terms")
    small.get_by_test_id("tax-answers").scroll_into_view_if_needed()
    assert barriers(small) == []
    screenshot(small, "tax-service-phone-dark")
    assert small.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_carriers_are_chosen_and_their_fees_are_paid_at_checkout(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    page = finance.open(f"/office/{web.small.shop.slug}/terms")
    set_terms(page)
    page.get_by_test_id("carriers-open").click()
    page.get_by_test_id("carriers-name").select_option("test")
    page.get_by_test_id("carriers-from").fill("89502")
    page.get_by_test_id("carriers-parcels").fill("1: 20 x 15")
    page.get_by_test_id("carriers-level").first.fill("test_ground")
    expect(page.get_by_test_id("carriers-dialog-do")).to_be_disabled()
    page.get_by_test_id("carriers-parcels").fill("1: 20 x 15 x 10\n5: 40 x 30 x 20")
    page.get_by_test_id("carriers-kept").fill("0")
    page.get_by_test_id("carriers-dialog-do").click()
    expect(page.get_by_test_id("carriers-dialog")).to_contain_text("24 to 720 hours")
    page.get_by_test_id("carriers-kept").fill("48")
    assert barriers(page) == []
    screenshot(page, "carriers-dialog-desktop-light")
    page.get_by_test_id("carriers-dialog-do").click()
    expect(page.get_by_test_id("carriers-choice")).to_contain_text("after that buyers there are told to try again")

    phone = open_context(browser, PHONE, "light", touch=True).new_page()
    phone.set_default_timeout(10_000)
    phone.goto(f"{web.url}/watch/{web.small.show.slug}")
    phone.get_by_test_id("open-shop").click()
    phone.get_by_test_id("product-row").first.click()
    phone.get_by_test_id("buy-now").click()
    fill_address(phone)
    phone.get_by_test_id("checkout-postal-code").fill("89501")
    expect(phone.get_by_test_id("total")).to_have_text("$28.35")  # 20.00 + 7.00 as the carriers say + 5 %
    expect(phone.get_by_test_id("shipping-ways")).to_contain_text("$7.00")
    expect(phone.get_by_test_id("shipping-ways")).to_contain_text("$9.00")  # express keeps the shop's own fee
    phone.get_by_test_id("shipping-ways").scroll_into_view_if_needed()
    screenshot(phone, "checkout-carriers-phone-light")
    phone.get_by_test_id("checkout-postal-code").fill("89500")
    expect(phone.get_by_test_id("checkout-problem")).to_contain_text("The cost of shipping is not known right now")
    phone.get_by_test_id("checkout-postal-code").fill("89501")
    expect(phone.get_by_test_id("total")).to_have_text("$28.35")
    phone.get_by_test_id("place-order").click()
    expect(phone.get_by_test_id("order-confirmation")).to_be_visible()

    page.reload()
    expect(page.get_by_test_id("carrier-answers")).to_contain_text("test_ground $7.00 to 1 kg, $10.00 to 5 kg")
    expect(page.get_by_test_id("carrier-answers")).to_contain_text("the test carriers are away")
    assert barriers(page) == []
    page.get_by_test_id("carriers-choice").scroll_into_view_if_needed()
    screenshot(page, "carriers-desktop-light")
    small = person(browser, web, "finance", PHONE, "dark").open(f"/office/{web.small.shop.slug}/terms")
    small.get_by_test_id("carriers-choice").scroll_into_view_if_needed()
    assert barriers(small) == []
    screenshot(small, "carriers-phone-dark")
    assert small.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert finance.errors == []


async def _forget_answers(web: DeskWeb) -> None:
    """As if nobody had ever been asked."""
    async with web.database.transaction() as connection:
        await connection.execute(sa.text("delete from tax_answer"))
        await touch_selling_facts(connection, web.small.shop.id)


def test_a_buyer_whose_tax_nobody_knows_is_told_what_to_do_and_loses_nothing(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    page = finance.open(f"/office/{web.small.shop.slug}/terms")
    set_terms(page)
    choice = {"service": "test", "own_when_away": False, "kept_h": 48, "codes": {}}
    url = f"{web.url}/api/office/shops/{web.small.shop.id}/tax/service"
    assert finance.context.request.put(url, data=choice, headers=finance.csrf).ok
    service = web.services.tax_asker.services["test"]
    assert isinstance(service, TestTaxService)
    service.away = True

    phone = open_context(browser, PHONE, "light", touch=True).new_page()
    phone.set_default_timeout(10_000)
    phone.goto(f"{web.url}/watch/{web.small.show.slug}")
    phone.get_by_test_id("open-shop").click()
    phone.get_by_test_id("product-row").first.click()
    phone.get_by_test_id("add-to-bag").click()
    phone.get_by_test_id("open-shop").click()
    phone.get_by_test_id("bag-checkout").click()
    fill_address(phone)
    phone.get_by_test_id("checkout-postal-code").fill("89501")
    problem = phone.get_by_test_id("checkout-problem")
    expect(problem).to_contain_text("The tax is not known right now")
    expect(problem).to_contain_text("everything you chose is kept. Try again in a minute, or send it somewhere else")
    expect(phone.get_by_test_id("kept-lines")).to_contain_text("1 × Dew Serum")
    expect(phone.get_by_test_id("place-order")).to_be_disabled()
    assert barriers(phone) == []
    screenshot(phone, "checkout-tax-unknown-phone-light")
    wide = open_context(browser, DESKTOP, "dark").new_page()
    wide.goto(f"{web.url}/watch/{web.small.show.slug}")
    wide.get_by_test_id("product-row").first.click()
    wide.get_by_test_id("buy-now").click()
    fill_address(wide)
    wide.get_by_test_id("checkout-postal-code").fill("89501")
    expect(wide.get_by_test_id("kept-lines")).to_be_visible()
    assert barriers(wide) == []
    screenshot(wide, "checkout-tax-unknown-desktop-dark")

    service.away = False
    web.do(_forget_answers(web))
    phone.get_by_test_id("ask-price-again").click()
    expect(phone.get_by_test_id("total")).to_have_text("$27.00")  # 20.00 + 5.00 + 8 % of both
    expect(problem).to_have_count(0)
    # And away again at the very moment of the order: it is a clear no, and the form does not wait for an answer.
    service.away = True
    web.do(_forget_answers(web))
    phone.get_by_test_id("place-order").click()
    expect(problem).to_contain_text("The tax is not known right now")
    expect(phone.get_by_test_id("checkout-email")).to_have_value("ana@x.test")
    expect(phone.get_by_test_id("checkout-email")).to_be_enabled()
    service.away = False
    phone.get_by_test_id("place-order").click()
    expect(problem).to_contain_text("The tax is not known right now")  # an order asks nobody
    phone.get_by_test_id("ask-price-again").click()
    expect(problem).to_have_count(0)
    phone.get_by_test_id("place-order").click()
    expect(phone.get_by_test_id("order-confirmation")).to_be_visible()
