"""Sound that is decoded where it is listened to, or only where it is needed, is what decoding all of it gives."""

from pathlib import Path

import numpy as np

from tallylight.foundation.clock import samples_to_us
from tallylight.media.review_sound import HeardSound, PacketEar, PacketRun
from tallylight.media.sound import FrameDecoder, ReviewSound, SoundDecoder
from tests.media.lines import VirtualAir
from tests.media.sources import Source, make_source

RATE = 48_000


def packets_of(source: Source) -> list[bytes]:
    return [message.payload[2:] for message in source.messages if message.kind == "audio"]


def test_a_frame_decoded_out_of_order_is_what_it_is_in_order() -> None:
    source = make_source(2)
    packets = packets_of(source)
    decoder, single = SoundDecoder(source.asc, RATE), FrameDecoder(source.asc)
    all_frames = [decoder.decode(packet) for packet in packets]
    for number in (40, 41, 12, 13, 60, 59):
        alone = single.decode(packets[number], packets[number - 1])
        assert np.abs(alone - all_frames[number]).max() < 1e-4, "but for the noise that AAC leaves to chance"
    unprimed = FrameDecoder(source.asc).decode(packets[40], None)
    assert np.abs(unprimed - all_frames[40]).max() > 0.05, "why the frame before must be heard first"


def test_packets_are_heard_as_sound_that_was_decoded_on_the_way(tmp_path: Path) -> None:
    source = make_source(3)
    air = VirtualAir(tmp_path)
    air.publish(source)
    air.leave()
    heard = air.watcher.heard
    runs = [each for each in air.watcher.tapped if isinstance(each, PacketRun)]
    assert [packet for run in runs for packet in run.packets] == packets_of(source)
    end_us = heard[0].at_us
    for piece in heard:
        assert abs(piece.at_us - end_us) <= 1, "without a gap"
        end_us = piece.at_us + samples_to_us(len(piece.pcm) // 2, 16_000)
    decoder, whole = SoundDecoder(source.asc, RATE), ReviewSound()
    expected = b"".join(whole.convert(decoder.decode(packet)) for packet in packets_of(source)) + whole.rest()
    assert b"".join(piece.pcm for piece in heard) == expected


def test_a_run_that_begins_later_keeps_the_frame_that_its_decoder_must_have_heard() -> None:
    run = PacketRun(1_000_000, b"config", b"zero", (b"one", b"two", b"three"))
    assert run.end_us == 1_064_000
    assert run.after(900_000) == run
    assert run.after(1_021_332) == run
    assert run.after(1_021_333) == PacketRun(1_021_333, b"config", b"one", (b"two", b"three"))
    assert run.after(1_050_000) == PacketRun(1_042_667, b"config", b"two", (b"three",))
    assert run.after(1_064_000).packets == ()


def test_an_ear_starts_anew_where_packets_do_not_go_on() -> None:
    source = make_source(2)
    packets = tuple(packets_of(source))
    ear = PacketEar()
    first = PacketRun(5_000_000, source.asc, b"", packets[:20])
    later = PacketRun(7_000_000, source.asc, packets[29], packets[30:50])
    heard = [*ear.hear(first), *ear.hear(later), *ear.rest()]
    assert [piece.at_us for piece in heard][2] == 7_000_000
    before = [piece for piece in heard if piece.at_us < 7_000_000]
    assert sum(len(piece.pcm) // 2 for piece in before) == -(-20 * 1024 // 3), "all of it, the resampler's rest too"
    assert not any(piece.unheard for piece in heard)


def test_what_does_not_decode_is_silence_and_said(tmp_path: Path) -> None:
    source = make_source(2)
    packets = packets_of(source)
    packets[32] = b"\xff" * 40
    run = PacketRun(1_000_000, source.asc, packets[29], tuple(packets[30:35]))
    [heard, *_] = PacketEar().hear(run)
    assert heard.unheard == ((1_042_667, 1_064_000),)
    assert isinstance(heard, HeardSound)
