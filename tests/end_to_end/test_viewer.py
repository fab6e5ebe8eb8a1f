"""The viewer's page in Chromium on the real stack: the picture, the pin at its frame, a purchase, a lost network."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.end_to_end.test_what_aired import TIMELINE
from tests.support.browser import DESKTOP, PHONE, chromium, open_context, screenshot
from tests.support.stack import RunningDemo
from tests.support.waiting import wait_until
from tests.support.watching import Mark, decoded_frames, marks, watch_pins

pytestmark = [pytest.mark.browser, pytest.mark.alone]

FRAMES_PER_S = 30
PIN_TOLERANCE_FRAMES = 9
"""0.3 s."""
LOOP_S = TIMELINE.samples // TIMELINE.sample_rate


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def phone(browser: Browser, demo: RunningDemo, live_show: dict[str, Any]) -> Iterator[Page]:
    """The show on a phone, playing."""
    context = open_context(browser, PHONE, touch=True)
    page = context.new_page()
    page.goto(f"{demo.web_url}/watch/{live_show['slug']}")
    wait_until(lambda: decoded_frames(page) > 0, what="the first picture is decoded", within_s=60)
    yield page
    context.close()


def test_decoded_frames_advance(phone: Page) -> None:
    before = decoded_frames(phone)
    wait_until(lambda: decoded_frames(phone) > before + 90, what="three more seconds of picture", within_s=20)
    expect(phone.get_by_test_id("lamp")).to_contain_text("Live", ignore_case=True)


def test_pins_and_countdown_come_with_their_frame(phone: Page) -> None:
    cues = {line.cue: line.cue_ms for line in TIMELINE.lines if line.cue}
    pins = sorted(ms for cue, ms in cues.items() if cue.startswith("pin-"))
    deals = [ms for cue, ms in cues.items() if cue.startswith("deal-")]
    watch_pins(phone)

    def changes() -> list[Mark]:
        # The first mark is what the page happened to show when the watching began.
        return [mark for mark in marks(phone)[1:] if mark.frame is not None]

    def seen() -> bool:
        products = {mark.product_id for mark in changes()}
        opened = any(now.countdown and not before.countdown for before, now in _pairs(changes()))
        return len(products - {None}) >= 2 and opened

    wait_until(seen, what="two pins and a deal's countdown", within_s=LOOP_S + 40)
    checked = 0
    for before, now in _pairs(changes()):
        assert now.frame is not None
        if now.product_id and now.product_id != before.product_id:
            assert _off_by(now.frame, pins) <= PIN_TOLERANCE_FRAMES, f"a pin on frame {now.frame}; cues at {pins} ms"
            checked += 1
        elif now.product_id == before.product_id and now.countdown and not before.countdown:
            assert _off_by(now.frame, deals) <= PIN_TOLERANCE_FRAMES, f"a countdown on frame {now.frame}; {deals} ms"
            checked += 1
    assert checked >= 2
    screenshot(phone, "viewer-phone-dark-live")


COVERED = """() => {
    const badge = document.querySelector("[data-testid=disclosure]").getBoundingClientRect();
    const cover = document.createElement("div");
    cover.id = "cover";
    cover.style = `position: fixed; z-index: 9999; background: black; left: ${badge.x + badge.width / 2}px;`
        + ` top: ${badge.y - 5}px; width: ${badge.width}px; height: ${badge.height + 10}px`;
    document.body.append(cover);
}"""


def test_the_player_says_whether_the_disclosure_can_be_read(phone: Page) -> None:
    """Half covered, washed out or scrolled away it cannot; above the shop's sheet it can."""
    expect(phone.get_by_test_id("disclosure")).to_have_text("Paid partnership")

    def says(readable: bool) -> Any:
        def is_it(asked: Request) -> bool:
            word = asked.post_data_json if asked.url.endswith("/looking") else None
            return word is not None and word["disclosure_shown"] is readable

        return phone.expect_request(is_it, timeout=40_000)

    with says(True):
        pass
    with says(False):
        phone.evaluate(COVERED)
    with says(True):
        phone.evaluate("document.getElementById('cover').remove()")
    with says(False):
        phone.add_style_tag(content="header.head { opacity: 0.4 }")
    with says(True):
        phone.add_style_tag(content="header.head { opacity: 1 !important }")
    with says(False):
        phone.add_style_tag(content="header.head { transform: translateX(-60px) }")
    with says(True):
        phone.add_style_tag(content="header.head { transform: none !important }")
    phone.get_by_test_id("open-shop").click()
    with says(True):
        pass  # and it stays so above the sheet
    screenshot(phone, "viewer-phone-dark-disclosed-above-sheet")
    phone.keyboard.press("Escape")


def test_captions_follow_the_host(phone: Page) -> None:
    button = phone.get_by_test_id("captions")
    if button.get_attribute("aria-pressed") != "true":
        button.click()
    expect(phone.get_by_test_id("caption").first).to_contain_text(" ", timeout=30_000)


def test_a_viewer_chats(phone: Page) -> None:
    phone.get_by_test_id("chat-input").fill("Does the mug come in green?")
    phone.get_by_test_id("chat-send").click()
    name = phone.get_by_test_id("chat-name")
    if name.is_visible():
        name.fill("Ana")
        phone.get_by_test_id("chat-name-save").click()
    expect(phone.get_by_test_id("chat-line").filter(has_text="come in green")).to_be_visible()


def test_a_purchase_goes_through(phone: Page, public: httpx.Client) -> None:
    phone.get_by_test_id("buy").first.click()
    screenshot(phone, "viewer-phone-dark-product")
    playing = decoded_frames(phone)
    phone.get_by_test_id("buy-now").click()
    phone.get_by_test_id("checkout-email").fill("ana@example.com")
    phone.get_by_test_id("checkout-name").fill("Ana Lovelace")
    phone.get_by_test_id("checkout-line1").fill("12 Analytical Way")
    phone.get_by_test_id("checkout-postal-code").fill("94110")
    phone.get_by_test_id("checkout-city").fill("San Francisco")
    phone.get_by_test_id("checkout-region").select_option("CA")
    screenshot(phone, "viewer-phone-dark-checkout")
    phone.get_by_test_id("place-order").click()
    expect(phone.get_by_test_id("order-confirmation")).to_be_visible()
    screenshot(phone, "viewer-phone-dark-confirmation")
    assert decoded_frames(phone) > playing, "the picture plays on beside the checkout"
    link = phone.get_by_test_id("receipt-link").get_attribute("href")
    assert link is not None
    order_id, token = link.split("/receipt/")[1].split("?token=")
    receipt = public.get(f"/api/orders/{order_id}", params={"token": token})
    assert receipt.status_code == 200
    order = receipt.json()
    assert order["state"] == "paid"
    assert order["buyer"]["email"] == "ana@example.com"
    assert public.get(f"/api/orders/{order_id}", params={"token": "x" * 43}).status_code == 404
    phone.get_by_test_id("keep-watching").click()


def test_the_page_recovers_from_a_network_gap(phone: Page) -> None:
    phone.context.set_offline(True)
    stuck = phone.evaluate("performance.now()")
    phone.wait_for_function("since => performance.now() - since > 12000", arg=stuck, timeout=30_000)
    phone.context.set_offline(False)
    after = decoded_frames(phone)
    wait_until(lambda: decoded_frames(phone) > after + 60, what="the picture moves again", within_s=40)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_it_fits_a_desktop(browser: Browser, demo: RunningDemo, live_show: dict[str, Any], scheme: Any) -> None:
    context = open_context(browser, DESKTOP, scheme)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{demo.web_url}/watch/{live_show['slug']}")
    wait_until(lambda: decoded_frames(page) > 30, what="a second of picture", within_s=60)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    screenshot(page, f"viewer-desktop-{scheme}")
    page.goto(demo.web_url)
    expect(page.get_by_text(live_show["title"]).first).to_be_visible()
    screenshot(page, f"landing-desktop-{scheme}")
    assert errors == []
    context.close()


def _pairs(changes: list[Mark]) -> list[tuple[Mark, Mark]]:
    return list(pairwise(changes))


def _off_by(frame: int, cues_ms: list[int]) -> int:
    """Frames between ``frame`` and the nearest cue of the loop."""
    return min(abs(frame - ms * FRAMES_PER_S // 1000) for ms in cues_ms)
