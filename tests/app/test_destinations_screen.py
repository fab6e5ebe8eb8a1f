"""The control room's destinations in Chromium: added, told of trouble, seen on air, removed."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tallylight.foundation.outbox import publish_ephemeral
from tests.app.test_live_desk_screens import Floor, on_the_floor, shot
from tests.conftest import Runner
from tests.support.axe import serious_violations
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.browser

LIVE = {"state": "live", "problem": None, "bitrate_kbps": 6012, "behind_ms": 120, "dropped": 0, "reconnects": 0}
AWAY = LIVE | {"state": "retrying", "problem": "Nothing listens at the destination's address. Check it.", "dropped": 41}


def test_a_producer_adds_a_destination_and_sees_how_it_stands(run: Runner, tmp_path: Path) -> None:
    async def tell(floor: Floor, *statuses: dict[str, Any]) -> None:
        async with run.database.transaction() as connection:
            payload = {"destinations": list(statuses)}
            await publish_ephemeral(connection, f"control:{floor.show_id}", "destinations", payload)

    async def story(floor: Floor) -> None:
        page = await floor.page("producer", "/control/aurora-live")
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await page.get_by_test_id("destinations-open").click()
        dialog = page.get_by_test_id("destinations-dialog")
        await expect(dialog).to_contain_text("Only on your own page so far")
        await shot(page, "destinations-empty-desktop-dark")
        for name, server in (
            ("YouTube", "rtmps://a.rtmps.youtube.com/live2"),
            ("TikTok", "rtmp://push.example.com/live"),
        ):
            await page.get_by_test_id("destination-new").click()
            await page.get_by_test_id("destination-name").fill(name)
            await page.get_by_test_id("destination-server").fill("http://nowhere")
            await page.get_by_test_id("destination-key").fill("platform-secret")
            await page.get_by_test_id("destination-add").click()
            await expect(dialog).to_contain_text("begins with rtmp://")
            await page.get_by_test_id("destination-server").fill(server)
            await page.get_by_test_id("destination-add").click()
            await expect(page.get_by_test_id("destination-name")).to_have_count(0)
        rows = page.get_by_test_id("destination")
        await expect(rows).to_have_count(2)
        ids = [
            one["id"]
            for one in (
                await (await page.request.get(f"{floor.url}/api/control/shows/{floor.show_id}/destinations")).json()
            )["destinations"]
        ]
        await tell(floor, {"id": ids[0], **LIVE}, {"id": ids[1], **AWAY})
        await expect(rows.first).to_contain_text("6,012 kbit/s")
        await expect(rows.last).to_contain_text("Nothing listens")
        await expect(page.get_by_test_id("destinations-open")).to_contain_text("Destinations 1/2")
        assert await serious_violations(page) == []
        await shot(page, "destinations-desktop-dark")
        await page.get_by_test_id("destination-switch").last.click()
        await expect(rows.last).to_have_attribute("data-state", "off")
        await page.get_by_test_id("destination-leave").first.click()
        await page.get_by_test_id("destination-remove").click()
        await expect(rows).to_have_count(1)
        assert "platform-secret" not in await page.content()

        phone = await floor.page("producer", "/control/aurora-live", PHONE)
        await expect(phone.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await phone.get_by_test_id("destinations-open").click()
        await expect(phone.get_by_test_id("destination")).to_have_count(1)
        assert await serious_violations(phone) == []
        await shot(phone, "destinations-phone-dark")
        other = await floor.page("compliance", "/control/aurora-live", DESKTOP)
        await other.get_by_test_id("destinations-open").click()
        await expect(other.get_by_test_id("destinations-dialog")).to_contain_text("needs the role producer")
        await expect(other.get_by_test_id("destination-new")).to_have_count(0)

    on_the_floor(run, tmp_path, story)
