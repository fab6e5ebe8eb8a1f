"""The office's screens in Chromium: past shows and what the planner makes of them."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.test_desk_screens import Person, browser, person, web
from tests.support.audience import watched_broadcast
from tests.support.browser import DESKTOP, PHONE, barriers, screenshot
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
