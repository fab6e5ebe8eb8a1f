"""Deals where viewers buy, in Chromium on the real web application: followed for, earned, taken by the tier, paid."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tallylight import deals
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.queries import products_by_id, products_of_shop
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.deals import Conditions, NewDeal, NewFunder, Tier
from tests.support.browser import PHONE, barriers, chromium, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder

pytestmark = pytest.mark.browser

FUNDERS = (NewFunder(party="brand", name="Aurora", share_bps=10_000, budget_minor=100_000),)


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with installation_folder() as folder, desk_web(database_url, folder) as running:
        yield running


@pytest.fixture
def browser(web: DeskWeb) -> Iterator[Browser]:
    with chromium() as running:
        yield running


async def _plant(web: DeskWeb) -> None:
    """A gift that is not on the show's shelf, a tier, a voucher for followers and a code by link."""
    now_us = web.services.clock.now_us()
    async with web.database.transaction() as connection:
        shop_id = web.small.shop.id
        of_mug = NewProduct(handle="mug", title="Mug", variants=(NewVariant(price_minor=800, on_hand=3),))
        mug = await create_product(connection, shop_id, of_mug, at_us=now_us)
        [product] = await products_by_id(connection, [mug])
        gift = Conditions(min_minor=3000, gift_variant_id=product.variants[0].id)
        tiers = Conditions(tiers=(Tier(2, 1000), Tier(3, 2000)))
        plain: dict[str, Any] = {"kind": "percentage", "duration_s": 3600, "counts": "orders", "funders": FUNDERS}
        for new in (
            NewDeal(form="gift", title="A mug on us", percentage_bps=10_000, conditions=gift, **plain),
            NewDeal(
                form="tiers", title="Two or three", percentage_bps=1000, conditions=tiers,
                product_id=web.shelf.product_id, **plain,
            ),
            NewDeal(
                form="voucher", title="For followers", percentage_bps=1000,
                conditions=Conditions(audience="follower"), **plain,
            ),
            NewDeal(
                form="creator_code", title="Mara's code", percentage_bps=2000, code="MARA20",
                conditions=Conditions(creator_name="Mara"), **plain,
            ),
        ):  # fmt: skip
            deal_id = await deals.create_deal(connection, shop_id, new)
            await deals.accept_funding(connection, deal_id, "brand", accepted_by=None, at_us=now_us)
            await deals.open_deal(connection, deal_id, now_us - 60_000_000)


async def _left(web: DeskWeb) -> list[int]:
    """Pieces of each product that can be had, by handle."""
    async with web.database.reading() as connection:
        return [each.variants[0].available for each in await products_of_shop(connection, web.small.shop.id)]


def open_show(browser: Browser, web: DeskWeb, query: str = "") -> Page:
    page = open_context(browser, PHONE, touch=True).new_page()
    page.goto(f"{web.url}/watch/{web.small.show.slug}{query}")
    page.get_by_test_id("open-shop").click()
    return page


def fill_in(page: Page) -> None:
    fields = {"email": "ana@x.test", "name": "Ana Lopez", "line1": "1 Main St", "postal-code": "89501", "city": "Reno"}
    for field, text in fields.items():
        page.get_by_test_id(f"checkout-{field}").fill(text)
    page.get_by_test_id("checkout-region").select_option("NV")


def test_a_viewer_meets_the_deals_and_buys_with_them(web: DeskWeb, browser: Browser) -> None:
    web.do(_plant(web))
    page = open_show(browser, web)
    perks = page.get_by_test_id("perk")
    expect(perks).to_have_count(2)  # the creator's code is not told
    expect(perks.first).to_contain_text("free from $30")
    page.get_by_test_id("perks").get_by_test_id("follow").click()
    expect(page.get_by_test_id("perks").get_by_test_id("follow")).to_have_attribute("aria-pressed", "true")
    assert barriers(page) == []

    page.get_by_test_id("product-row").click()
    page.get_by_test_id("tier").nth(1).click()
    expect(page.get_by_test_id("buy-now")).to_have_text("Buy for $48.00")
    assert barriers(page) == []
    page.get_by_test_id("tier").first.click()
    expect(page.get_by_test_id("buy-now")).to_have_text("Buy for $36.00")
    page.get_by_test_id("add-to-bag").click()

    # Two at 18.00, a tenth off for followers, the mug on top; and what one more would bring.
    page.get_by_test_id("open-shop").click()
    expect(page.get_by_test_id("bag-total")).to_have_text("$32.40")
    expect(page.get_by_test_id("gift")).to_contain_text("Mug: free")
    expect(page.get_by_test_id("next-step")).to_contain_text("1 more")
    assert barriers(page) == []
    screenshot(page, "viewer-phone-dark-bag-deals")
    page.get_by_test_id("no-gift").click()
    expect(page.get_by_test_id("take-gift")).to_be_visible()
    page.get_by_test_id("take-gift").click()
    expect(page.get_by_test_id("no-gift")).to_be_visible()

    page.get_by_test_id("bag-checkout").click()
    expect(page.get_by_test_id("total")).to_have_text("$32.40")
    fill_in(page)
    page.get_by_test_id("place-order").click()
    expect(page.get_by_test_id("order-confirmation")).to_be_visible()

    assert web.do(_left(web)) == [2, 8]


def test_a_creators_link_brings_the_code(web: DeskWeb, browser: Browser) -> None:
    web.do(_plant(web))
    page = open_show(browser, web, "?code=mara20")
    expect(page.get_by_test_id("perks")).to_contain_text("Code MARA20")
    page.get_by_test_id("product-row").click()
    page.get_by_test_id("buy-now").click()
    expect(page.get_by_test_id("total")).to_have_text("$16.00")
    page.get_by_test_id("code").fill("")
    page.get_by_test_id("use-code").click()
    expect(page.get_by_test_id("total")).to_have_text("$20.00")
