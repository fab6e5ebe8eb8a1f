"""Paying in Chromium on a phone, with a bank that asks first (3-D Secure): beside the picture, on a page, by Stripe."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tallylight.checkout.stripe_provider import StripeProvider
from tests.app.test_desk_screens import browser
from tests.support.browser import PHONE, barriers, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder
from tests.support.local_stripe import KEY, local_stripe
from tests.support.shop import fetch_value
from tests.support.stripe_js import serve_stripe

__all__ = ["browser"]
pytestmark = pytest.mark.browser

CARD, ASKING_CARD = "4242424242424242", "4000002500003155"


@pytest.fixture
def stripe_keys() -> dict[str, str]:
    """Settings of the installation under test."""
    return {}


@pytest.fixture
def web(database_url: str, stripe_keys: dict[str, str]) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder, "finance", **stripe_keys) as running:
        yield running


def go_to_checkout(context: BrowserContext, web: DeskWeb) -> Page:
    """A phone's checkout with everything filled in but the way to pay."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{web.url}/watch/{web.small.show.slug}")
    page.get_by_test_id("open-shop").click()
    page.get_by_test_id("product-row").first.click()
    page.get_by_test_id("buy-now").click()
    page.get_by_test_id("checkout-email").fill("ana@x.test")
    page.get_by_test_id("checkout-name").fill("Ana Lopez")
    page.get_by_test_id("checkout-line1").fill("1 Main St")
    page.get_by_test_id("checkout-city").fill("Reno")
    page.get_by_test_id("checkout-region").select_option("NV")
    page.get_by_test_id("checkout-postal-code").fill("89501")
    expect(page.get_by_test_id("place-order")).to_be_enabled()
    return page


def paid(page: Page) -> None:
    expect(page.get_by_test_id("order-confirmation")).to_have_attribute("data-state", "paid")


def orders(web: DeskWeb) -> object:
    states = "select string_agg(state, ' ' order by number) from customer_order"
    return web.do(fetch_value(web.database, states))


def test_a_bank_asks_beside_the_picture(web: DeskWeb, browser: Browser) -> None:
    page = go_to_checkout(open_context(browser, PHONE, "dark", touch=True), web)
    page.get_by_test_id("payment-tok_challenge").check()
    page.get_by_test_id("how-to-pay").scroll_into_view_if_needed()
    screenshot(page, "pay-ways-phone-dark")
    page.get_by_test_id("place-order").click()
    expect(page.get_by_test_id("test-bank")).to_contain_text("$20.00")
    assert barriers(page) == []
    screenshot(page, "pay-bank-phone-dark")
    # Left alone: the order waits, says for how long, and can be gone on with.
    page.get_by_test_id("bank-leave").click()
    expect(page.get_by_test_id("bank-step")).to_contain_text("Nothing is charged until")
    expect(page.get_by_test_id("time-to-pay")).to_contain_text(":")
    assert barriers(page) == []
    screenshot(page, "pay-waiting-phone-dark")
    page.reload()
    expect(page.get_by_test_id("bank-step")).to_be_visible()
    expect(page.get_by_test_id("test-bank")).to_be_hidden()
    page.get_by_test_id("go-to-bank").click()
    page.get_by_test_id("bank-refuse").click()
    # Refused: back at the form, nothing lost, told what to do.
    expect(page.get_by_test_id("checkout-problem")).to_contain_text("Your bank did not pay")
    expect(page.get_by_test_id("checkout-email")).to_have_value("ana@x.test")
    screenshot(page, "pay-refused-phone-dark")
    page.get_by_test_id("payment-tok_challenge").check()
    expect(page.get_by_test_id("place-order")).to_be_enabled()
    page.get_by_test_id("place-order").click()
    page.get_by_test_id("bank-leave").click()
    page.get_by_test_id("pay-otherwise").click()
    expect(page.get_by_test_id("checkout-problem")).to_contain_text("Nothing was charged")
    page.get_by_test_id("payment-tok_challenge").check()
    expect(page.get_by_test_id("place-order")).to_be_enabled()
    page.get_by_test_id("place-order").click()
    page.get_by_test_id("bank-confirm").click()
    paid(page)
    assert orders(web) == "declined cancelled paid"


def test_a_buyer_comes_back_from_the_banks_page(web: DeskWeb, browser: Browser) -> None:
    page = go_to_checkout(open_context(browser, PHONE, "light", touch=True), web)
    page.get_by_test_id("payment-tok_redirect").check()
    page.get_by_test_id("place-order").click()
    expect(page.get_by_test_id("test-bank-page")).to_be_visible()
    assert barriers(page) == []
    screenshot(page, "pay-bank-page-phone-light")
    page.get_by_test_id("bank-leave").click()
    expect(page.get_by_test_id("bank-step")).to_be_visible()
    screenshot(page, "pay-waiting-phone-light")
    page.get_by_test_id("go-to-bank").click()
    page.get_by_test_id("bank-confirm").click()
    paid(page)
    # The marks of the way back, one of which is a secret of Stripe's, are gone from the address.
    assert page.url == f"{web.url}/watch/{web.small.show.slug}"
    # Who comes back in another browser is told where the receipt will be.
    other = open_context(browser, PHONE, "light", touch=True).new_page()
    other.goto(f"{page.url}?payment=back&payment_intent_client_secret=x")
    expect(other.get_by_text("The receipt comes by e-mail")).to_be_visible()
    assert other.url == page.url
    assert orders(web) == "paid"


class TestStripe:
    @pytest.fixture
    def stripe_keys(self) -> dict[str, str]:
        return {"stripe_secret_key": KEY, "stripe_publishable_key": "pk_test_12345"}

    def test_stripes_form_and_its_challenge(self, web: DeskWeb, browser: Browser) -> None:
        with local_stripe() as url:
            provider = StripeProvider(web.database, KEY, api_base=url, methods={}, lists_by_time=False)
            web.services.sale_desk._providers = {"stripe": provider}
            context = open_context(browser, PHONE, "dark", touch=True)
            asked = serve_stripe(context, url)
            refused: list[str] = []
            context.on("console", lambda line: refused.append(line.text) if "Security Policy" in line.text else None)
            page = context.new_page()
            page.goto(f"{web.url}/watch/{web.small.show.slug}")
            page.get_by_test_id("open-shop").click()
            expect(page.get_by_test_id("product-row").first).to_be_visible()
            assert asked == []  # Stripe's script comes at checkout, and not before.
            page.close()
            page = go_to_checkout(context, web)
            form = page.frame_locator("[data-testid=stripe-form] iframe")
            form.get_by_label("Card number").fill("4242")
            page.get_by_test_id("place-order").click()
            expect(page.get_by_test_id("checkout-problem")).to_contain_text("Your card number is incomplete.")
            assert orders(web) is None
            form.get_by_label("Card number").fill(ASKING_CARD)
            page.get_by_test_id("place-order").click()
            bank = page.frame_locator("#stripe-window iframe")
            bank.get_by_role("button", name="Close").click()
            expect(page.get_by_test_id("bank-step")).to_be_visible()
            said = page.evaluate("window.stripe_asked")
            assert (said["amount"], said["currency"], said["captureMethod"]) == (2000, "usd", "manual")
            assert said["params"]["return_url"] == f"{web.url}/watch/{web.small.show.slug}?payment=back"
            page.get_by_test_id("go-to-bank").click()
            bank.get_by_role("button", name="No").click()
            expect(page.get_by_test_id("checkout-problem")).to_contain_text("Your bank did not pay")
            form.get_by_label("Card number").fill(ASKING_CARD)
            page.get_by_test_id("place-order").click()
            bank.get_by_role("button", name="Yes").click()
            paid(page)
            assert orders(web) == "declined paid"
            assert refused == []
