"""The broadcaster's keys on the gate: dump, cough, cover, another delay. In virtual time, as a viewer gets it."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.media.delay_gate import ReleasedPicture
from tallylight.media.delay_slew import SLEW_PART, DelaySlew
from tallylight.media.withheld import StretchBegan, StretchEnded
from tests.media.lines import VirtualAir
from tests.media.playlist_rules import check_playlist
from tests.media.sources import Source, make_source, tone_hz

SECOND = 1_000_000


def until(source: Source, air: VirtualAir, from_ms: int, to_ms: int) -> None:
    """Push what is stamped [from, to) at its own pace."""
    air.push(tuple(m for m in source.messages if from_ms <= m.timestamp_ms < to_ms), start_ms=from_ms)


def stretches(air: VirtualAir) -> list[tuple[str, int, int]]:
    """(kind, from, until) relative to the origin."""
    origin = air.watcher.opened[0].origin_us
    return [(f.kind, f.start_us - origin, f.end_us - origin) for f in air.watcher.facts if isinstance(f, StretchEnded)]


def finish(air: VirtualAir) -> None:
    air.leave()
    air.drain()


def test_a_dump_takes_back_what_was_said_in_the_last_seconds(tmp_path: Path) -> None:
    air, source = VirtualAir(tmp_path, delay_us=4 * SECOND), make_source(10)
    air.configure(source)
    until(source, air, 0, 5_000)
    origin, newest = air.watcher.opened[0].origin_us, air.line.ingest.newest_us
    assert air.gate.dump(newest - 2 * SECOND, newest)
    until(source, air, 5_000, 10_000)
    finish(air)
    aired = air.aired()
    assert aired.level_db(newest - 1_970_000, newest - 30_000) < -80
    assert aired.tone_db(tone_hz(2), origin + 2_100_000, origin + 2_900_000) > -8, "what came before airs"
    assert aired.tone_db(tone_hz(5), newest + 30_000, origin + 5_950_000) > -8, "and what came after"
    dumped = [p for p in aired.pictures if newest - 2 * SECOND <= p.at_us < newest]
    assert dumped
    assert {p.number for p in dumped} == {None}
    assert stretches(air) == [("dump", newest - 2 * SECOND - origin, newest - origin)]
    check_playlist(air.playlist(low_latency=True))


def test_a_dump_reaches_no_further_back_than_what_is_held(tmp_path: Path) -> None:
    air, source = VirtualAir(tmp_path, delay_us=2 * SECOND), make_source(6)
    air.configure(source)
    until(source, air, 0, 4_000)
    released, newest = air.gate.released_us, air.line.ingest.newest_us
    assert air.gate.dump(newest - 10 * SECOND, newest)
    assert not air.gate.dump(released - 2 * SECOND, released), "what has aired cannot be taken back, and that is said"
    until(source, air, 4_000, 6_000)
    finish(air)
    origin = air.watcher.opened[0].origin_us
    assert stretches(air) == [("dump", released - origin, newest - origin)]
    assert air.aired().level_db(released + 25_000, newest - 30_000) < -80


def test_a_cough_mutes_while_it_is_held_and_reaches_back_a_little(tmp_path: Path) -> None:
    air, source = VirtualAir(tmp_path, delay_us=3 * SECOND), make_source(8)
    air.configure(source)
    until(source, air, 0, 4_000)
    pressed = air.clock.now_us()
    air.gate.cough(pressed - 400_000, pressed + 30 * SECOND)
    assert air.gate.coughing
    until(source, air, 4_000, 5_500)
    released = air.line.ingest.newest_us
    air.gate.end_cough(released)
    until(source, air, 5_500, 8_000)
    finish(air)
    aired = air.aired()
    assert aired.level_db(pressed - 370_000, released - 30_000) < -80
    assert aired.tone_db(tone_hz(3), pressed - 900_000, pressed - 410_000) > -8
    assert aired.tone_db(tone_hz(6), aired.origin_us + 6_050_000, aired.origin_us + 6_950_000) > -8
    assert [p.number for p in aired.pictures] == list(range(240)), "the picture goes on"
    assert [kind for kind, *_ in stretches(air)] == ["cough"]


def test_a_cough_key_that_is_never_let_go_of_ends_by_itself(tmp_path: Path) -> None:
    air, source = VirtualAir(tmp_path, delay_us=1 * SECOND), make_source(6)
    air.configure(source)
    until(source, air, 0, 2_000)
    now = air.clock.now_us()
    air.gate.cough(now, now + SECOND)
    until(source, air, 2_000, 6_000)
    finish(air)
    aired = air.aired()
    assert not air.gate.coughing
    assert aired.level_db(now + 30_000, now + 970_000) < -80
    assert aired.tone_db(tone_hz(4), aired.origin_us + 4_050_000, aired.origin_us + 4_950_000) > -8


def test_a_cover_hides_the_picture_and_lets_the_judged_sound_go_on(tmp_path: Path) -> None:
    air, source = VirtualAir(tmp_path, delay_us=2 * SECOND), make_source(10)
    air.configure(source)
    until(source, air, 0, 4_000)
    air.gate.cover()
    covered = air.gate.released_us
    until(source, air, 4_000, 7_000)
    air.gate.uncover()
    until(source, air, 7_000, 10_000)
    finish(air)
    aired = air.aired()
    hidden = [p.at_us for p in aired.pictures if p.number is None]
    assert min(hidden) - covered < 100_000
    assert max(hidden) - aired.origin_us == pytest.approx(6 * SECOND, abs=40_000), "back at the next keyframe"
    for second in range(3, 9):
        start = aired.origin_us + second * SECOND
        assert aired.tone_db(tone_hz(second), start + 60_000, start + 940_000) > -9
    assert air.gate.aired_clear(covered + 100_000, covered + 200_000), "what was said under it was heard"


@pytest.mark.parametrize(("from_s", "to_s"), [(2, 3), (3, 2)])
def test_another_delay_is_reached_without_a_jump(tmp_path: Path, from_s: int, to_s: int) -> None:
    """Every picture airs once and in order, at a pace that differs from real time by four per cent at most."""
    air, source = VirtualAir(tmp_path, delay_us=from_s * SECOND), make_source(32, fps=12, group=24)
    times: list[tuple[int, int]] = []
    released = air.watcher.released

    def note(items: list, facts: list) -> None:  # type: ignore[type-arg]
        times.extend((air.clock.now_us(), i.unit.pts_us) for i in items if isinstance(i, ReleasedPicture))
        released(items, facts)

    air.watcher.released = note  # type: ignore[method-assign, assignment]
    air.configure(source)
    until(source, air, 0, 4_000)
    air.gate.change_delay(to_s * SECOND, air.clock.now_us())
    until(source, air, 4_000, 32_000)
    assert air.gate.delay_us_at(air.clock.now_us()) == to_s * SECOND
    finish(air)
    assert [pts for _, pts in times] == sorted(pts for _, pts in times)
    assert len(times) == 384
    delays = [wall - pts for wall, pts in times]
    assert delays[0] == from_s * SECOND
    assert delays[-1] == to_s * SECOND
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(times)]
    assert min(steps) >= 83_000 * 25 // 26
    assert max(steps) <= 84_000 * 25 // 24
    text = air.playlist(low_latency=True)
    check_playlist(text)
    assert "#EXT-X-DISCONTINUITY\n" not in text
    numbers = [picture.number for picture in air.aired().pictures]
    assert numbers == list(range(384 - len(numbers), 384)), "nothing is missing in the half minute that is listed"
    assert not any(isinstance(fact, StretchBegan) for fact in air.watcher.facts)


@given(
    from_us=st.integers(0, 30 * SECOND),
    to_us=st.integers(0, 30 * SECOND),
    since_us=st.integers(10**15, 10**15 + SECOND),
    after_us=st.integers(-60 * SECOND, 2_000 * SECOND),
)
def test_due_is_the_first_moment_at_which_it_is_old_enough(
    from_us: int, to_us: int, since_us: int, after_us: int
) -> None:
    slew = DelaySlew(from_us, to_us, since_us)
    programme_us = since_us + after_us
    due = slew.due(programme_us)
    assert due - slew.at(due) >= programme_us
    assert due - 1 - slew.at(due - 1) < programme_us
    assert slew.at(since_us + SLEW_PART * abs(to_us - from_us)) == to_us
    assert slew.changed(to_us, due).at(due) == slew.at(due), "changed again midway, it goes on from where it stands"
