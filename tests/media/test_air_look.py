"""How a show withholds: its own slate, its own sound, its own padding and fade."""

import asyncio
import struct
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import av
import msgspec
import numpy as np
import pytest

from tallylight.foundation.errors import InvalidInputError
from tallylight.media.air_look import AirLook, check_air_look
from tallylight.media.codec_config import PictureFormat
from tallylight.media.release_policy import WithheldSpan
from tallylight.media.slate import SlateShelf, encode_slate
from tallylight.media.slate_card import PLAIN, SlateLook, SlatePictureError, draw_card
from tallylight.media.stored_sound import StoredSoundError, read_stored_sound
from tests.media.lines import VirtualAir
from tests.media.sources import make_source

SECOND = 1_000_000


def png(red: int, green: int, blue: int, side: int = 64) -> bytes:
    codec = av.CodecContext.create("png", "w")
    codec.width = codec.height = side
    codec.pix_fmt, codec.time_base = "rgb24", Fraction(1)
    pixels = np.full((side, side, 3), (red, green, blue), np.uint8)
    return b"".join(map(bytes, codec.encode(av.VideoFrame.from_ndarray(pixels, "rgb24"))))


def wav(seconds: float, hz: int = 600, rate_hz: int = 22_050) -> bytes:
    wave = np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)
    pcm = (wave * 20_000).astype("<i2").tobytes()
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16) + b"data"
    return b"RIFF" + struct.pack("<I", 36 + len(pcm)) + b"WAVE" + head + struct.pack("<I", len(pcm)) + pcm


@pytest.mark.parametrize(("width", "height"), [(320, 180), (180, 320), (854, 480)])
def test_a_slate_shows_the_shop_s_picture_dimmed_and_its_words(width: int, height: int) -> None:
    look = SlateLook("Back soon", "Checking a price", png(250, 40, 40))
    card = draw_card(width, height, look)
    assert card.shape == (height, width, 3)
    corner = card[4:10, 4:10].mean(axis=(0, 1))
    assert corner[0] > 2 * corner[2], "the picture reaches into the corners"
    assert corner.max() < 140, "and is dimmed"
    assert card.min(axis=2).max() > 230, "white words stand on it"
    silent = draw_card(width, height, SlateLook("", "", png(250, 40, 40)))
    assert np.abs(card.astype(int) - silent).max() > 100, "they are the shop's"


def test_a_slate_is_coded_in_the_source_s_size() -> None:
    slate = encode_slate(PictureFormat(854, 480, "avc1.640028"), SlateLook("Wait"))
    assert (slate.picture.width, slate.picture.height) == (854, 480)
    codec = av.CodecContext.create("h264", "r")
    codec.extradata = slate.avcc
    frames = [frame for data in slate.frames for frame in codec.decode(av.Packet(data))]
    frames += codec.decode(None)
    assert len(frames) == len(slate.frames)


@pytest.mark.parametrize("picture", [b"GIF89a", b"\x89PNG\r\n\x1a\n broken", b"\xff\xd8\xff broken", b""])
def test_what_is_no_picture_is_refused_in_words(picture: bytes) -> None:
    with pytest.raises(SlatePictureError, match="PNG or JPEG"):
        draw_card(320, 180, SlateLook("", "", picture))


def test_air_is_covered_before_it_is_beautiful() -> None:
    """A slate that is not drawn yet, or cannot be, is not waited for."""
    shelf, picture = SlateShelf(), PictureFormat(320, 180, "avc1.640028")
    assert shelf.take(picture, SlateLook("Own")) == shelf.take(picture, PLAIN)


async def prepared(look: SlateLook) -> tuple[bool, bool]:
    shelf, picture = SlateShelf(), PictureFormat(320, 180, "avc1.640028")
    await shelf.prepare(picture, look)
    await shelf.prepare(picture)
    return shelf.take(picture, look) == shelf.take(picture), bool(shelf.take(picture, look).frames)


def test_a_prepared_slate_is_taken_and_one_that_cannot_be_drawn_is_the_plain_one() -> None:

    assert asyncio.run(prepared(SlateLook("Own"))) == (False, True)
    assert asyncio.run(prepared(SlateLook("Own", "", b"\x89PNG\r\n\x1a\n broken"))) == (True, True)


def test_a_stored_sound_is_read_at_our_rate() -> None:
    sound = read_stored_sound(wav(0.5)).at(np.arange(24_000))
    spectrum = np.abs(np.fft.rfft(sound[0]))
    assert int(np.argmax(spectrum)) * 2 == pytest.approx(600, abs=4)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"no sound at all", "WAV"),
        (wav(11, rate_hz=8_000), "ten seconds"),
        (b"0" * (2 << 20) + b"1", "2 MB"),
        (wav(0), "no sound"),
    ],
)
def test_what_is_no_stored_sound_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(StoredSoundError, match=words):
        read_stored_sound(data)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pad_ms": 201}, "pad_ms"),
        ({"fade_ms": -1}, "fade_ms"),
        ({"slate_title": "x" * 41}, "slate_title"),
        ({"slate_text": "x" * 121}, "slate_text"),
        ({"withheld_sound": "stored"}, "withheld_sound"),
    ],
)
def test_a_look_that_cannot_be_is_refused_by_its_field(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        check_air_look(msgspec.structs.replace(AirLook(), **change))
    assert refusal.value.fields["field"] == field


def test_a_show_s_own_sound_stands_in_for_a_phrase_and_under_its_slate(tmp_path: Path) -> None:
    look = AirLook("stored", pad_ms=100, fade_ms=20, slate_sound="withheld", stored_sound=wav(0.5))
    check_air_look(look)
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    air.gate.policy = look.policy(delay_ms=2_000, fail_open=False)
    source = make_source(6)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.timestamp_ms < 1_000))
    origin = air.watcher.opened[0].origin_us
    for start, action in ((1_500_000, "bleep"), (3_000_000, "cover")):
        air.gate.withhold(WithheldSpan(uuid4(), origin + start, origin + start + 800_000, action))  # type: ignore[arg-type]
    air.push(tuple(m for m in source.messages if m.timestamp_ms >= 1_000), start_ms=1_000)
    air.leave()
    air.drain()
    aired = air.aired()
    for start in (1_500_000, 3_000_000):
        assert aired.tone_db(600, origin + start + 50_000, origin + start + 450_000) > -16
        assert aired.tone_db(1_000, origin + start + 50_000, origin + start + 450_000) < -50
    assert None in {picture.number for picture in aired.pictures}
