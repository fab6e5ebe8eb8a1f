"""The staff's screens in Chromium on the real stack: the control room sees the stop, the office explains the money."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.end_to_end.test_what_aired import TIMELINE
from tests.support.browser import DESKTOP, PHONE, chromium, open_context, screenshot
from tests.support.stack import RunningDemo
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.alone]

ERRORS: list[str] = []
"""What went wrong inside the control room's page."""
LOOP_S = TIMELINE.samples // TIMELINE.sample_rate


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def producer(browser: Browser, demo: RunningDemo, live_show: dict[str, Any]) -> Iterator[Page]:
    """Signed in by the printed link, in the control room."""
    context = open_context(browser, DESKTOP)
    page = context.new_page()
    page.on("pageerror", lambda error: ERRORS.append(str(error)))
    page.goto(demo.sign_in_url)
    page.get_by_test_id("signin-by-link").click()
    expect(page.get_by_text(live_show["title"]).first).to_be_visible()
    page.goto(f"{demo.web_url}/control/{live_show['slug']}")
    expect(page.get_by_test_id("transcript")).to_be_visible()
    yield page
    context.close()


def test_the_link_works_once(browser: Browser, demo: RunningDemo, producer: Page) -> None:
    context = open_context(browser, DESKTOP)
    page = context.new_page()
    page.goto(demo.sign_in_url)
    page.get_by_test_id("signin-by-link").click()
    expect(page.get_by_test_id("signin-email")).to_be_visible()
    screenshot(page, "signin-desktop-dark")
    context.close()


def test_a_stop_shows_with_its_reason(producer: Page) -> None:
    finding = producer.get_by_test_id("finding")
    wait_until(lambda: finding.count() > 0, what="a finding in the control room", within_s=LOOP_S)
    expect(finding.first).not_to_be_empty()
    bleeped = producer.locator("[data-testid=finding][data-outcome=bleeped]")
    wait_until(lambda: bleeped.count() > 0, what="a finding that aired as a bleep", within_s=60)
    expect(producer.get_by_test_id("transcript-word").first).to_be_visible()
    expect(producer.get_by_test_id("safe-lamp").first).to_be_visible()
    screenshot(producer, "control-desktop-dark")


def test_both_pictures_play(producer: Page) -> None:
    for name in ("programme-video", "air-video"):
        wait_until(partial(_played, producer, name), what=f"{name} plays", within_s=40)


def test_the_desk_clears_a_finding_before_it_airs(producer: Page) -> None:
    """A finding whose time is nearly up may be the policy's before the click arrives: then it is the next one."""
    clear = producer.get_by_test_id("finding-clear")
    cleared = producer.locator("[data-testid=finding][data-outcome=cleared]")

    def is_cleared() -> bool:
        with suppress(PlaywrightTimeout):
            if clear.count() > 0 and clear.first.is_enabled():
                clear.first.click(timeout=1_000)
        return cleared.count() > 0

    wait_until(is_cleared, what="a held finding is cleared and aired as it came", within_s=LOOP_S + 30)


def test_panic_covers_at_once_and_uncover_ends_it(producer: Page) -> None:
    producer.get_by_test_id("panic").click()
    expect(producer.get_by_test_id("safe-lamp").first).to_contain_text("panic", ignore_case=True)
    screenshot(producer, "control-desktop-dark-panic")
    producer.get_by_test_id("panic").click()
    expect(producer.get_by_test_id("safe-lamp").first).not_to_contain_text("panic", ignore_case=True, timeout=20_000)


def test_money_and_orders_are_seen_live(producer: Page) -> None:
    expect(producer.get_by_test_id("viewers-now")).to_be_visible()
    wait_until(lambda: producer.get_by_test_id("order-row").count() > 0, what="an order as it comes", within_s=LOOP_S)
    wait_until(lambda: producer.get_by_test_id("budget").count() >= 3, what="a budget a funder", within_s=LOOP_S)
    assert ERRORS == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_statement_opens_to_its_orders_and_transfers(
    producer: Page, browser: Browser, demo: RunningDemo, live_show: dict[str, Any], scheme: Any
) -> None:
    context = browser.new_context(
        storage_state=producer.context.storage_state(),
        color_scheme=scheme,
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
    )
    page = context.new_page()
    shop = live_show["shop"]["slug"]
    page.goto(f"{demo.web_url}/office/{shop}/statements")
    line = page.get_by_test_id("statement-line")
    expect(line.first).to_be_visible()
    line.first.click()
    expect(page.get_by_test_id("statement-entry").first).to_be_visible()
    screenshot(page, f"office-statements-desktop-{scheme}")
    page.goto(f"{demo.web_url}/office/{shop}")
    expect(page.get_by_test_id("order-row").first).to_be_visible()
    screenshot(page, f"office-orders-desktop-{scheme}")
    page.get_by_test_id("order-row").first.click()
    expect(page.get_by_test_id("transfer-row").first).to_be_visible()
    moment = page.get_by_test_id("moment-link").first.get_attribute("href")
    assert moment is not None
    assert moment.startswith(f"/watch/{live_show['slug']}?t=")
    screenshot(page, f"office-order-desktop-{scheme}")
    context.close()


def test_the_control_room_fits_a_phone(producer: Page, demo: RunningDemo, live_show: dict[str, Any]) -> None:
    producer.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert producer.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(producer, "control-phone-dark")


def _played(page: Page, name: str) -> bool:
    """Whether the video has decoded two seconds of picture."""
    frames: int = page.evaluate(
        f"document.querySelector('[data-testid={name}]').getVideoPlaybackQuality().totalVideoFrames"
    )
    return frames > 60
