"""The control room's source and slate in Chromium: set, told of trouble, started, kept, refused to others."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import expect

from tallylight.foundation.outbox import publish_ephemeral
from tests.app.test_live_desk_screens import Floor, on_the_floor, shot
from tests.conftest import Runner
from tests.support.axe import serious_violations
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.browser


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 360), (200, 60, 90)).save(file, "PNG")
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as output:
        stream = output.add_stream("pcm_s16le", rate=48_000, layout="mono")
        wave = (np.sin(np.arange(24_000) / 20) * 8_000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
        frame.sample_rate = 48_000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def test_a_producer_sets_a_source_and_a_slate(run: Runner, tmp_path: Path) -> None:
    async def tell(floor: Floor, state: str, problem: str | None) -> None:
        async with run.database.transaction() as connection:
            payload = {"state": state, "problem": problem, "reconnects": 1}
            await publish_ephemeral(connection, f"control:{floor.show_id}", "source", payload)

    async def story(floor: Floor) -> None:
        page = await floor.page("producer", "/control/aurora-live")
        await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await page.get_by_test_id("source-open").click()
        dialog = page.get_by_test_id("source-dialog")
        await expect(dialog).to_contain_text("The show comes from its camera")
        await expect(page.get_by_test_id("source-srt")).to_have_count(0)
        await shot(page, "source-empty-desktop-dark")
        await page.get_by_test_id("source-url").fill("ftp://media.example.com/stage")
        await page.get_by_test_id("source-keep").click()
        await expect(dialog).to_contain_text("begins with rtmp://")
        await page.get_by_test_id("source-url").fill("rtsp://ada:secret@media.example.com/stage")
        await page.get_by_test_id("source-keep").click()
        source = page.get_by_test_id("source")
        await expect(source).to_contain_text("rtsp://media.example.com")
        assert "secret" not in await page.content()
        await page.get_by_test_id("source-switch").click()
        await expect(source).to_contain_text("CONNECTING")
        await tell(floor, "retrying", "Nothing listens at the source's address.")
        await expect(source).to_contain_text("Nothing listens")
        assert await serious_violations(page) == []
        await shot(page, "source-desktop-dark")
        await tell(floor, "over", "The source has no sound. A show needs both.")
        await expect(source).to_have_attribute("data-state", "off")
        await expect(source).to_contain_text("no sound")
        await page.get_by_test_id("source-remove").click()
        await expect(source).to_have_count(0)
        await page.keyboard.press("Escape")

        await page.get_by_test_id("look-open").click()
        await expect(page.get_by_test_id("look-whose")).to_contain_text("goes by its shop")
        await expect(page.get_by_test_id("look-forget")).to_have_count(0)
        await page.get_by_test_id("look-title").fill("Right back")
        await page.get_by_test_id("look-pad").fill("120")
        await page.get_by_test_id("look-picture").set_input_files(
            {"name": "slate.png", "mimeType": "image/png", "buffer": picture()}
        )
        await expect(page.get_by_test_id("look-picture-state")).to_contain_text("One is kept")
        await page.get_by_test_id("look-sound").set_input_files(
            {"name": "sound.png", "mimeType": "image/png", "buffer": picture()}
        )
        await expect(page.get_by_test_id("look-sound-state")).not_to_contain_text("Up to ten seconds")
        await page.get_by_test_id("look-sound").set_input_files(
            {"name": "sound.wav", "mimeType": "audio/wav", "buffer": sound()}
        )
        await expect(page.get_by_test_id("look-sound-state")).to_contain_text("One is kept")
        await page.get_by_test_id("look-sound-kind").select_option("stored")
        assert await serious_violations(page) == []
        await shot(page, "look-desktop-dark")
        async with page.expect_response(lambda answer: answer.request.method == "PUT") as kept:
            await page.get_by_test_id("look-save").click()
        answer = await (await kept.value).json()
        assert (answer["slate_title"], answer["pad_ms"], answer["withheld_sound"], answer["has_picture"]) == (
            "Right back", 120, "stored", True,
        )  # fmt: skip

        await expect(page.get_by_test_id("look-whose")).to_contain_text("a look of its own")

        phone = await floor.page("producer", "/control/aurora-live", PHONE)
        await expect(phone.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        await phone.get_by_test_id("look-open").click()
        await expect(phone.get_by_test_id("look-title")).to_have_value("Right back")
        assert await serious_violations(phone) == []
        await shot(phone, "look-phone-dark")
        office = await floor.page("producer", "/office/aurora/rules", DESKTOP)
        await office.get_by_test_id("look-open").click()
        await expect(office.get_by_test_id("look-whose")).to_contain_text("every show of the shop")
        await office.get_by_test_id("look-title").fill("The house is right back")
        await office.get_by_test_id("look-save").click()
        await expect(office.get_by_test_id("look-forget")).to_be_visible()
        assert await serious_violations(office) == []
        await shot(office, "look-of-shop-desktop-dark")
        await phone.get_by_test_id("look-forget").click()
        await expect(phone.get_by_test_id("look-title")).to_have_value("The house is right back")
        other = await floor.page("compliance", "/control/aurora-live", DESKTOP)
        await other.get_by_test_id("look-open").click()
        await expect(other.get_by_test_id("look-dialog")).to_contain_text("needs the role producer")
        await expect(other.get_by_test_id("look-save")).to_have_count(0)

    on_the_floor(run, tmp_path, story)
