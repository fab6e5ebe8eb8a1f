"""What publishers do to the clock, each case on air as a viewer gets it, under the playlist's rules at every reload."""

import random
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.media.lines import VirtualAir
from tests.media.playlist_rules import check_files, check_playlist, check_update
from tests.media.sources import FlvMessage, Source, make_source, tone_hz

SECOND = 1_000_000


def on_air(
    folder: Path, *takes: tuple[FlvMessage, ...], source: Source, steady: bool = True
) -> tuple[VirtualAir, list[str]]:
    """One connection after another, a second apart; the playlist checked against its last state twice a second."""
    air = VirtualAir(folder, delay_us=2 * SECOND)
    texts: list[str] = []
    for messages in takes:
        air.configure(source)
        began_us, looked_us = air.clock.now_us(), air.clock.now_us()
        for message in messages:
            air.until(max(began_us + message.timestamp_ms * 1000, air.clock.now_us()))
            air.give(message)
            if air.clock.now_us() - looked_us > SECOND // 2 and air.line.window.started:
                looked_us = air.clock.now_us()
                texts.append(air.playlist(low_latency=True))
                check_files(texts[-1], air.fetch)
        air.leave()
        air.wait(SECOND)
    air.drain()
    texts.append(air.playlist(low_latency=True))
    for earlier, later in pairwise(texts):
        check_playlist(later, steady=steady)
        check_update(earlier, later)
    return air, texts


def in_step(air: VirtualAir, second: int, tolerance_us: int) -> bool:
    """Whether the pitch of ``second`` begins with the picture that opens it, to within the tolerance."""
    aired = air.aired()
    picture_us = next(p.at_us for p in aired.pictures if p.number is not None and p.number >= 30 * second)
    return (
        aired.tone_db(tone_hz(second), picture_us + tolerance_us, picture_us + tolerance_us + 80_000) > -12
        and aired.tone_db(tone_hz(second - 1), picture_us - tolerance_us - 80_000, picture_us - tolerance_us) > -12
    )


def test_a_variable_frame_rate_keeps_the_clock_and_the_target_duration(tmp_path: Path) -> None:
    chance, source = random.Random(3), make_source(8, group=1)
    kept = tuple(m for m in source.messages if m.kind == "audio" or not m.timestamp_ms or chance.random() > 0.4)
    air, texts = on_air(tmp_path, kept, source=source, steady=False)
    assert len({line for text in texts for line in text.splitlines() if "TARGETDURATION" in line}) == 1
    aired = air.aired()
    sent_us = [m.timestamp_ms * 1000 for m in kept if m.kind == "video"]
    assert [p.at_us - aired.origin_us for p in aired.pictures] == pytest.approx(sent_us, abs=1_100)
    assert aired.tone_db(tone_hz(5), aired.origin_us + 5_020_000, aired.origin_us + 5_980_000) > -8


def test_keyframes_that_stop_coming_cut_segments_inside_the_group(tmp_path: Path) -> None:
    air, texts = on_air(tmp_path, make_source(12, group=360).messages, source=make_source(12, group=360))
    check_playlist(texts[-1])
    assert texts[-1].count("INDEPENDENT=YES") <= 1
    assert [p.number for p in air.aired().pictures] == list(range(360))


@pytest.mark.parametrize("late_ms", [300, 900])
def test_sound_that_comes_late_is_in_step_all_the_same(tmp_path: Path, late_ms: int) -> None:
    """Its stamps say where it belongs, whenever it comes."""
    source = make_source(8)
    late = sorted(source.messages, key=lambda m: m.timestamp_ms + (late_ms if m.kind == "audio" else 0))
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    air.configure(source)
    began_us = air.clock.now_us()
    for message in late:
        come_us = began_us + (message.timestamp_ms + (late_ms if message.kind == "audio" else 0)) * 1000
        air.until(max(come_us, air.clock.now_us()))
        air.give(message)
    air.leave()
    air.drain()
    assert in_step(air, 4, 25_000)
    check_playlist(air.playlist(low_latency=True))


def test_a_sound_clock_that_drifts_is_pulled_back_within_a_tenth_of_a_second(tmp_path: Path) -> None:
    """Two per cent slow: a hundred milliseconds in five seconds."""
    source = make_source(14)
    drifting = tuple(
        replace(m, timestamp_ms=m.timestamp_ms * 102 // 100) if m.kind == "audio" else m for m in source.messages
    )
    air, _ = on_air(tmp_path, tuple(sorted(drifting, key=lambda m: m.timestamp_ms)), source=source)
    aired = air.aired()
    for second in (4, 8, 12):
        stamped_us = aired.origin_us + second * SECOND * 102 // 100
        assert aired.tone_db(tone_hz(second), stamped_us + 130_000, stamped_us + 700_000) > -12


def test_numbers_never_start_again_whatever_comes(tmp_path: Path) -> None:
    """A reconnect, a leap, another picture size: one playlist, rising numbers, one discontinuity each."""
    first, second = make_source(4), make_source(4, first_second=4)
    leaping = tuple(
        replace(m, timestamp_ms=m.timestamp_ms + (600_000 if m.timestamp_ms >= 2_000 else 0)) for m in first.messages
    )
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    texts = []
    for source, messages in ((first, first.messages), (second, second.messages), (first, leaping)):
        air.configure(source)
        began_us = air.clock.now_us()
        for message in messages:
            air.until(max(began_us + message.timestamp_ms % 600_000 * 1000, air.clock.now_us()))
            air.give(message)
        air.leave()
        texts.append(air.playlist(low_latency=True))
    wide = make_source(4, width=480, height=270)
    air.publish(wide)
    air.leave()
    air.drain()
    texts.append(air.playlist(low_latency=True))
    for earlier, later in pairwise(texts):
        check_playlist(later)
        check_update(earlier, later)
    names = [line for line in texts[-1].splitlines() if line.endswith(".m4s") and not line.startswith("#")]
    numbers = [int(name[1:-4]) for name in names]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert texts[-1].count("#EXT-X-DISCONTINUITY\n") == 4
