"""The planner in Chromium: a plan is typed, played, saved, kept and compared, and looks right everywhere."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.test_desk_screens import Person, browser, person, web
from tests.app.test_plans import plan
from tests.support.browser import DESKTOP, PHONE, barriers, screenshot
from tests.support.desk_web import DeskWeb

__all__ = ["browser", "web"]
pytestmark = pytest.mark.browser


def type_a_plan(page: Page) -> None:
    page.get_by_test_id("plan-new").click()
    page.get_by_test_id("plan-name").fill("Spring")
    page.get_by_test_id("conversion").fill("10")
    page.get_by_test_id("play").click()
    expect(page.get_by_test_id("problem")).to_contain_text("costs you")
    page.get_by_test_id("unit-cost").fill("7.00")
    page.get_by_test_id("play").click()
    expect(page.get_by_test_id("figure-orders")).to_contain_text("50")
    page.get_by_test_id("save").click()
    expect(page.get_by_role("heading", name="Spring", exact=True)).to_be_visible()


def test_a_plan_is_typed_played_saved_and_compared(browser: Browser, web: DeskWeb) -> None:
    finance = person(browser, web, "finance")
    page = finance.open(f"/office/{web.small.shop.slug}/plans")
    expect(page.get_by_text("No plans yet")).to_be_visible()
    type_a_plan(page)
    page.get_by_test_id("plan-keep").click()
    expect(page.get_by_text("Version 2, at the prices")).to_be_visible()

    base = plan(web, web.services.clock.now_us())
    saved = finance.post(f"/api/office/shops/{web.small.shop.id}/campaigns", {"name": "Shared", "plan": base})
    page.goto(f"{web.url}/office/{web.small.shop.slug}/plans")
    expect(page.get_by_role("checkbox")).to_have_count(2)
    for line in page.get_by_role("checkbox").all():
        line.check()
    page.get_by_test_id("compare").click()
    expect(page.get_by_test_id("words")).to_contain_text("Eight off")
    expect(page.get_by_test_id("comparison")).to_contain_text("Runs at a loss")
    assert barriers(page) == []
    at = f"/office/{web.small.shop.slug}/plans"
    look_around(person(browser, web, "finance", PHONE, "dark"), f"{at}/{saved['id']}", "phone-dark")
    look_around(person(browser, web, "finance", DESKTOP, "light"), f"{at}/{saved['id']}", "desktop-light")
    assert finance.errors == []


def look_around(reader: Person, at: str, name: str) -> None:
    page = reader.open(at)
    expect(page.get_by_test_id("glide")).to_contain_text("the platform pays 30 % instead of 50 %")
    assert barriers(page) == []
    screenshot(page, f"plan-{name}")
    page.get_by_test_id("chart-margin").scroll_into_view_if_needed()
    screenshot(page, f"plan-charts-{name}")
    builder = reader.open(f"{at}/edit")
    assert barriers(builder) == []
    screenshot(builder, f"plan-builder-{name}")
    assert reader.errors == []
    reader.context.close()
