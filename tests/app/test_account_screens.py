"""A shopper's account in Chromium: asked for at checkout on a phone, filled in the next time, taken away at the end."""

import json
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tallylight.app.mail.shopper_links import send_links
from tests.app.test_desk_screens import browser
from tests.app.test_mail import part_of
from tests.support.browser import DESKTOP, PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder

__all__ = ["browser"]
pytestmark = pytest.mark.browser


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    """With a mail server, which nobody asks: the test takes the mails itself."""
    with (
        installation_folder() as folder,
        desk_web(database_url, folder, smtp_url="smtp://127.0.0.1:9", mail_from="shop@aurora.test") as running,
    ):
        yield running


def mailed_link(web: DeskWeb) -> str:
    """The link of the one mail that waits."""
    taken: list[EmailMessage] = []
    sent = web.do(
        send_links(web.database, taken.append, sender="shop@aurora.test", base_url=web.url, clock=web.services.clock)
    )
    assert sent == 1
    (link,) = re.findall(r"http\S+#\S+", part_of(taken[0], "plain"))
    return str(link)


def to_checkout(page: Page, web: DeskWeb) -> None:
    page.goto(f"{web.url}/watch/{web.small.show.slug}")
    page.get_by_test_id("open-shop").click()
    page.get_by_test_id("product-row").first.click()
    page.get_by_test_id("buy-now").click()
    expect(page.get_by_test_id("place-order")).to_be_enabled()


def buy_as_guest(page: Page, web: DeskWeb) -> None:
    to_checkout(page, web)
    for field, text in (("email", "ana@x.test"), ("name", "Ana Lopez"), ("line1", "1 Main St"), ("city", "Reno")):
        page.get_by_test_id(f"checkout-{field}").fill(text)
    page.get_by_test_id("checkout-region").select_option("NV")
    page.get_by_test_id("checkout-postal-code").fill("89501")
    page.get_by_test_id("checkout-sign-in").click()
    expect(page.get_by_test_id("checkout-link-sent")).to_contain_text("ana@x.test")
    assert barriers(page) == []
    expect(page.get_by_test_id("place-order")).to_be_enabled()
    page.get_by_test_id("place-order").click()
    expect(page.get_by_test_id("order-confirmation")).to_have_attribute("data-state", "paid")
    expect(page.get_by_test_id("all-orders")).to_have_attribute("href", "/account/aurora")


def test_an_account_from_its_first_link_to_its_end(web: DeskWeb, browser: Browser, tmp_path: Path) -> None:
    context = open_context(browser, PHONE, "dark", touch=True)
    context.set_default_timeout(15_000)
    watching = context.new_page()
    watching.emulate_media(reduced_motion="reduce")  # axe must not look at a colour on its way to another
    buy_as_guest(watching, web)

    # The link: looked at by a scanner, then pressed.
    link = mailed_link(web)
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(link)
    expect(page.get_by_test_id("enter-account")).to_be_visible()
    assert urlsplit(page.url).fragment == "", "the secret is in no history"
    assert barriers(page) == []
    screenshot(page, "account-link-phone-dark")
    page.get_by_test_id("enter-account").click()
    expect(page.get_by_test_id("account-of")).to_have_text("ana@x.test")
    expect(page.get_by_test_id("back-to-show")).to_have_attribute("href", f"/watch/{web.small.show.slug}")
    expect(page.get_by_test_id("own-order")).to_have_count(1)
    expect(page.get_by_test_id("own-order-state")).to_have_text("Paid")
    assert "tallylight_shopper" not in page.evaluate("document.cookie")

    # An address is kept; a mistake is said at its field.
    page.get_by_test_id("add-address").click()
    for field, text in (("name", "Ana Lopez"), ("line1", "1 Main St"), ("city", "Reno"), ("postal-code", "895")):
        page.get_by_test_id(f"address-{field}").fill(text)
    page.get_by_test_id("address-region").select_option("NV")
    page.get_by_test_id("address-save").click()
    expect(page.get_by_text("Write it like")).to_be_visible()
    assert barriers(page) == []
    screenshot(page, "account-address-phone-dark")
    page.get_by_test_id("address-postal-code").fill("89501")
    page.get_by_test_id("address-save").click()
    expect(page.get_by_test_id("own-address")).to_contain_text("1 Main St, Reno NV 89501")
    assert barriers(page) == []
    screenshot(page, "account-phone-dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.get_by_test_id("own-receipt").click()
    expect(page.get_by_test_id("receipt")).to_be_visible()

    # The next time nothing is typed.
    to_checkout(watching, web)
    expect(watching.get_by_test_id("signed-in-as")).to_contain_text("ana@x.test")
    expect(watching.get_by_test_id("saved-address")).to_be_checked()
    expect(watching.get_by_test_id("checkout-line1")).to_be_hidden()
    assert barriers(watching) == []
    watching.get_by_test_id("address-choice").scroll_into_view_if_needed()
    screenshot(watching, "account-checkout-phone-dark")
    expect(watching.get_by_test_id("place-order")).to_be_enabled()
    watching.get_by_test_id("place-order").click()
    expect(watching.get_by_test_id("order-confirmation")).to_have_attribute("data-state", "paid")
    # Another address, kept for later.
    to_checkout(watching, web)
    watching.get_by_test_id("another-address").check()
    expect(watching.get_by_test_id("checkout-email")).to_have_value("ana@x.test")
    for field, text in (("name", "Bo Lopez"), ("line1", "2 Side St"), ("city", "Reno"), ("postal-code", "89502")):
        watching.get_by_test_id(f"checkout-{field}").fill(text)
    watching.get_by_test_id("checkout-region").select_option("NV")
    watching.get_by_test_id("keep-address").check()
    expect(watching.get_by_test_id("place-order")).to_be_enabled()
    with watching.expect_response(lambda answer: answer.url.endswith("/addresses") and answer.ok):
        watching.get_by_test_id("place-order").click()

    desktop = open_context(browser, DESKTOP, "light")
    known: Any = context.cookies()
    desktop.add_cookies(known)
    large = desktop.new_page()
    large.emulate_media(reduced_motion="reduce")
    large.goto(f"{web.url}/account/aurora")
    expect(large.get_by_test_id("own-order")).to_have_count(3)
    expect(large.get_by_test_id("own-address")).to_have_count(2)
    assert barriers(large) == []
    screenshot(large, "account-desktop-light")
    with large.expect_download() as download:
        large.get_by_test_id("export").click()
    download.value.save_as(tmp_path / "account.json")
    assert len(json.loads((tmp_path / "account.json").read_text())["orders"]) == 3

    large.get_by_test_id("delete-account").click()
    expect(large.get_by_test_id("delete-do")).to_be_disabled()
    large.get_by_test_id("delete-email").fill("ana@x.test")
    assert barriers(large) == []
    screenshot(large, "account-delete-desktop-light")
    large.get_by_test_id("delete-do").click()
    expect(large.get_by_test_id("account-deleted")).to_be_visible()
    # And the phone is signed out with it.
    page.goto(f"{web.url}/account/aurora")
    expect(page.get_by_test_id("account-email")).to_be_visible()
    assert barriers(page) == []
    screenshot(page, "account-signin-phone-dark")
    page.goto(link)
    page.get_by_test_id("enter-account").click()
    expect(page.get_by_test_id("link-problem")).to_contain_text("used or is too old")
    assert errors == []
