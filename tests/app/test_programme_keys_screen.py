"""The broadcaster's keys in the control room, in Chromium: each press is the command that it says, once."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tallylight.foundation.outbox import publish_ephemeral
from tallylight.shows.queries import gate_commands_after
from tests.app.test_live_desk_screens import DELAY_MS, Floor, on_the_floor, shot
from tests.conftest import Runner
from tests.support.axe import serious_violations
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.browser

ROOM = "/control/aurora-live"


async def report(floor: Floor, **change: object) -> None:
    """As the media process reports the gate once a second."""
    now_us = floor.services.clock.now_us()
    status: dict[str, object] = {
        "state": "safe", "delay_ms": DELAY_MS, "delay_wanted_ms": DELAY_MS, "delay_planned_ms": DELAY_MS,
        "programme_us": now_us, "judged_us": now_us - 1_400_000, "released_us": now_us - DELAY_MS * 1000,
        "speech_lag_ms": 1_400, "needed_ms": 6_400, "roomy": False, "coughing": False, "picture_covered": False,
        "ingest": {"video": "H.264 avc1.42c00d", "audio": "AAC 48000 Hz, 2 ch", "width": 320, "height": 180,
                   "fps_x100": 3000, "bitrate_kbps": 640},
        "message": None,
    }  # fmt: skip
    async with floor.run.database.transaction() as connection:
        await publish_ephemeral(connection, f"control:{floor.show_id}", "gate", status | change)


async def given(floor: Floor) -> list[tuple[str, int | None]]:
    async with floor.run.database.reading() as connection:
        return [(one.kind, one.amount_ms) for one in await gate_commands_after(connection, floor.show_id, 0)]


async def given_in_all(floor: Floor, count: int) -> list[tuple[str, int | None]]:
    async with asyncio.timeout(10):
        while len(commands := await given(floor)) < count:  # noqa: ASYNC110 - the web process writes them
            await asyncio.sleep(0.02)
    return commands


def test_each_key_is_its_command(run: Runner, tmp_path: Path) -> None:
    async def story(floor: Floor) -> None:
        page = await floor.page("producer", ROOM)
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await report(floor)
        await expect(page.get_by_test_id("safe-lamp")).to_contain_text("SHORT")
        await expect(page.get_by_test_id("delay-says")).to_contain_text("Safe from 6.4 s")
        await page.keyboard.press("F9")
        assert await given_in_all(floor, 1) == [("dump", 5_000)]
        await page.keyboard.down("F8")
        await expect(page.get_by_test_id("cough")).to_contain_text("Muted")
        await page.keyboard.up("F8")
        assert (await given_in_all(floor, 3))[1:] == [("cough", None), ("cough_end", None)]
        button = page.get_by_test_id("cough")
        await button.hover()
        await page.mouse.down()
        await expect(button).to_have_attribute("aria-pressed", "true")
        await page.mouse.up()
        assert (await given_in_all(floor, 5))[3:] == [("cough", None), ("cough_end", None)]
        await page.keyboard.press("F6")
        await given_in_all(floor, 6)
        await report(floor, state="covered", picture_covered=True, roomy=True)
        await expect(page.get_by_test_id("cover-picture")).to_contain_text("Uncover")
        await shot(page, "control-keys-covered-dark")
        await page.get_by_test_id("cover-picture").click()
        await page.get_by_test_id("delay-choice").select_option("8000")
        assert (await given_in_all(floor, 8))[5:] == [("cover_picture", None), ("uncover", None), ("delay", 8_000)]
        await report(floor, delay_ms=4_200, delay_wanted_ms=8_000, roomy=True)
        await expect(page.get_by_test_id("delay-says")).to_contain_text("Sliding from 4.2 s to 8 s")
        await page.get_by_test_id("rebuild").click()
        assert (await given_in_all(floor, 9))[8:] == [("delay", DELAY_MS)]
        await page.get_by_test_id("wait-and-exit").click()
        await page.keyboard.press("F9")  # inside a dialog only what saves the show
        await page.get_by_test_id("exit-now").click()
        assert (await given_in_all(floor, 10))[9:] == [("end", None)]
        assert await serious_violations(page) == []

    on_the_floor(run, tmp_path, story)


@pytest.mark.parametrize(("size", "name"), [(DESKTOP, "desktop"), (PHONE, "phone")])
def test_the_keys_fit_every_screen(run: Runner, tmp_path: Path, size: tuple[int, int], name: str) -> None:
    async def story(floor: Floor) -> None:
        page = await floor.page("producer", ROOM, size)
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await report(floor, roomy=True, needed_ms=2_800)
        await expect(page.get_by_test_id("safe-lamp")).to_contain_text("SAFE")
        await page.get_by_test_id("programme-keys").scroll_into_view_if_needed()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0], "nothing runs off the side"
        await shot(page, f"control-keys-{name}-dark")
        assert await serious_violations(page) == []

    on_the_floor(run, tmp_path, story)
