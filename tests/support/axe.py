"""axe-core in a page of the asynchronous browser: what it finds serious or critical."""

from playwright.async_api import Page

from tests.support.browser import AXE, BARRIERS


async def serious_violations(page: Page) -> list[str]:
    """As ``browser.barriers``. Evaluated: the pages' policy lets no script of others in."""
    await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(BARRIERS)
    return found
