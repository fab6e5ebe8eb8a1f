"""The studio in Chromium: its pretended camera goes on air by WHIP, through the real media process and gate."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tallylight.app.processes.media import serve
from tallylight.foundation.clock import SystemClock
from tallylight.foundation.settings import Settings
from tallylight.media.stream_address import live_path, stream_address_of
from tallylight.shows.queries import latest_broadcast
from tests.app.test_live_desk_screens import shot
from tests.conftest import Runner
from tests.media.speech_desk import SpeechDesk
from tests.support.axe import serious_violations
from tests.support.browser import CHROMIUM, DESKTOP, FLAGS, PHONE
from tests.support.postgres import free_port
from tests.support.small_shop import PASSWORD, small_shop
from tests.support.waiting import until
from tests.support.web import live_web, services_on

pytestmark = pytest.mark.browser

FAKES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def test_a_host_goes_live_from_the_browser_and_stops(run: Runner, tmp_path: Path) -> None:
    media_port, rtmp_port = free_port(), free_port()
    url = f"http://127.0.0.1:{media_port}"
    settings = Settings(data_dir=tmp_path, database_url=run.database.url, media_port=media_port, rtmp_port=rtmp_port)

    async def story() -> None:
        services = services_on(run.database, SystemClock(), data_dir=tmp_path, media_public_url=url)
        small = await small_shop(run.database, "producer", "finance")
        (tmp_path / "run").mkdir()
        speech = SpeechDesk(tmp_path / "run" / "speech.sock")
        await speech.start()
        stop, ready = asyncio.Event(), asyncio.Event()
        media = asyncio.create_task(serve(settings, ready, stop))
        await asyncio.wait_for(ready.wait(), 10)
        async with live_web(services) as client, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS + FAKES)
            context = await browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
            body = {"email": "producer@aurora.test", "password": PASSWORD}
            assert (await context.request.post(f"{client.base_url}/api/session", data=body)).ok
            page = await context.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            await page.goto(f"{client.base_url}/studio/aurora-live")
            await expect(page.get_by_test_id("studio-look")).to_be_visible()
            assert await serious_violations(page) == []
            await shot(page, "studio-invite-desktop-dark")
            await page.get_by_test_id("studio-look").click()
            await page.get_by_test_id("studio-begin").click()
            await expect(page.get_by_test_id("studio-lamp")).to_contain_text("SENDING", timeout=20_000)

            async def on_record() -> object:
                async with run.database.reading() as connection:
                    return await latest_broadcast(connection, small.show.id)

            await until(on_record, what="the broadcast is on record")
            async with run.database.reading() as connection:
                broadcast = await latest_broadcast(connection, small.show.id)
                assert broadcast is not None
                token = await stream_address_of(connection, broadcast.id)
            assert token is not None
            live = url + live_path(broadcast.id, token)
            # Released after the show's delay: pictures in several segments, so keyframes came when they were asked for.
            answer = await context.request.get(f"{live}?_HLS_msn=0&_HLS_part=0", timeout=40_000)
            assert answer.status == 200, await answer.text()

            async def several() -> bool:
                return (await (await context.request.get(live)).text()).count("#EXTINF") >= 3

            await until(several, what="segments are released", within_s=20)
            text = await (await context.request.get(live)).text()
            assert text.count("#EXT-X-DISCONTINUITY\n") == 0, text
            assert await serious_violations(page) == []
            await shot(page, "studio-sending-desktop-dark")
            await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
            await shot(page, "studio-sending-phone-dark")
            await page.get_by_test_id("studio-end").click()
            await expect(page.get_by_test_id("studio-lamp")).to_contain_text("NOT SENDING")
            assert errors == []
            stranger = await browser.new_context()
            body = {"email": "finance@aurora.test", "password": PASSWORD}
            session = await (await stranger.request.post(f"{client.base_url}/api/session", data=body)).json()
            refused = await stranger.request.post(
                f"{client.base_url}/api/control/shows/{small.show.id}/studio",
                headers={"x-csrf-token": session.get("csrf_token", "")},
                data={},
            )
            assert refused.status == 403
            await browser.close()
        stop.set()
        await media
        await speech.kill()

    run(asyncio.wait_for(story(), 120))
