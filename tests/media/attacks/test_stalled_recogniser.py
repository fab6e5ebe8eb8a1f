"""The verdicts stop: what nobody judged is covered on time, and what viewers get is asserted on decoded sound."""

from pathlib import Path
from uuid import uuid4

from tallylight.media.release_policy import WithheldSpan
from tallylight.media.withheld import StretchBegan, StretchEnded
from tests.media.lines import VirtualAir
from tests.media.sources import make_source, tone_hz

SECOND = 1_000_000


def test_a_frozen_watermark_covers_everything_after_it(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    source = make_source(8)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.timestamp_ms < 3_500))
    air.judging = False
    frozen_us = air.line.gate.watermark_us
    air.push(tuple(m for m in source.messages if m.timestamp_ms >= 3_500))
    air.leave()
    air.drain()
    aired = air.aired()
    frozen_second = (frozen_us - aired.origin_us) // SECOND
    assert 2 <= frozen_second <= 3
    assert aired.seconds_heard(range(12)) <= set(range(frozen_second + 1))
    assert aired.level_db(frozen_us, frozen_us + 5 * SECOND) < -80
    assert {p.number for p in aired.pictures if p.at_us >= frozen_us} == {None}
    assert len(aired.pictures) == 240, "air did not stall: every picture was replaced on time"
    assert [type(fact) for fact in air.watcher.facts] == [StretchBegan, StretchEnded]


def test_the_show_comes_back_when_the_recogniser_catches_up(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    source = make_source(10)
    air.configure(source)
    for first_ms, last_ms, judging in ((0, 2_000, True), (2_000, 6_000, False), (6_000, 10_000, True)):
        air.judging = judging
        air.push(tuple(m for m in source.messages if first_ms <= m.timestamp_ms < last_ms), start_ms=first_ms)
    air.leave()
    air.drain()
    aired = air.aired()
    start = aired.origin_us
    assert aired.tone_db(tone_hz(0), start + 100_000, start + 900_000) > -8
    assert aired.tone_db(tone_hz(9), start + 9_100_000, start + 9_900_000) > -8
    covered = {picture.number for picture in aired.pictures if start + 2_000_000 <= picture.at_us < start + 3_900_000}
    assert covered == {None}
    text = air.playlist()
    assert text.count("#EXT-X-DISCONTINUITY\n") == 2, "into the slate and out of it"


def test_a_recogniser_always_a_little_too_slow_airs_nothing(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND, lag_us=2_050_000)
    source = make_source(5)
    air.configure(source)
    air.push(source.messages)
    air.wait(2 * SECOND)
    aired = air.aired()
    assert {picture.number for picture in aired.pictures} == {None}
    assert aired.seconds_heard(range(12)) == set()


def test_a_withheld_word_is_gone_from_decoded_air_to_the_sample(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    source = make_source(6)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.timestamp_ms < 2_400))
    origin = air.watcher.opened[0].origin_us
    air.line.gate.withhold(WithheldSpan(uuid4(), origin + 3_000_000, origin + 4_000_000, "bleep"))
    air.push(tuple(m for m in source.messages if m.timestamp_ms >= 2_400))
    air.leave()
    air.drain()
    aired = air.aired()
    assert aired.tone_db(tone_hz(3), origin + 3_000_000, origin + 4_000_000) < -60
    assert aired.seconds_heard({3}, origin + 3_000_000, origin + 4_000_000) == set()
    assert -16 < aired.tone_db(1000, origin + 3_100_000, origin + 3_900_000) < -12
    assert aired.tone_db(tone_hz(2), origin + 2_700_000, origin + 2_980_000) > -8
    assert aired.tone_db(tone_hz(4), origin + 4_020_000, origin + 4_300_000) > -8
    assert None not in {picture.number for picture in aired.pictures}, "a bleep leaves the picture"


def test_panic_is_on_air_with_the_next_sample(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    source = make_source(8)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.timestamp_ms < 4_500))
    air.line.gate.panic()
    panic_us = air.line.gate.released_us
    air.push(tuple(m for m in source.messages if m.timestamp_ms >= 4_500))
    air.leave()
    air.drain()
    aired = air.aired()
    assert aired.level_db(panic_us + 25_000, panic_us + 4 * SECOND) < -80
    assert {p.number for p in aired.pictures if p.at_us > panic_us + 40_000} == {None}
    assert aired.tone_db(tone_hz(1), aired.origin_us + 1_100_000, aired.origin_us + 1_900_000) > -8
