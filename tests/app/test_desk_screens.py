"""The desk's screens in Chromium on the real web application: claims and scripts from draft to decided, and on air."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tallylight.app.flows.withhold_speech.follow_script import ScriptWatch, script_watch
from tallylight.compliance.judge_speech import Portion
from tallylight.compliance.record_finding import record_finding
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.ids import ShowId
from tallylight.members.types import Role
from tallylight.shows.start_broadcast import start_broadcast
from tallylight.shows.types import Broadcast
from tallylight.speech.recogniser import Word
from tests.support.browser import DESKTOP, PHONE, barriers, chromium, open_context, screenshot
from tests.support.desk_web import DeskWeb, desk_web
from tests.support.installation import installation_folder
from tests.support.small_shop import PASSWORD

pytestmark = pytest.mark.browser

Scheme = Literal["dark", "light"]
LINES = "Hello everybody and welcome\nIt is clinically proven to hydrate skin.\nIt is just twenty dollars today."
WORD_US = 350_000


@pytest.fixture
def web(database_url: str) -> Iterator[DeskWeb]:
    with (
        installation_folder() as folder,
        desk_web(database_url, folder, "producer", "compliance", "finance") as running,
    ):
        yield running


@pytest.fixture
def browser(web: DeskWeb) -> Iterator[Browser]:
    """Begun after the application and ended before it: while it runs, this thread has no event loop to give."""
    with chromium() as running:
        yield running


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Browser, web: DeskWeb, role: Role, size: tuple[int, int], scheme: Scheme) -> None:
        self.web, self.role = web, role
        self.context: BrowserContext = open_context(browser, size, scheme, touch=size == PHONE)
        self.context.set_default_timeout(10_000)
        self._sign_in()
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _sign_in(self) -> None:
        """Once for each role: the shop refuses those who sign in too often, whatever their window's size."""
        if self.role not in self.web.signed_in:
            body = {"email": f"{self.role}@{self.web.small.shop.slug}.test", "password": PASSWORD}
            answer = self.context.request.post(f"{self.web.url}/api/session", data=body)
            assert answer.ok, answer.text()
            self.web.signed_in[self.role] = self.context.cookies(), answer.json()["csrf_token"]
        cookies, token = self.web.signed_in[self.role]
        self.context.add_cookies(cookies)
        self.csrf = {"x-csrf-token": token}

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.web.url}{path}")
        expect(self.page.get_by_role("heading").first).to_be_visible()
        expect(self.page.locator("[aria-busy=true]")).to_have_count(0)
        return self.page

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.context.request.post(f"{self.web.url}{path}", data=body, headers=self.csrf)
        assert answer.ok, answer.text()
        found: dict[str, Any] = answer.json()
        return found

    def claim(self, wording: str, *steps: str, by: "Person | None" = None, **more: Any) -> dict[str, Any]:
        body = {"wording": wording, "product_id": str(self.web.shelf.product_id)} | more
        made = self.post(f"/api/desk/shops/{self.web.small.shop.id}/claims", body)
        return self._steps("claims", made, steps, by, approve=True)

    def script(self, title: str, lines: str, *steps: str, by: "Person | None" = None) -> dict[str, Any]:
        body = {"title": title, "segments": self.segments(lines)}
        made = self.post(f"/api/desk/shops/{self.web.small.shop.id}/scripts", body)
        return self._steps("scripts", made, steps, by, sign=True)

    def segments(self, lines: str) -> list[dict[str, Any]]:
        shelf = self.web.shelf
        serum = {"title": "Serum", "policy": "strict", "product_id": str(shelf.product_id), "cue_id": str(shelf.pin)}
        return [serum | {"lines": lines.split("\n")}, {"title": "Questions", "policy": "free", "lines": []}]

    def _steps(
        self, what: str, made: dict[str, Any], steps: tuple[str, ...], by: "Person | None", **yes: bool
    ) -> dict[str, Any]:
        for step in steps:
            who = by if step == "decision" and by is not None else self
            body = {"revision": made["versions"][0]["revision"]} | (yes if step == "decision" else {})
            made = who.post(f"/api/desk/{what}/{made['id']}/{step}", body)
        return made


def person(
    browser: Browser, web: DeskWeb, role: Role, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light"
) -> Person:
    return Person(browser, web, role, size, scheme)


def desk(web: DeskWeb, room: str = "") -> str:
    return f"/desk/{web.small.shop.slug}{room}"


def test_a_claim_goes_from_draft_to_approved(web: DeskWeb, browser: Browser, tmp_path: Path) -> None:
    study = tmp_path / "study.pdf"
    study.write_bytes(b"%PDF-1.7 a study")
    producer, legal = person(browser, web, "producer"), person(browser, web, "compliance")
    page = producer.open("/control")
    page.get_by_role("link", name="Desk", exact=True).click()
    expect(page.get_by_text("No claims yet")).to_be_visible()
    page.get_by_test_id("new-claim").click()
    page.get_by_test_id("product").select_option(label="Dew Serum")
    page.get_by_test_id("wording").fill("Hydrates for 24 hours")
    page.get_by_test_id("disclaimer").fill("Results vary")
    page.get_by_test_id("within").fill("601")
    page.get_by_test_id("save-claim").click()
    expect(page.get_by_text("A whole number from 1 to 600.")).to_be_visible()
    page.get_by_test_id("within").fill("20")
    page.get_by_test_id("expires").fill("2031-01-31")
    page.get_by_test_id("save-claim").click()
    expect(page.get_by_test_id("claim-state")).to_have_text("Draft")
    expect(page.get_by_text("until Jan 31, 2031")).to_be_visible()
    page.get_by_test_id("evidence-input").set_input_files(study)
    expect(page.get_by_test_id("evidence-file")).to_contain_text("study.pdf")
    with page.expect_download() as download:
        page.get_by_test_id("evidence-file").click()
    assert Path(download.value.path()).read_bytes() == study.read_bytes()
    page.get_by_test_id("review-comment").fill("Please look at page 4.")
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("claim-state")).to_have_text("In review")
    expect(page.get_by_test_id("approve")).to_have_count(0)

    seen = legal.open(desk(web, "/claims"))
    seen.get_by_test_id("claim-row").click()
    expect(seen.get_by_text("Please look at page 4.")).to_be_visible()
    assert barriers(seen) == []
    screenshot(seen, "desk-claim-review-desktop-light")
    expect(seen.get_by_test_id("reject")).to_be_disabled()
    seen.get_by_test_id("approve").click()
    expect(seen.get_by_test_id("claim-state")).to_have_text("Approved")

    page.reload()
    page.get_by_test_id("edit").click()
    page.get_by_test_id("wording").fill("Hydrates your skin for 48 hours")
    page.get_by_test_id("within").fill("30")
    page.get_by_test_id("expires").fill("2032-01-31")
    page.get_by_test_id("save-claim").click()
    expect(page.get_by_test_id("claim-state")).to_have_text("Draft")
    expect(page.get_by_text("In force now")).to_be_visible()
    wording = page.get_by_test_id("claim-wording")
    expect(wording.locator("del")).to_have_text(["removed:24"])
    expect(wording.locator("ins")).to_have_text(["added:your skin", "added:48"])
    expect(page.get_by_text("spoken within 30 s, before or after, was 20 s")).to_be_visible()
    expect(page.get_by_text("was: until Jan 31, 2031")).to_be_visible()
    screenshot(page, "desk-claim-redline-desktop-light")

    seen.reload()
    seen.get_by_test_id("withdraw").click()
    seen.get_by_test_id("withdraw-reason").fill("The study was taken back.")
    seen.get_by_test_id("withdraw-now").click()
    expect(seen.get_by_text("Compliance withdrew version 1")).to_be_visible()
    expect(seen.get_by_text("In force now")).to_have_count(0)
    assert producer.errors == legal.errors == []


def test_claims_come_in_and_go_out_as_csv(web: DeskWeb, browser: Browser, tmp_path: Path) -> None:
    legal = person(browser, web, "compliance")
    legal.claim("Hydrates for 24 hours", "submit", "decision", expires_at="2020-01-01T00:00:00Z")
    table = tmp_path / "claims.csv"
    table.write_text(
        "product,market,wording,disclaimer,disclaimer_within_s,expires_at,state\n"
        "serum,us-en,Softens in a week,Results vary,15,2031-01-31,approved\n"
        "serum,us-en,,,,,approved\n"
    )
    page = legal.open(desk(web))
    expect(page.get_by_text("Expired", exact=True)).to_be_visible()
    expect(page.get_by_test_id("expiry")).to_have_attribute("data-state", "expired")
    page.get_by_test_id("import-open").click()
    page.get_by_test_id("import-file").set_input_files(table)
    page.get_by_test_id("import-send").click()
    dialog = page.get_by_test_id("import-dialog")
    expect(dialog.get_by_test_id("skipped-row")).to_contain_text("3")
    expect(dialog.get_by_test_id("import-imported")).to_have_text("1")
    assert barriers(page) == []
    screenshot(page, "desk-import-desktop-light")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("claim-row")).to_have_count(2)
    page.get_by_test_id("filter").select_option("force")
    expect(page.get_by_test_id("claim-row")).to_have_text(["Softens in a week"])
    page.get_by_test_id("search").fill("nothing of that kind")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("export").click()
    assert "Softens in a week" in Path(download.value.path()).read_text()
    assert legal.errors == []


def test_a_script_is_written_signed_and_pinned(web: DeskWeb, browser: Browser) -> None:
    producer, legal = person(browser, web, "producer"), person(browser, web, "compliance")
    producer.claim("clinically proven to hydrate skin", "submit", "decision", by=legal)
    page = producer.open(desk(web, "/scripts"))
    expect(page.get_by_text("No scripts yet")).to_be_visible()
    page.get_by_test_id("new-script").click()
    page.get_by_test_id("begin").select_option(label=f"The cues of {web.small.show.title}")
    expect(page.get_by_test_id("new-script-title")).to_have_value(web.small.show.title)
    page.get_by_test_id("begin-script").click()
    expect(page.get_by_test_id("segment")).to_have_count(1)
    expect(page.get_by_test_id("segment-cue").locator("option:checked")).to_contain_text("Serum")
    page.get_by_test_id("policy-strict").check()
    page.get_by_test_id("segment-lines").fill("It is clinically proven to hydrate skin.\nThis serum cures eczema")
    finding = page.get_by_test_id("line-finding")
    expect(finding).to_contain_text("cures eczema")
    expect(finding).to_contain_text("line 2")
    expect(page.get_by_test_id("segment").locator("mark")).to_have_text("cures eczema")
    assert barriers(page) == []
    screenshot(page, "desk-script-edit-desktop-light")
    page.get_by_test_id("segment-lines").fill(LINES)
    expect(finding).to_have_count(0)
    expect(page.get_by_test_id("check-status")).to_have_attribute("data-state", "done")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("link", name="Claims", exact=True).click()
    expect(page.get_by_test_id("segment-lines")).to_have_value(LINES)
    page.get_by_test_id("add-segment").click()
    page.get_by_test_id("save-script").click()
    expect(page.get_by_text("A segment needs a title.")).to_be_visible()
    page.get_by_test_id("segment-title").last.fill("Questions")
    page.get_by_test_id("policy-free").last.check()
    page.get_by_test_id("save-script").click()
    expect(page.get_by_test_id("script-state")).to_have_text("Draft")
    expect(page.get_by_text("Only a signed version can be pinned")).to_be_visible()
    page.get_by_test_id("submit").click()
    expect(page.get_by_test_id("script-state")).to_have_text("In review")
    expect(page.get_by_test_id("approve")).to_have_count(0)

    seen = legal.open(desk(web, "/scripts"))
    seen.get_by_test_id("script-row").click()
    seen.get_by_test_id("approve").click()
    expect(seen.get_by_test_id("script-state")).to_have_text("Signed off")
    expect(seen.get_by_test_id("signature")).to_contain_text("Compliance")
    seen.get_by_test_id("pin-show").select_option(label=web.small.show.title)
    seen.get_by_test_id("pin-now").click()
    expect(seen.get_by_test_id("pin")).to_contain_text("goes by version 1")
    expect(seen.get_by_text("Compliance pinned version 1 to a show")).to_be_visible()

    seen.get_by_test_id("edit").click()
    seen.get_by_test_id("segment-lines").first.fill(LINES.replace("twenty dollars today", "twenty dollars"))
    seen.get_by_test_id("save-script").click()
    expect(seen.get_by_test_id("script-state")).to_have_text("Draft")
    expect(seen.get_by_test_id("pin")).to_contain_text("goes by version 1")
    expect(seen.get_by_test_id("redlines").locator("[data-kind=changed]")).to_contain_text("dollars today.")
    seen.get_by_test_id("submit").click()
    expect(seen.get_by_text("You wrote in this version")).to_be_visible()
    assert barriers(seen) == []
    screenshot(seen, "desk-script-changed-desktop-light")
    seen.get_by_test_id("unpin").click()
    expect(seen.get_by_text("No show goes by this script yet.")).to_be_visible()
    assert producer.errors == legal.errors == []


def test_what_changed_meanwhile_is_read_before_it_is_decided(web: DeskWeb, browser: Browser) -> None:
    producer, legal = person(browser, web, "producer"), person(browser, web, "compliance")
    claim = producer.claim("Hydrates for 24 hours", "submit")
    page = legal.open(desk(web, f"/claims/{claim['id']}"))
    body = {"wording": "Hydrates for 72 hours", "revision": claim["versions"][0]["revision"]}
    put = producer.context.request.put(f"{web.url}/api/desk/claims/{claim['id']}", data=body, headers=producer.csrf)
    assert put.ok, put.text()
    page.get_by_test_id("approve").click()
    expect(page.get_by_text("somebody changed this claim meanwhile; look at it again")).to_be_visible()
    expect(page.get_by_test_id("claim-wording")).to_contain_text("Hydrates for 72 hours")
    expect(page.get_by_test_id("claim-state")).to_have_text("Draft")


def test_what_cannot_be_decided_by_a_role_is_not_offered(web: DeskWeb, browser: Browser) -> None:
    finance = person(browser, web, "finance")
    page = finance.open("/control")
    expect(page.get_by_role("link", name="Office", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Desk", exact=True)).to_have_count(0)
    finance.open(desk(web))
    expect(page.get_by_text("Not for your role")).to_be_visible()
    producer = person(browser, web, "producer")
    page = producer.open(desk(web))
    rooms = page.get_by_role("navigation", name="Desk of Aurora").get_by_role("link")
    expect(rooms).to_have_text(["Claims", "Scripts"])
    legal = person(browser, web, "compliance")
    page = legal.open(desk(web, "/reports"))
    expect(page.get_by_role("navigation", name="Desk of Aurora").get_by_role("link")).to_have_text(
        ["On air", "Claims", "Scripts", "Reports"]
    )
    expect(page.get_by_text("No broadcasts yet")).to_be_visible()


class OnAir:
    """The show on air along its script: words as the recogniser would hear them."""

    def __init__(self, web: DeskWeb) -> None:
        self.web = web
        self.words: list[Word] = []
        self.at_us = web.services.clock.now_us()
        self.broadcast, self.watch = web.do(self._begin())

    async def _begin(self) -> tuple[Broadcast, ScriptWatch]:
        show_id = ShowId(self.web.small.show.id)
        async with self.web.database.transaction() as connection:
            broadcast = await start_broadcast(connection, show_id, delay_ms=8000, started_us=self.at_us)
            watch = await script_watch(connection, broadcast.id, show_id, delay_ms=8000)
        assert watch is not None
        return broadcast, watch

    def say(self, text: str) -> None:
        """Say it, and be quiet for 4 s."""
        fresh = [
            Word(each, self.at_us + i * WORD_US, self.at_us + i * WORD_US + 300_000, 900)
            for i, each in enumerate(text.split())
        ]
        self.at_us = fresh[-1].end_us + 4_000_000
        self.words += fresh
        self.web.do(self._follow())

    async def _follow(self) -> None:
        portion = Portion(tuple(self.words), 0, len(self.words), self.at_us)
        followed = await self.watch.follow(self.web.database, portion)
        show_id = ShowId(self.web.small.show.id)
        async with self.web.database.transaction() as connection:
            for each in followed.findings:
                await record_finding(connection, self.broadcast.id, show_id, each, delay_ms=8000, hold_policy="bleep")
            await self.watch.record(connection, followed, portion.at_us)
        self.watch.recorded()


def test_the_script_is_followed_on_air(web: DeskWeb, browser: Browser) -> None:
    producer, legal = person(browser, web, "producer", scheme="dark"), person(browser, web, "compliance")
    script = producer.script("Friday", LINES, "submit", "decision", by=legal)
    producer.post(f"/api/desk/scripts/{script['id']}/pins", {"show_id": str(web.small.show.id), "version": 1})
    room = producer.page
    room.goto(f"{web.url}/control/{web.small.show.slug}")
    expect(room.get_by_test_id("script-now")).to_have_text("not begun")
    expect(room.get_by_test_id("script-next")).to_have_text("Hello everybody and welcome")
    expect(room.get_by_test_id("script-policy")).to_have_text("Strict")
    expect(room.get_by_test_id("connection")).to_have_attribute("data-state", "open")

    on_air = OnAir(web)
    on_air.say("Hello everybody and welcome")
    expect(room.get_by_test_id("script-now")).to_have_text("Hello everybody and welcome")
    expect(room.get_by_test_id("script-next")).to_have_text("It is clinically proven to hydrate skin.")
    expect(room.get_by_test_id("script-said")).to_have_text("1 of 3 said")
    on_air.say("my neighbour painted her garage door purple yesterday")
    expect(room.get_by_test_id("script-strip")).to_have_attribute("data-off", "true")
    assert barriers(room) == []
    screenshot(room, "control-script-desktop-dark")
    on_air.say("It is just twenty dollars today.")
    expect(room.get_by_test_id("script-strip")).to_have_attribute("data-off", "false")
    expect(room.get_by_test_id("script-said")).to_have_text("2 of 3 said")
    expect(room.get_by_test_id("script-next")).to_have_text("the end")
    room.reload()
    expect(room.get_by_test_id("script-said")).to_have_text("2 of 3 said")
    expect(room.get_by_test_id("script-now")).to_have_text("It is just twenty dollars today.")

    page = legal.open(desk(web, f"/scripts/{script['id']}"))
    coverage = page.get_by_test_id("coverage")
    expect(coverage.get_by_test_id("coverage-figure")).to_contain_text("2 of 3 lines were said")
    expect(coverage.get_by_text("It is clinically proven to hydrate skin.")).to_be_visible()
    expect(coverage.get_by_test_id("off-script")).to_contain_text("painted her garage door purple")
    expect(page.get_by_test_id("unpin")).to_have_count(0)
    screenshot(page, "desk-script-on-air-desktop-light")
    producer.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    room.get_by_test_id("script-strip").scroll_into_view_if_needed()
    screenshot(room, "control-script-phone-dark")
    assert producer.errors == legal.errors == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page_is_open_to_everybody(web: DeskWeb, browser: Browser, size: tuple[int, int], scheme: Scheme) -> None:
    """No serious barrier on any page in either scheme, and nothing that makes a phone scroll sideways."""
    producer, legal = person(browser, web, "producer", size, scheme), person(browser, web, "compliance", size, scheme)
    producer.claim(
        "clinically proven to hydrate skin",
        "submit",
        "decision",
        by=legal,
        disclaimer="In a study of 40",
        disclaimer_within_s=15,
        expires_at="2031-02-01T00:00:00Z",
    )
    producer.claim("Softens rough hands within a week of daily use", "submit", expires_at="2020-01-01T00:00:00Z")
    producer.claim("Made without palm oil", product_id=None, market="uk-en")
    soon = to_datetime(web.services.clock.now_us() + 12 * 86_400_000_000).isoformat()
    claim = producer.claim("Leaves no film", "submit", "decision", by=legal, expires_at=soon)
    script = producer.script("Friday with the makers", f"{LINES}\nThis serum cures eczema.", "submit")
    producer.script("Monday", LINES, "submit", "decision", by=legal)
    name = f"{'phone' if size == PHONE else 'desktop'}-{scheme}"
    pages = {
        "claims": "/claims",
        "claims-new": "/claims/new",
        "claim": f"/claims/{claim['id']}",
        "scripts": "/scripts",
        "scripts-new": "/scripts/new",
        "script": f"/scripts/{script['id']}",
        "reports": "/reports",
        "on-air": "/live",
    }
    for label, path in pages.items():
        page = legal.open(desk(web, path))
        assert barriers(page) == [], label
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{label} scrolls sideways"
        screenshot(page, f"desk-{label}-{name}", whole=True)
    page = legal.open(desk(web, f"/scripts/{script['id']}"))
    page.get_by_test_id("edit").click()
    expect(page.get_by_test_id("line-finding").last).to_contain_text("cures eczema")
    assert barriers(page) == []
    screenshot(page, f"desk-script-edit-{name}", whole=True)
    assert legal.errors == []
