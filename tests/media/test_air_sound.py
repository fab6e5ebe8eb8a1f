"""Selective AAC: the source's packets where nothing was said wrong, and no bit of what was where something was."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import av
import numpy as np
import pytest

from tallylight.foundation.clock import samples_to_us
from tallylight.media.air_sound import AirSound, air_asc
from tallylight.media.bleep import SILENCE, STORED_SAMPLES_MAX, SampleSpan, StoredSound, silence_spans
from tallylight.media.delay_gate import ReleasedSound
from tallylight.media.release_policy import WithheldSpan
from tallylight.media.sound import AAC_FRAME_SAMPLES, AacPacket, SoundDecoder, SoundEncoder
from tallylight.media.withheld import SpanAired, StretchBegan, StretchEnded
from tests.media.lines import VirtualAir
from tests.media.packets import aired_packets
from tests.media.sources import FlvMessage, Source, make_source, source_of, tone_hz

SECOND = 1_000_000
RATE = 48_000
FADE = 240


def sent_packets(source: Source) -> list[bytes]:
    return [message.payload[2:] for message in source.messages if message.kind == "audio"]


def publish(
    folder: Path, source: Source, *spans: tuple[int, int], selective: bool = True, decoding: bool = True
) -> VirtualAir:
    """On air with these spans, in samples, withheld."""
    air = VirtualAir(folder, selective=selective, decoding=decoding)
    air.configure(source)
    for start, end in spans:
        start_us, end_us = (air.clock.now_us() + samples_to_us(at, RATE) for at in (start, end))
        air.line.gate.withhold(WithheldSpan(uuid4(), start_us, end_us, "bleep"))
    air.push(source.messages)
    air.leave()
    air.drain()
    return air


def heard(packets: list[AacPacket]) -> np.ndarray:
    decoder = SoundDecoder(air_asc(), RATE)
    return np.concatenate([decoder.decode(packet.data) for packet in packets], axis=1)


def test_a_clean_stream_airs_byte_for_byte(tmp_path: Path) -> None:
    source = make_source(4)
    packets = aired_packets(publish(tmp_path, source))
    sent = sent_packets(source)
    assert [pts for pts, _ in packets] == [index * AAC_FRAME_SAMPLES for index in range(len(sent))]
    assert [data for _, data in packets[:-1]] == sent[:-1]
    assert packets[-1][1] != sent[-1], "the last packet reaches into what never came, so it is encoded"


@pytest.mark.parametrize("start", [48_000, 48_000 + 700, 48_000 + 1_023, 47 * 1024, 47 * 1024 + FADE])
@pytest.mark.parametrize("length", [10, 1_500, 30_001])
def test_packets_that_carry_any_of_a_span_are_replaced_and_no_others(tmp_path: Path, start: int, length: int) -> None:
    source = make_source(4)
    air = publish(tmp_path, source, (start, start + length))
    sent, aired = sent_packets(source), aired_packets(air)
    first, last = (start - FADE + 1) // AAC_FRAME_SAMPLES, (start + length - 1 + FADE) // AAC_FRAME_SAMPLES
    assert len(aired) == len(sent)
    assert all(later - earlier == AAC_FRAME_SAMPLES for (earlier, _), (later, _) in pairwise(aired))
    for index, (_, data) in enumerate(aired[:-1]):
        if first - 1 <= index <= last:
            assert data != sent[index], "a packet is half of its own frame and half of the next"
        elif not first - 1 <= index <= last + 1:
            assert data == sent[index]


def test_the_packet_before_a_span_would_have_carried_half_a_frame_of_it() -> None:
    """Why that packet is replaced: let through, the withheld sound is heard in it."""
    encoder, decoder = SoundEncoder(), SoundDecoder(air_asc(), RATE)
    sound = (0.5 * np.sin(2 * np.pi * 700 * np.arange(30 * 1024) / RATE)).astype(np.float32)
    packets = []
    for index in range(30):
        packets += encoder.encode(index * 1024, np.stack([sound[index * 1024 : (index + 1) * 1024]] * 2))
    packets += encoder.finish()
    frames = [ReleasedSound(p.pts, decoder.decode(p.data), p.data) for p in packets]
    frames[10:20] = [ReleasedSound(f.start, np.zeros_like(f.pcm)) for f in frames[10:20]]

    def inside(aired: list[AacPacket]) -> float:
        return 20 * float(np.log10(np.abs(heard(aired)[:, 10 * 1024 + FADE : 20 * 1024 - FADE]).max() + 1e-9))

    air = AirSound()
    aired = [packet for frame in frames for packet in air.air(frame)] + air.finish()
    assert inside(aired) < -60
    leaking = [*aired[:9], AacPacket(aired[9].pts, 1024, packets[9].data), *aired[10:]]
    assert inside(leaking) > -20


def test_seams_are_inaudible(tmp_path: Path) -> None:
    """Where a span was taken back before air, so that only the seams are left to hear."""
    sound = np.stack([(0.4 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)).astype(np.float32)] * 2)
    source = source_of(sound)
    air = publish(tmp_path, source, (2 * RATE, 2 * RATE + 5_000))
    aired = air.aired()
    for start, end in ((RATE, 2 * RATE - FADE), (2 * RATE + 5_000 + FADE, 3 * RATE)):
        lead = 4_096
        difference = aired.sound[start:end] - sound[0, start:end]
        rms = float(np.sqrt(np.mean(np.square(difference[-lead:] if start == RATE else difference[:lead]))))
        assert 20 * np.log10(rms / 0.283) < -33


def test_a_panic_replaces_the_packet_before_it_and_lets_go_again(tmp_path: Path) -> None:
    source = make_source(6)
    air = VirtualAir(tmp_path)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.timestamp_ms < 4_000))
    head = (air.line.gate.released_us - air.watcher.opened[0].origin_us) * RATE // SECOND
    air.line.gate.panic()
    air.push(tuple(m for m in source.messages if 4_000 <= m.timestamp_ms < 4_500), start_ms=4_000)
    air.line.gate.uncover()
    air.push(tuple(m for m in source.messages if m.timestamp_ms >= 4_500), start_ms=4_500)
    air.leave()
    air.drain()
    sent = sent_packets(source)
    aired = air.aired()
    muted_us = aired.origin_us + samples_to_us(head, RATE)
    assert aired.level_db(muted_us + 25_000, muted_us + 400_000) < -80
    packets, before = dict(aired_packets(air)), head // AAC_FRAME_SAMPLES - 1
    assert packets[before * AAC_FRAME_SAMPLES] != sent[before]
    assert packets[len(sent[:-2]) * AAC_FRAME_SAMPLES] == sent[-2], "and source packets pass again afterwards"


def test_lost_sound_puts_the_grid_off_and_packets_pass_again(tmp_path: Path) -> None:
    """Silence fills a hole of 333 ms, which is no whole number of frames."""
    source = make_source(6)
    lost = tuple(m for m in source.messages if m.kind == "video" or not 2_000 <= m.timestamp_ms < 2_333)
    air = publish(tmp_path, replace(source, messages=lost))
    sent, aired = sent_packets(source), aired_packets(air)
    passed = {data for _, data in aired}
    assert passed >= set(sent[:90])
    assert passed >= set(sent[115:-1])
    starts = [pts for pts, _ in aired]
    assert all(AAC_FRAME_SAMPLES <= b - a < 2 * AAC_FRAME_SAMPLES for a, b in pairwise(starts)), "no overlap, no gap"
    sound = air.aired()
    assert sound.level_db(sound.origin_us + 2_060_000, sound.origin_us + 2_300_000) < -80
    assert sound.tone_db(tone_hz(4), sound.origin_us + 4_050_000, sound.origin_us + 4_950_000) > -8
    picture_us = next(p.at_us for p in sound.pictures if p.number == 150)
    assert sound.tone_db(tone_hz(5), picture_us + 20_000, picture_us + 120_000) > -10, "in step with the picture"
    assert sound.tone_db(tone_hz(4), picture_us - 120_000, picture_us - 20_000) > -10


def recoded(source: Source, rate_hz: int, layout: str) -> Source:
    """The same pictures with a tone coded at another rate."""
    codec = av.CodecContext.create("aac", "w")
    codec.sample_rate, codec.layout, codec.format = rate_hz, layout, "fltp"
    codec.time_base = Fraction(1, rate_hz)
    codec.flags |= 1 << 22
    codec.open()
    channels = 1 if layout == "mono" else 2
    messages = []
    for at in range(0, rate_hz * 4, 1024):
        wave = (0.5 * np.sin(2 * np.pi * 500 * np.arange(at, at + 1024) / rate_hz)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([wave] * channels), "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate_hz, at, Fraction(1, rate_hz)
        messages += [
            FlvMessage("audio", packet.pts * 1000 // rate_hz, b"\xaf\x01" + bytes(packet))
            for packet in codec.encode(frame)
            if packet.pts is not None and packet.pts >= 0
        ]
    assert codec.extradata is not None
    configs = (source.configs[0], FlvMessage("audio", 0, b"\xaf\x00" + bytes(codec.extradata)))
    pictures = [m for m in source.messages if m.kind == "video"]
    return replace(
        source, configs=configs, messages=tuple(sorted([*pictures, *messages], key=lambda m: m.timestamp_ms))
    )


@pytest.mark.parametrize(("rate_hz", "layout"), [(44_100, "stereo"), (48_000, "mono"), (32_000, "stereo")])
def test_sound_that_cannot_pass_is_encoded_throughout(tmp_path: Path, rate_hz: int, layout: str) -> None:
    source = recoded(make_source(4), rate_hz, layout)
    air = publish(tmp_path, source, (96_000, 110_000))
    assert not {data for _, data in aired_packets(air)} & set(sent_packets(source))
    aired = air.aired()
    origin = aired.origin_us
    assert aired.tone_db(500, origin + SECOND, origin + 1_900_000) > -10
    assert aired.tone_db(500, origin + 2_010_000, origin + 2_280_000) < -60
    assert aired.tone_db(1_000, origin + 2_010_000, origin + 2_280_000) > -16
    assert aired.tone_db(500, origin + 2_400_000, origin + 3_400_000) > -10


def test_a_frame_that_does_not_decode_is_not_passed_on(tmp_path: Path) -> None:
    source = make_source(3)
    broken = b"\xff" * 40
    messages = list(source.messages)
    index = [i for i, m in enumerate(messages) if m.kind == "audio"][60]
    messages[index] = FlvMessage("audio", messages[index].timestamp_ms, b"\xaf\x01" + broken)
    damaged = replace(source, messages=tuple(messages))
    air = publish(tmp_path / "told", damaged)
    assert broken not in {data for _, data in aired_packets(air)}
    start_us, end_us = (air.watcher.opened[0].origin_us + samples_to_us(at * 1024, RATE) for at in (60, 61))
    assert [fact for fact in air.watcher.facts if not isinstance(fact, SpanAired)] == [
        StretchBegan("unheard", start_us),
        StretchEnded("unheard", start_us, end_us),
    ]
    untold = publish(tmp_path / "untold", damaged, decoding=False)
    assert broken in {data for _, data in aired_packets(untold)}, "it is the listener's word that stops it"


def test_a_stored_sound_fills_a_span_from_its_beginning_over_and_over() -> None:
    stored = StoredSound(np.linspace(0.1, 0.5, 1_000, dtype=np.float32)[None].repeat(2, axis=0))
    mixed = silence_spans(np.ones((2, 10_000), np.float32), 5_000, [SampleSpan(6_000, 9_000, True)], FADE, stored)
    assert (mixed[:, : 1_000 - FADE] == 1).all()
    assert mixed[0, 1_500] == pytest.approx(stored.at(np.array([500]))[0, 0])
    assert mixed[0, 2_500] == mixed[0, 1_500]
    silent = silence_spans(np.ones((2, 10_000), np.float32), 5_000, [SampleSpan(6_000, 9_000, True)], FADE, SILENCE)
    assert not silent[:, 1_000:4_000].any()
    with pytest.raises(ValueError, match="ten seconds"):
        StoredSound(np.zeros((2, STORED_SAMPLES_MAX + 1), np.float32))


def test_fillings_of_overlapping_spans_are_not_added_up() -> None:
    spans = [SampleSpan(1_000, 6_000, True), SampleSpan(1_200, 7_000, True)]
    mixed = silence_spans(np.ones((2, 10_000), np.float32), 0, spans, FADE)
    assert np.abs(mixed[:, 1_000:7_000]).max() <= 0.2001
