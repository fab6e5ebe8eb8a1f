"""What a publisher may send: read rightly, or refused with words that tell the host what to change."""

from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.foundation.clock import ManualClock
from tallylight.media.codec_config import read_asc, read_avcc
from tallylight.media.errors import StreamRefusedError
from tallylight.media.flv import AudioSample, VideoSample, parse_audio, parse_video
from tallylight.media.ingest import Ingest, SourceSound
from tallylight.media.review_sound import PacketRun
from tallylight.media.sound import SoundDecoder
from tallylight.media.units import Unit
from tests.media.sources import make_source


class Nowhere:
    def unit(self, unit: Unit) -> None:
        pass

    def source_sound(self, sound: SourceSound) -> None:
        pass

    def review_packets(self, run: PacketRun) -> None:
        pass

    def review_sound(self, at_us: int, pcm: bytes) -> None:
        pass


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"\x90hvc1rest", "HEVC"),
        (b"\x1c\x00\x00\x00\x00", "HEVC"),
        (b"\x90av01rest", "AV1"),
        (b"\x90vp09rest", "VP9"),
        (b"\x12\x00\x00\x00\x00", "H.264"),
    ],
)
def test_pictures_that_browsers_do_not_play_are_refused_by_name(payload: bytes, words: str) -> None:
    with pytest.raises(StreamRefusedError, match=words) as refusal:
        parse_video(payload)
    assert "H.264" in refusal.value.description


def test_sound_other_than_aac_is_refused() -> None:
    with pytest.raises(StreamRefusedError, match="AAC"):
        parse_audio(b"\x2f\xff\xfb")


def test_samples_are_read() -> None:
    assert parse_video(b"\x27\x01\xff\xff\xf0data") == VideoSample(-16, False, b"data")
    assert parse_audio(b"\xaf\x01data") == AudioSample(b"data")
    assert parse_video(b"\x17\x02\x00\x00\x00") is None


@pytest.mark.parametrize(("missing", "words"), [("audio", "no sound"), ("video", "no picture")])
def test_a_stream_that_stays_without_one_kind_is_refused(missing: str, words: str) -> None:
    clock = ManualClock()
    ingest = Ingest(clock, Nowhere())
    source = make_source(8)
    with pytest.raises(StreamRefusedError, match=words):
        for message in (*source.configs, *source.messages):
            if message.kind != missing:
                clock.advance(40_000)
                (ingest.video if message.kind == "video" else ingest.audio)(message.timestamp_ms, message.payload)


@pytest.mark.parametrize(("width", "height"), [(320, 180), (640, 360), (1920, 1080), (1080, 1920), (854, 480)])
@pytest.mark.parametrize("profile", ["baseline", "main", "high", "high422"])
def test_the_picture_s_size_is_read_from_any_profile(width: int, height: int, profile: str) -> None:
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height = width, height
    codec.pix_fmt = "yuv422p" if profile == "high422" else "yuv420p"
    codec.time_base = Fraction(1, 30)
    codec.flags |= 1 << 22
    codec.options = {"profile": profile, "x264-params": "annexb=0"}
    codec.open()
    assert codec.extradata is not None
    picture = read_avcc(bytes(codec.extradata))
    assert (picture.width, picture.height) == (width, height)


@given(st.binary(max_size=60))
def test_any_configuration_is_read_or_refused(data: bytes) -> None:
    for read in (read_avcc, read_asc):
        with suppress(StreamRefusedError):
            assert read(data)


@pytest.mark.parametrize(("asc", "rate", "channels"), [(b"\x11\x90", 48_000, 2), (b"\x12\x08", 44_100, 1)])
def test_the_sound_s_format_is_read(asc: bytes, rate: int, channels: int) -> None:
    sound = read_asc(asc)
    assert (sound.sample_rate_hz, sound.channels) == (rate, channels)


def test_surround_sound_is_refused() -> None:
    with pytest.raises(StreamRefusedError, match="stereo"):
        read_asc(b"\x11\xb0")


def test_44100_mono_becomes_48000_stereo_at_its_pace() -> None:
    codec = av.CodecContext.create("aac", "w")
    codec.sample_rate, codec.layout, codec.format = 44_100, "mono", "fltp"
    codec.time_base = Fraction(1, 44_100)
    codec.flags |= 1 << 22
    codec.open()
    assert codec.extradata is not None
    decoder = SoundDecoder(bytes(codec.extradata), 44_100)
    wave = (0.5 * np.sin(2 * np.pi * 440 * np.arange(44_100 * 3) / 44_100)).astype(np.float32)[None]
    pieces = []
    for at in range(0, wave.shape[1] - 1024, 1024):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave[:, at : at + 1024]), "fltp", "mono")
        frame.sample_rate, frame.pts, frame.time_base = 44_100, at, Fraction(1, 44_100)
        pieces += [decoder.decode(bytes(packet)) for packet in codec.encode(frame)]
    sound = np.concatenate(pieces, axis=1)
    assert sound.shape[0] == 2
    assert abs(sound.shape[1] - 48_000 * 3) < 3_000
    spectrum = np.abs(np.fft.rfft(sound[0, 10_000:58_000]))
    assert int(np.argmax(spectrum)) == 440
    assert np.array_equal(sound[0], sound[1])
    assert abs(np.abs(sound[0, 10_000:58_000]).max() - 0.5) < 0.02, "as loud as it came"


def test_a_broken_sound_frame_is_silence_of_its_length() -> None:
    source = make_source(2)
    decoder = SoundDecoder(source.asc, 48_000)
    assert decoder.decode(b"\xff" * 40).shape == (2, 1024)
    assert decoder.broken_frames == 1
