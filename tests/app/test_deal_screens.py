"""The deal desk's screens in Chromium on the real web application: builder and preview, funding, a party's inbox."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tallylight.members.types import Role
from tests.support.browser import DESKTOP, PHONE, barriers, chromium, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder
from tests.support.small_shop import PASSWORD

pytestmark = pytest.mark.browser

Scheme = Literal["dark", "light"]


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder, "producer", "finance") as running:
        yield running


@pytest.fixture
def browser(web: DeskWeb) -> Iterator[Browser]:
    with chromium() as running:
        yield running


class Visitor:
    """Somebody at a browser of their own, whose page must throw nothing."""

    def __init__(self, browser: Browser, web: DeskWeb, size: tuple[int, int], scheme: Scheme) -> None:
        self.web = web
        self.context: BrowserContext = open_context(browser, size, scheme, touch=size == PHONE)
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def sign_in(self, role: Role) -> "Visitor":
        body = {"email": f"{role}@{self.web.small.shop.slug}.test", "password": PASSWORD}
        assert self.context.request.post(f"{self.web.url}/api/session", data=body).ok
        return self

    def open(self, path: str) -> Page:
        self.page.goto(path if path.startswith("http") else f"{self.web.url}{path}")
        expect(self.page.get_by_role("heading").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        return self.page

    def judge(self, name: str) -> None:
        screenshot(self.page, name)
        assert barriers(self.page) == []
        assert self.errors == []


def test_a_deal_from_its_builder_to_its_end(web: DeskWeb, browser: Browser) -> None:
    finance = Visitor(browser, web, DESKTOP, "light").sign_in("finance")
    page = finance.open("/office/aurora/deals")
    page.get_by_test_id("new-deal").click()
    expect(page.get_by_test_id("preview")).to_contain_text("Fill in a price to see it.")
    expect(page.get_by_test_id("preview-problem")).to_have_count(0)
    page.get_by_test_id("form").select_option("campaign")
    page.get_by_test_id("title").fill("Autumn glow")
    page.get_by_test_id("figure").fill("16.00")
    page.get_by_test_id("product").first.check()
    page.get_by_test_id("minutes").fill("60")
    page.get_by_test_id("waiting").select_option("first_paid")
    page.get_by_test_id("budget").fill("500")
    preview = page.get_by_test_id("preview")
    expect(preview.get_by_test_id("product-card")).to_contain_text("$16.00")
    expect(preview.get_by_test_id("sample")).to_contain_text("Autumn glow −$4.00 until")
    expect(preview.get_by_test_id("reference-prices")).to_contain_text("$20.00")
    finance.judge("deal-builder-desktop-light")
    # What makes no sense is said where it is typed, before anything is drafted.
    page.get_by_test_id("figure").fill("21.00")
    expect(page.get_by_test_id("preview-problem")).to_contain_text("not below the list price")
    page.get_by_test_id("figure").fill("16.00")
    expect(page.get_by_test_id("preview-problem")).to_have_count(0)
    page.get_by_test_id("save").click()
    card = page.get_by_test_id("deal").filter(has_text="Autumn glow")
    expect(card).to_contain_text("first paid, first served")
    card.get_by_test_id("accept").click()
    expect(card).to_contain_text("Agreed")
    producer = Visitor(browser, web, DESKTOP, "dark").sign_in("producer")
    page = producer.open("/office/aurora/deals")
    card = page.get_by_test_id("deal").filter(has_text="Autumn glow")
    card.get_by_test_id("open").click()
    expect(card).to_contain_text("Open now")
    card.get_by_test_id("record").click()
    expect(card.get_by_test_id("changes")).to_contain_text("every funder has accepted")
    producer.judge("deals-desktop-dark")
    card.get_by_test_id("end").click()
    expect(card).to_contain_text("Ended")


def test_an_agreement_from_proposal_to_a_party_that_opts_a_product_out(web: DeskWeb, browser: Browser) -> None:
    finance = Visitor(browser, web, DESKTOP, "light").sign_in("finance")
    page = finance.open("/office/aurora/funding")
    page.get_by_test_id("propose-open").click()
    dialog = page.get_by_test_id("propose-dialog")
    dialog.get_by_test_id("agreement-title").fill("Autumn co-funding")
    dialog.get_by_test_id("funder-name").first.fill("Market")
    for place, budget in enumerate(("800", "2000")):
        dialog.get_by_test_id("funder-budget").nth(place).fill(budget)
    dialog.get_by_test_id("add-step").click()
    dialog.get_by_test_id("step-from").fill("2027-03-01")
    for place, share in enumerate(("30", "70")):
        dialog.get_by_test_id("step-share").nth(place).fill(share)
    dialog.get_by_test_id("at-cap").select_option("next_funder")
    finance.judge("propose-agreement-desktop-light")
    dialog.get_by_test_id("propose").click()
    card = page.get_by_test_id("agreement").filter(has_text="Autumn co-funding")
    card.get_by_test_id("accept-brand").click()
    expect(card.locator("[data-party=brand]")).to_contain_text("Accepted")
    card.get_by_test_id("invite-open").click()
    page.get_by_test_id("invite-name").fill("Max")
    page.get_by_test_id("invite-email").fill("max@market.test")
    page.get_by_test_id("invite").click()
    link = page.get_by_test_id("invite-link").inner_text()
    page.get_by_test_id("invite-done").click()
    expect(card.get_by_test_id("glide")).to_contain_text("30 %")
    finance.judge("funding-desktop-light")

    market = Visitor(browser, web, PHONE, "dark")
    page = market.open(link)
    page.get_by_test_id("signin-by-link").click()
    card = page.get_by_test_id("agreement")
    expect(card.locator("[data-party=platform]")).to_contain_text("$800.00")
    expect(card.locator("[data-party=brand]")).not_to_contain_text("$2,000.00")
    market.judge("funding-inbox-phone-dark")
    card.get_by_test_id("accept").click()
    expect(card.get_by_test_id("agreement-state")).to_contain_text("Accepted")
    card.get_by_test_id("raise-open").click()
    page.get_by_test_id("cap").fill("900")
    page.get_by_test_id("raise-dialog-do").click()
    expect(card.locator("[data-party=platform]")).to_contain_text("$900.00")
    assert market.errors == []


def test_the_empty_desk_and_the_builder_on_a_phone(web: DeskWeb, browser: Browser) -> None:
    finance = Visitor(browser, web, PHONE, "light").sign_in("finance")
    finance.open("/funding")
    finance.judge("funding-inbox-empty-phone-light")
    page = finance.open("/office/aurora/deals/new")
    page.get_by_test_id("form").select_option("tiers")
    expect(page.get_by_test_id("sample")).to_contain_text("2 ×")
    finance.judge("deal-builder-phone-light")
