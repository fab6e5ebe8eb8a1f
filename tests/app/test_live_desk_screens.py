"""The live desk, the host's screen and the viewers' card in Chromium, on the real web process, database and origin."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tallylight.app.services import Services
from tallylight.compliance.desk.decide import record_outcome
from tallylight.compliance.desk.lease import LEASE_US
from tallylight.compliance.desk.queries import finding_by, findings_of
from tallylight.compliance.library.approve_claim import approve_claim
from tallylight.compliance.record_finding import DECIDE_MARGIN_US, Finding, record_words
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.ids import BroadcastId, FindingId, ShowId, new_id
from tallylight.foundation.outbox import publish
from tallylight.media.origin import Origin, OriginDirectory, Served
from tallylight.media.preview_token import preview_key
from tallylight.media.stream_address import keep_stream_token
from tallylight.shows.models import show
from tallylight.shows.start_broadcast import start_broadcast
from tests.conftest import Runner
from tests.media.lines import VirtualAir
from tests.media.sources import make_source
from tests.support.aired_show import spoken
from tests.support.axe import serious_violations
from tests.support.browser import ARTEFACTS, CHROMIUM, DESKTOP, FLAGS, PHONE
from tests.support.held import hold_words
from tests.support.postgres import free_port
from tests.support.small_shop import PASSWORD, SmallShop, fill_shelf, small_shop
from tests.support.web import live_web, services_on

pytestmark = pytest.mark.browser

Scheme = Literal["dark", "light"]
STREAM_TOKEN = "t" * 32
SECOND_US = 1_000_000
DELAY_MS = 3_000


class Floor:
    """A show on air behind real servers. Findings are held on demand, as long as a browser needs to be driven."""

    def __init__(self, run: Runner, services: Services, small: SmallShop, browser: Browser, url: str) -> None:
        self.run, self.services, self.small, self.browser, self.url = run, services, small, browser, url
        self.broadcast_id = BroadcastId(new_id())
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []
        self.held = self.began_us = 0

    @property
    def show_id(self) -> ShowId:
        return ShowId(self.small.show.id)

    async def hold(self, left_s: int = 60, *, ago_s: int | None = None, **more: Any) -> FindingId:
        """A finding with ``left_s`` to decide it, told to everyone at the desk. Words of its own unless ``ago_s``."""
        now_us = self.services.clock.now_us()
        self.began_us = self.began_us or now_us
        self.held += 1
        start_us = self.began_us - (2 * self.held + 1) * SECOND_US if ago_s is None else now_us - ago_s * SECOND_US
        delay_ms = (now_us - start_us + left_s * SECOND_US + DECIDE_MARGIN_US) // 1000
        held = await hold_words(self.run.database, self.broadcast_id, self.show_id, start_us, delay_ms=delay_ms, **more)
        async with self.run.database.transaction() as connection:
            found = await finding_by(connection, held)
            fresh = {name: getattr(found, name) for name in Finding.__struct_fields__}
            await publish(connection, f"control:{self.show_id}", "finding", msgspec.to_builtins(fresh))
        return held

    async def outcome(self, finding_id: FindingId, outcome: Literal["bleeped", "cleared"]) -> None:
        """As the media process records it when the span has gone by on air."""
        async with self.run.database.transaction() as connection:
            await record_outcome(connection, self.broadcast_id, finding_id, outcome, start_us=1, end_us=2)
            event = {"id": str(finding_id), "outcome": outcome}
            await publish(connection, f"control:{self.show_id}", "finding.outcome", event)

    async def page(self, role: str | None, path: str, size: tuple[int, int] = DESKTOP, scheme: Scheme = "dark") -> Page:
        """A signed-in person's page in a profile of their own."""
        touch = size == PHONE
        context = await self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, has_touch=touch, is_mobile=touch
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        if role is not None:
            body = {"email": f"{role}@aurora.test", "password": PASSWORD}
            assert (await context.request.post(f"{self.url}/api/session", data=body)).ok
        page = await context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto(self.url + path)
        return page

    async def close_pages(self) -> None:
        for context in self.contexts:
            await context.close()
        self.contexts.clear()


@asynccontextmanager
async def on_air(folder: Path, broadcast_id: BroadcastId, port: int) -> AsyncIterator[VirtualAir]:
    """A real stream as it goes along, three seconds behind its camera, and the origin that serves it on ``port``."""
    clock = SystemClock()
    air = VirtualAir(folder / "recordings", delay_us=DELAY_MS * 1000)
    air.clock.advance(clock.now_us() - air.clock.now_us())
    directory = OriginDirectory(clock, folder / "recordings", preview_key(folder))
    directory.served[broadcast_id] = Served(STREAM_TOKEN, air.line.window, air.line.preview.window, air.line.kept_sound)
    config = uvicorn.Config(Origin(directory), host="127.0.0.1", port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)

    async def feed() -> None:
        source = await asyncio.to_thread(make_source, 90)
        air.configure(source)
        began_us = clock.now_us()
        for message in source.messages:
            due_us = began_us + message.timestamp_ms * 1000
            await asyncio.sleep(max(due_us - clock.now_us(), 0) / SECOND_US)
            air.until(max(clock.now_us(), air.clock.now_us()))
            air.give(message)

    tasks = [asyncio.create_task(server._serve()), asyncio.create_task(feed())]
    try:
        async with asyncio.timeout(60):
            while not server.started or not air.watcher.heard:  # noqa: ASYNC110 - neither tells when
                await asyncio.sleep(0.01)
        yield air
    finally:
        tasks[1].cancel()
        server.should_exit = True
        await asyncio.gather(*tasks, return_exceptions=True)


def on_the_floor(run: Runner, folder: Path, story: Callable[[Floor], Awaitable[None]]) -> None:
    """Tell a story of the desk with everything started."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing; make test installs it (Debian package chromium)")

    async def whole() -> None:
        port = free_port()
        services = services_on(
            run.database, SystemClock(), data_dir=folder, media_public_url=f"http://127.0.0.1:{port}"
        )
        small = await small_shop(run.database, "compliance", "producer", "owner")
        await fill_shelf(run.database, small, now_us=services.clock.now_us())
        async with live_web(services) as client, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
            floor = Floor(run, services, small, browser, str(client.base_url))
            async with on_air(folder, floor.broadcast_id, port) as air:
                async with run.database.transaction() as connection:
                    started_us = air.watcher.heard[0].at_us
                    await start_broadcast(
                        connection,
                        floor.show_id,
                        delay_ms=DELAY_MS,
                        started_us=started_us,
                        broadcast_id=floor.broadcast_id,
                    )
                    await keep_stream_token(connection, floor.broadcast_id, STREAM_TOKEN)
                # So much programme has to be there for the words of three seconds ago to be heard.
                await asyncio.sleep(5)
                try:
                    await story(floor)
                    assert floor.errors == []
                finally:
                    await floor.close_pages()
                    await browser.close()

    run(whole())


async def shot(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=str(ARTEFACTS / f"{name}.png"))


DESK = "/desk/aurora/live/aurora-live"


def test_the_desk_is_worked_by_keys_alone(run: Runner, tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        await floor.hold(50, quote="it is nineteen ninety-nine")
        page = await floor.page("compliance", DESK)
        held, log = page.get_by_test_id("held"), page.get_by_test_id("logged")
        detail = page.get_by_test_id("detail")
        await expect(held).to_have_count(1)
        urgent = await floor.hold(30, quote="shipping is three dollars", facts={"shipping_fee": "4.50"})
        await expect(held).to_have_count(2)
        await expect(held.first).to_have_attribute("data-finding", str(urgent))
        await expect(detail).to_contain_text("nineteen ninety-nine")  # what was selected stays under the finger
        sounds: list[int] = []
        page.on("response", lambda answer: sounds.append(answer.status) if "/sound-" in answer.url else None)
        await page.keyboard.press("Space")
        await expect(page.get_by_test_id("play")).to_contain_text("Stop")
        await expect(page.get_by_test_id("play")).to_contain_text("Play", timeout=10_000)
        assert set(sounds) in ({200}, {206}, {200, 206})  # whole, or by ranges
        await page.keyboard.press("k")
        await expect(detail).to_contain_text("shipping is three dollars")
        await page.keyboard.press("b")
        await expect(log.filter(has_text="three dollars")).to_contain_text("Will be bleeped by Compliance")
        await expect(detail).to_contain_text("nineteen ninety-nine")
        await page.keyboard.press("c")
        await expect(held).to_have_count(0)
        await expect(page.get_by_text("Nothing is held")).to_be_visible()
        third = await floor.hold(40, quote="ends in a minute")
        await expect(detail).to_have_attribute("data-finding", str(third))
        await page.keyboard.press("v")
        await expect(log.filter(has_text="ends in a minute")).to_contain_text("Will be covered by Compliance")
        async with run.database.reading() as connection:
            found = await findings_of(connection, floor.broadcast_id)
        assert sorted(one.decision.kind for one in found if one.decision is not None) == ["bleep", "clear", "cover"]
        # Two rules find fault with the same words: one phrase, one key.
        for rule in ("R1", "R3"):
            await floor.hold(40, ago_s=30, quote="cures eczema", rule=rule, facts={})
        await expect(held).to_have_count(1)
        await expect(page.get_by_test_id("also")).to_contain_text("cures eczema")
        await page.keyboard.press("b")
        await expect(held).to_have_count(0)
        await expect(log.filter(has_text="cures eczema")).to_have_count(2)
        # Nobody decides this one: it leaves the queue when its time is up, and the policy's decision stands there.
        late = await floor.hold(2, quote="only two left")
        await expect(detail).to_have_attribute("data-finding", str(late))
        await expect(held).to_have_count(0, timeout=10_000)
        await floor.outcome(late, "bleeped")
        await expect(log.filter(has_text="only two left")).to_contain_text("Bleeped by policy")

    on_the_floor(run, tmp_path, story)


def test_two_people_do_not_decide_the_same_one(run: Runner, tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        first = await floor.hold(55, quote="it is nineteen ninety-nine")
        ada, ben = await floor.page("compliance", DESK), await floor.page("owner", DESK)
        await expect(ben.get_by_test_id("detail")).to_have_attribute("data-finding", str(first))
        await expect(ben.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await expect(ada.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await ada.keyboard.press("t")
        await expect(ada.get_by_test_id("held-by")).to_contain_text("You have it")
        await expect(ben.get_by_test_id("held-by")).to_contain_text("Compliance has it")
        await expect(ben.get_by_test_id("decide-clear")).to_be_disabled()
        await ben.keyboard.press("c")
        await asyncio.sleep(LEASE_US / SECOND_US + 1)  # longer than a lease: it is renewed while she looks at it
        await expect(ben.get_by_test_id("held-by")).to_contain_text("Compliance has it")
        second = await floor.hold(55, quote="only two left")
        await expect(ben.get_by_test_id("held")).to_have_count(2)
        await ben.keyboard.press("j")
        await expect(ben.get_by_test_id("detail")).to_have_attribute("data-finding", str(second))
        await ben.keyboard.press("b")
        await ada.close()  # She leaves; what she had is free at once.
        await expect(ben.get_by_test_id("held-by")).to_have_count(0, timeout=10_000)
        await expect(ben.get_by_test_id("detail")).to_have_attribute("data-finding", str(first))
        await ben.keyboard.press("c")
        await expect(ben.get_by_test_id("held")).to_have_count(0)
        async with run.database.reading() as connection:
            found = await findings_of(connection, floor.broadcast_id)
        assert {one.id: (one.decision.by, one.decision.kind) for one in found if one.decision is not None} == {
            first: ("Owner", "clear"),
            second: ("Owner", "bleep"),
        }

    on_the_floor(run, tmp_path, story)


def test_viewers_read_the_correction_even_when_they_come_late(run: Runner, tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        viewer = await floor.page(None, "/watch/aurora-live", PHONE)
        await expect(viewer.locator("html")).to_have_attribute("data-programme-us", re.compile(r"\d+"), timeout=30_000)
        wrong = await floor.hold(40, quote="it is nineteen ninety-nine")
        desk = await floor.page("compliance", DESK)
        await expect(desk.get_by_test_id("detail")).to_be_visible()
        await desk.keyboard.press("c")
        await expect(desk.get_by_test_id("held")).to_have_count(0)
        await floor.outcome(wrong, "cleared")
        await desk.get_by_test_id("logged").first.click()
        await expect(desk.get_by_test_id("correct")).to_be_visible()
        await shot(desk, "desk-aired-desktop-dark")
        await desk.keyboard.press("x")
        await expect(desk.get_by_test_id("correct-text")).to_have_value("The price is $24.99, not $19.99")
        await shot(desk, "desk-correct-desktop-dark")
        assert await serious_violations(desk) == []
        await desk.get_by_test_id("correct-send").click()
        card = viewer.get_by_test_id("correction")
        await expect(card).to_contain_text("The price is $24.99, not $19.99")
        await shot(viewer, "viewer-correction-phone-dark")
        assert await serious_violations(viewer) == []
        assert await card.evaluate("(card) => card.closest('[aria-live]').getAttribute('aria-live')") == "polite"
        await expect(desk.get_by_test_id("shown-correction")).to_contain_text("The price is $24.99")
        late = await floor.page(None, "/watch/aurora-live", DESKTOP)
        await expect(late.get_by_test_id("correction")).to_be_visible()
        await shot(late, "viewer-correction-desktop-dark")
        await expect(card).to_have_count(0, timeout=25_000)

    on_the_floor(run, tmp_path, story)


def test_the_host_sees_at_once_what_was_stopped(run: Runner, tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        async with run.database.transaction() as connection:
            await approve_claim(
                connection,
                floor.small.shop.id,
                None,
                "It soothes the look of eczema prone skin",
                expires_at=None,
                approved_by=None,
            )
            await connection.execute(show.update().values(host_is_paid=True))
        page = await floor.page("producer", "/host/aurora-live")
        await expect(page.get_by_test_id("host")).to_be_visible()
        await expect(page.get_by_text("You are on air.")).to_be_visible()
        await shot(page, "host-calm-desktop-dark")
        held = await floor.hold(40, quote="it cures eczema in a week", rule="R1", facts={})
        stopped = page.get_by_test_id("stopped")
        await expect(stopped).to_contain_text("it cures eczema in a week")
        await expect(page.get_by_test_id("say-instead")).to_have_text("It soothes the look of eczema prone skin")
        size = await page.get_by_test_id("say-instead").evaluate("(it) => parseFloat(getComputedStyle(it).fontSize)")
        assert size >= 64, "readable from two metres"
        await shot(page, "host-stopped-desktop-dark")
        assert await serious_violations(page) == []
        phone = await floor.page("producer", "/host/aurora-live", PHONE)
        await expect(phone.get_by_test_id("stopped")).to_be_visible()
        await shot(phone, "host-stopped-phone-dark")
        assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        desk = await floor.page("compliance", DESK)
        await expect(desk.get_by_test_id("detail")).to_have_attribute("data-finding", str(held))
        await desk.keyboard.press("c")
        await expect(stopped).to_have_count(0)

    on_the_floor(run, tmp_path, story)


def test_the_desk_stands_on_every_screen_and_axe_finds_nothing(run: Runner, tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        past = await floor.hold(40, quote="it's just nineteen ninety nine")
        first = await floor.page("compliance", DESK)
        await expect(first.get_by_test_id("detail")).to_be_visible()
        await first.keyboard.press("c")
        await expect(first.get_by_test_id("held")).to_have_count(0)
        await floor.outcome(past, "cleared")
        await shot(first, "desk-calm-desktop-dark")
        now_us = floor.services.clock.now_us()
        said = "and for everyone who just joined it is nineteen ninety-nine today with the mirror"
        async with run.database.transaction() as connection:
            await record_words(connection, floor.broadcast_id, spoken(said, now_us - 3 * SECOND_US - 2_400_000))
        await floor.hold(55, ago_s=3, quote="it is nineteen ninety-nine")
        await floor.hold(50, quote="only two left of these", verdict="block", rule="R9", facts={"stock": 140})
        taken = await floor.hold(58, quote="it cures eczema in a week", verdict="block", rule="R1", facts={})
        ben = await floor.page("owner", DESK)
        await ben.get_by_test_id("held").nth(2).click()
        await ben.keyboard.press("t")
        await expect(ben.get_by_test_id("held-by")).to_contain_text("You have it")
        assert taken
        for size, name in ((DESKTOP, "desktop"), (PHONE, "phone")):
            schemes: tuple[Scheme, Scheme] = ("dark", "light")
            for scheme in schemes:
                page = await floor.page("compliance", DESK, size, scheme)
                await expect(page.get_by_test_id("held")).to_have_count(3)
                await page.get_by_test_id("held").nth(1).click()
                await expect(page.get_by_test_id("alike")).to_contain_text("nineteen ninety nine")
                assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                await shot(page, f"desk-live-{name}-{scheme}")
                assert await serious_violations(page) == []

    on_the_floor(run, tmp_path, story)
