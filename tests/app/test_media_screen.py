"""The media processes in the control room: who carries the show, how busy each is, and a move ordered by hand."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tallylight.foundation.clock import SystemClock
from tallylight.foundation.ids import new_id
from tallylight.media.homes import MediaProcess, home_of, note_on_air, note_process
from tests.app.test_live_desk_screens import Floor, on_the_floor, shot
from tests.conftest import Runner
from tests.support.axe import serious_violations
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def test_a_producer_moves_a_show_to_another_media_process(run: Runner, tmp_path: Path) -> None:
    async def beat(*names: str) -> None:
        now_us = SystemClock().now_us() + 3_600_000_000  # for as long as the test may take
        async with run.database.transaction() as connection:
            for cpu, name in enumerate(names, 1):
                one = MediaProcess(name, 1, "127.0.0.1", 2, 3, now_us, now_us, cpu_permille=180 * cpu, draining=False)
                await note_process(connection, one, starts=True)

    async def story(floor: Floor) -> None:
        await beat("media")
        async with run.database.transaction() as connection:
            await note_on_air(connection, floor.show_id, new_id(), "media")
        page = await floor.page("producer", "/control/aurora-live")
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await expect(page.get_by_test_id("media-open")).to_have_count(0)
        await beat("media", "media-2")

        page = await floor.page("producer", "/control/aurora-live")
        await page.get_by_test_id("media-open").click()
        rows = page.get_by_test_id("media-process")
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("Carries this show")
        await expect(rows.last).to_contain_text("36 % of a core")
        assert await serious_violations(page) == []
        await shot(page, "media-desktop-dark")
        await page.get_by_test_id("media-ask").click()
        await page.get_by_test_id("media-move").click()
        await expect(rows.first).to_contain_text("This show goes to media-2")
        async with run.database.transaction() as connection:
            home = await home_of(connection, floor.show_id)
        assert home is not None
        assert (home.home, home.wanted) == ("media", "media-2")

        phone = await floor.page("producer", "/control/aurora-live", PHONE)
        await phone.get_by_test_id("media-open").click()
        await expect(phone.get_by_test_id("media-process")).to_have_count(2)
        assert await serious_violations(phone) == []
        await shot(phone, "media-phone-dark")
        other = await floor.page("compliance", "/control/aurora-live", DESKTOP)
        await other.get_by_test_id("media-open").click()
        await expect(other.get_by_test_id("media-dialog")).to_contain_text("needs the role producer")
        await expect(other.get_by_test_id("media-ask")).to_have_count(0)
        answer = await other.request.post(f"{floor.url}/api/control/shows/{floor.show_id}/move", data={"to": "media-2"})
        assert answer.status == 403

    on_the_floor(run, tmp_path, story)
