"""Debian's Chromium under Playwright, as a phone or a desktop, dark or light."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE = (390, 844)
DESKTOP = (1440, 900)
ARTEFACTS = Path(__file__).parents[2] / "artifacts" / "screens"
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser. Fails with what to install when Chromium is missing."""
    if not CHROMIUM.exists():
        raise RuntimeError(f"{CHROMIUM} is missing; make test installs it (Debian package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


def open_context(
    browser: Browser, size: tuple[int, int], scheme: Literal["dark", "light"] = "dark", *, touch: bool = False
) -> BrowserContext:
    """A fresh profile at ``size`` CSS pixels."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        has_touch=touch,
        is_mobile=touch,
        device_scale_factor=2 if touch else 1,
    )
    context.set_default_timeout(30_000)
    return context


_PICTURES_ARE_THERE = """() => [...document.images].every(image => {
    const box = image.getBoundingClientRect();
    const seen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return !seen || image.complete;
})"""


def screenshot(page: Page, name: str, *, whole: bool = False) -> Path:
    """Keep what the page shows as a test artefact, or all of it, once its pictures have come (or failed to)."""
    page.wait_for_function(_PICTURES_ARE_THERE)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    path = ARTEFACTS / f"{name}.png"
    page.screenshot(path=str(path), full_page=whole)
    return path


BARRIERS = """async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  // A colour on its way to another is nobody's: wait for whatever moves and comes to an end.
  const ends = (moves) => moves.effect?.getComputedTiming().endTime !== Infinity;
  await Promise.all(document.getAnimations().filter(ends).map((moves) => moves.finished.catch(() => undefined)));
  const { violations, passes } = await axe.run(document, { runOnly: tags });
  if (passes.length === 0) return ["axe looked at nothing"];
  return violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
"""Run in a page that has axe: what is serious or critical under WCAG 2.2 A and AA, a line a node."""


def barriers(page: Page) -> list[str]:
    """What axe calls serious or critical on the page as it stands, under WCAG 2.2 A and AA: rule and place, a line."""
    if not AXE.exists():
        raise RuntimeError(f"{AXE} is missing; make test installs it (npm ci in web/)")
    page.evaluate(AXE.read_text())
    found = page.evaluate(BARRIERS)
    return [str(each) for each in found]
