"""The one-time link in Chromium: looking at it spends nothing, its button does, and a second use is explained."""

from datetime import timedelta

import pytest
from playwright.async_api import async_playwright, expect

from tallylight.foundation.clock import SystemClock
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tests.conftest import Runner
from tests.support.axe import serious_violations
from tests.support.browser import CHROMIUM, FLAGS
from tests.support.small_shop import small_shop
from tests.support.web import live_web, services_on

pytestmark = pytest.mark.browser


def test_the_link_signs_in_at_the_press_of_its_button(run: Runner) -> None:
    async def story() -> None:
        clock = SystemClock()
        small = await small_shop(run.database, "owner")
        async with run.database.transaction() as connection:
            token = await issue_sign_in_link(connection, small.people["owner"].id, timedelta(hours=1), clock)
        async with live_web(services_on(run.database, clock)) as client, async_playwright() as playwright:
            url = f"{client.base_url}/signin/{token}"
            assert (await client.get(url)).status_code == 200, "as a mail scanner does"
            browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            first, second = [await (await browser.new_context()).new_page() for _ in range(2)]
            await first.goto(url)
            button = first.get_by_test_id("signin-by-link")
            await expect(button).to_be_visible()
            assert await serious_violations(first) == []
            await button.focus()
            await first.keyboard.press("Enter")
            await expect(first.get_by_test_id("show")).to_have_count(1)
            assert token not in first.url
            await second.goto(url)
            await second.get_by_test_id("signin-by-link").click()
            await expect(second.get_by_role("alert").first).to_contain_text("That link has been used or is too old")
            await expect(second.get_by_test_id("signin-email")).to_be_visible()
            await browser.close()

    run(story())
