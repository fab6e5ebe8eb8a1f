"""The publisher drops and comes back: one discontinuity, same playlist, nothing unreviewed aired."""

from itertools import pairwise
from pathlib import Path

from tallylight.media.withheld import StretchBegan
from tests.media.lines import VirtualAir
from tests.media.sources import make_source

SECOND = 1_000_000


def test_a_reconnect_is_one_discontinuity_in_the_same_playlist(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=3 * SECOND)
    first, second = make_source(4), make_source(4, first_second=4)
    air.publish(first)
    air.leave()
    air.wait(5 * SECOND)
    air.publish(second)
    air.leave()
    air.drain()
    text = air.playlist(low_latency=True)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    aired = air.aired()
    assert [picture.number for picture in aired.pictures] == list(range(240)), "every picture, and no slate"
    times = [picture.at_us for picture in aired.pictures]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert abs(times[120] - times[0] - 9 * SECOND) < 40_000, "programme time is the wall clock at the camera"
    assert aired.seconds_heard(range(12)) == set(range(8))
    assert air.watcher.facts == []


def test_the_old_epoch_is_not_let_out_early_by_a_reconnect(tmp_path: Path) -> None:
    """At the moment of the new connection nothing of the last seconds before the drop may be on air."""
    air = VirtualAir(tmp_path, delay_us=6 * SECOND, lag_us=10_000_000)
    air.judging = False
    air.publish(make_source(4))
    air.leave()
    air.wait(100_000)
    air.configure(make_source(4))
    air.push(make_source(2, first_second=4).messages)
    air.wait(100_000)
    assert air.clock.now_us() - air.watcher.opened[0].origin_us > 6 * SECOND, "the first of it is due"
    released_us = air.line.gate.released_us - air.watcher.opened[0].origin_us
    assert released_us <= air.clock.now_us() - air.watcher.opened[0].origin_us - 6 * SECOND
    air.drain()
    aired = air.aired()
    assert aired.seconds_heard(range(12)) == set(), "no verdict came, so no sound did"
    assert {picture.number for picture in aired.pictures} == {None}


def test_reconnecting_again_and_again_leaks_nothing_of_a_frozen_review(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    air.publish(make_source(2))
    air.judging = False
    judged_us = air.line.gate.watermark_us
    for index in range(1, 5):
        air.leave()
        air.publish(make_source(2, first_second=2 * index))
    air.leave()
    air.drain()
    aired = air.aired()
    unjudged = [picture for picture in aired.pictures if picture.number is not None and picture.at_us >= judged_us]
    assert unjudged == []
    assert aired.level_db(judged_us, judged_us + 20 * SECOND) < -80
    assert any(isinstance(fact, StretchBegan) and fact.kind == "late" for fact in air.watcher.facts)


def test_sound_is_reviewed_up_to_the_drop(tmp_path: Path) -> None:
    """The reviewer hears all of the old epoch and is told where it ends, so its last word can air."""
    air = VirtualAir(tmp_path)
    air.publish(make_source(3))
    air.leave()
    last = air.watcher.heard[-1]
    heard_us = last.at_us + len(last.pcm) // 2 * 1_000_000 // 16_000
    [closed] = air.watcher.closed
    assert closed.end_us - 60_000 < heard_us <= closed.end_us


def test_a_new_picture_format_is_a_discontinuity_with_its_own_map(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path)
    air.publish(make_source(2))
    air.leave()
    air.publish(make_source(2, width=480, height=270, first_second=2))
    air.leave()
    air.drain()
    text = air.playlist(low_latency=True)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 1
    assert text.count("#EXT-X-MAP") == 2
    assert [picture.number for picture in air.aired().pictures] == list(range(120))
