"""Publishing by WHIP: what the door refuses, and what becomes of H.264 and Opus. tests/app/test_studio has Chromium."""

import asyncio
from collections.abc import Awaitable, Callable
from fractions import Fraction
from uuid import UUID

import av
import httpx
import numpy as np
import pytest

from tallylight.foundation.clock import MICROSECONDS
from tallylight.media.codec_config import read_asc, read_avcc
from tallylight.media.flv import AudioConfig, AudioSample, VideoConfig, VideoSample, parse_audio, parse_video
from tallylight.media.publish_token import LIFETIME_US, sign_publish, verify_publish
from tallylight.media.rtmp_connection import Accepted, Publisher, Refused
from tallylight.media.sound import SoundDecoder
from tallylight.media.whip import door as door_module
from tallylight.media.whip.door import OFFER_BYTES_MAX, WhipDoor
from tallylight.media.whip.pictures import FlvPictures
from tallylight.media.whip.sounds import AacSounds
from tests.media.sources import SAMPLE_RATE_HZ, make_source, tones
from tests.media.test_rtmp_server import Sink

SOURCE = make_source(1)


def annex_b(avcc: bytes, data: bytes, *, key: bool) -> bytes:
    units = []
    if key:
        at = 6
        size = int.from_bytes(avcc[at : at + 2], "big")
        units.append(avcc[at + 2 : at + 2 + size])
        at += 3 + size
        units.append(avcc[at + 2 : at + 2 + int.from_bytes(avcc[at : at + 2], "big")])
    while data:
        size = int.from_bytes(data[:4], "big")
        units.append(data[4 : 4 + size])
        data = data[4 + size :]
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def test_pictures_come_out_as_an_encoder_would_have_sent_them() -> None:
    pictures = FlvPictures()
    given = [parse_video(one.payload) for one in SOURCE.messages if one.kind == "video"]
    got = []
    for one in given:
        assert isinstance(one, VideoSample)
        got += [parse_video(payload) for payload in pictures.take(annex_b(SOURCE.avcc, one.data, key=one.key))]
    header = got[0]
    assert isinstance(header, VideoConfig)
    assert read_avcc(header.avcc) == read_avcc(SOURCE.avcc)
    samples = [one for one in got if isinstance(one, VideoSample)]
    assert [(one.key, one.data) for one in samples] == [
        (one.key, one.data) for one in given if isinstance(one, VideoSample)
    ]
    assert len(got) == len(samples) + 1, "the same parameter sets are told once"


def test_nothing_is_sent_before_the_parameter_sets_and_nonsense_is_no_picture() -> None:
    assert FlvPictures().take(b"\0\0\0\1\x65slice") == []
    assert FlvPictures().take(b"nonsense") == []
    assert FlvPictures().take(b"") == []


def opus_packets(seconds: int) -> list[tuple[int, bytes]]:
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format = SAMPLE_RATE_HZ, "stereo", "flt"
    codec.time_base = Fraction(1, SAMPLE_RATE_HZ)
    sound = tones(seconds)
    packets = []
    for at in range(0, sound.shape[1], 960):
        piece = np.ascontiguousarray(sound[:, at : at + 960].T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(piece, "flt", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, at, Fraction(1, SAMPLE_RATE_HZ)
        packets += [(at, bytes(packet)) for packet in codec.encode(frame)]
    return packets


@pytest.mark.parametrize("lost", [range(0), range(20, 30)])
def test_sound_becomes_aac_of_the_same_length_whatever_was_lost(lost: range) -> None:
    sounds = AacSounds()
    payloads = []
    for number, (at, packet) in enumerate(opus_packets(2)):
        if number not in lost:
            payloads += sounds.take(1_000_000 + at, packet)
    config = parse_audio(payloads[0][1])
    assert isinstance(config, AudioConfig)
    assert (read_asc(config.asc).sample_rate_hz, payloads[0][0]) == (48_000, 1_000_000)
    times = [at for at, payload in payloads[1:]]
    assert times == list(range(1_000_000, 1_000_000 + 1024 * len(times), 1024))
    assert 2 * SAMPLE_RATE_HZ - sum(1024 for _ in times) < 5 * 1024
    decoder = SoundDecoder(config.asc, 48_000)
    samples = [parse_audio(payload) for _, payload in payloads[1:]]
    heard = np.concatenate([decoder.decode(one.data) for one in samples if isinstance(one, AudioSample)], axis=1)
    assert np.abs(heard[:, 48_000:72_000]).max() > 0.3
    assert sounds.lost_samples == 960 * len(lost)
    if lost:
        assert np.abs(heard[:, 21 * 960 + 1024 : 29 * 960 - 1024]).max() < 0.05


def test_a_leap_begins_anew() -> None:
    sounds = AacSounds()
    sounds.take(0, opus_packets(1)[0][1])
    again = sounds.take(10 * SAMPLE_RATE_HZ, opus_packets(1)[0][1])
    assert again[0][0] == 10 * SAMPLE_RATE_HZ
    assert isinstance(parse_audio(again[0][1]), AudioConfig)


def test_a_token_opens_its_show_for_two_minutes() -> None:
    key, show_id, now_us = b"k" * 32, UUID(int=3), 1_700_000_000 * MICROSECONDS
    token = sign_publish(key, show_id, now_us)
    assert verify_publish(key, token, now_us) == show_id
    assert verify_publish(key, token, now_us + LIFETIME_US) is None
    assert verify_publish(b"o" * 32, token, now_us) is None
    for broken in ("", ".", "a.b", token[:-2], token + "A", "é.é", f"{key.hex()}_secret"):
        assert verify_publish(key, broken, now_us) is None


async def nothing(scope: object, receive: object, send: Callable[[dict[str, object]], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_the_door_says_what_is_wrong_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = Sink()
    asked: list[str] = []

    async def authorise(token: str, publisher: Publisher) -> Accepted | Refused:
        asked.append(token)
        return Accepted(sink) if token == "right" else Refused()

    async def story() -> None:
        door = WhipDoor(authorise, nothing)
        transport = httpx.ASGITransport(door)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://media.test") as http:
            assert (await http.get("/hls/x")).status_code == 418
            assert (await http.post("/whip", content="v=0")).status_code == 401
            assert (await http.get("/whip")).status_code == 405
            right, wrong = {"authorization": "Bearer right"}, {"authorization": "Bearer wrong"}
            assert (await http.post("/whip", content="v=0", headers=wrong)).status_code == 403
            assert (await http.post("/whip", content="x" * (OFFER_BYTES_MAX + 1), headers=right)).status_code == 413
            for offer in (b"v=0", b"", b"\xff\xfe", b"v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n"):
                assert (await http.post("/whip", content=offer, headers=right)).status_code == 422
            assert (await http.delete("/whip/nothing")).status_code == 404
            assert (await http.options("/whip")).headers["access-control-allow-methods"] == "POST, DELETE"
            assert asked == ["wrong", *["right"] * 4]
            assert door._sessions == {}
            assert not door._by_address
            await asyncio.wait_for(sink.ended.wait(), 5)
            monkeypatch.setattr(door_module, "SESSIONS_MAX", 0)
            assert (await http.post("/whip", content="v=0", headers=right)).status_code == 503

    asyncio.run(story())
