"""Parts, segments and playlists of many kinds of source, checked by rule and by decoding."""

import io
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import av
import pytest

from tallylight.media.release_policy import WithheldSpan
from tests.media.lines import VirtualAir
from tests.media.playlist_rules import check_playlist, check_update
from tests.media.sources import Source, make_source, tone_hz

SECOND = 1_000_000


def play(folder: Path, source: Source) -> VirtualAir:
    air = VirtualAir(folder)
    air.publish(source)
    air.leave()
    air.drain()
    return air


@pytest.mark.parametrize("fps", [24, 25, 30, 50, 60])
def test_usual_frame_rates_keep_every_rule(tmp_path: Path, fps: int) -> None:
    air = play(tmp_path, make_source(5, fps=fps, group=2 * fps))
    check_playlist(air.playlist(low_latency=True))
    check_playlist(air.playlist(), part_target_s=None)
    assert [picture.number for picture in air.aired().pictures] == list(range(5 * fps))


@pytest.mark.parametrize("group", [1, 15, 45, 72, 90, 300])
def test_any_distance_of_keyframes_keeps_the_target_duration(tmp_path: Path, group: int) -> None:
    air = play(tmp_path, make_source(10, group=group))
    playlist = check_playlist(air.playlist(low_latency=True))
    durations = [segment.duration for segment in playlist.segments]
    assert len(durations) <= 10, "no confetti either"
    assert [picture.number for picture in air.aired().pictures] == list(range(300))


def test_b_frames_come_out_in_order_and_in_step_with_the_sound(tmp_path: Path) -> None:
    air = play(tmp_path, make_source(5, b_frames=2))
    check_playlist(air.playlist(low_latency=True))
    aired = air.aired()
    assert sorted(picture.number or 0 for picture in aired.pictures) == list(range(150))
    for picture in aired.pictures:
        assert abs(picture.at_us - aired.origin_us - (picture.number or 0) * SECOND // 30) < 3_000


def test_sound_and_picture_keep_step_to_the_millisecond(tmp_path: Path) -> None:
    """The pitch changes at whole seconds, where pictures have multiples of 30."""
    aired = play(tmp_path, make_source(5)).aired()
    for second in range(1, 5):
        picture_us = next(p.at_us for p in aired.pictures if p.number == 30 * second)
        edge = min(
            range(-30, 31),
            key=lambda ms, second=second, picture_us=picture_us: abs(  # type: ignore[misc]
                aired.tone_db(tone_hz(second), picture_us + ms * 1000 - 20_000, picture_us + ms * 1000 + 20_000)
                - aired.tone_db(tone_hz(second - 1), picture_us + ms * 1000 - 20_000, picture_us + ms * 1000 + 20_000)
            ),
        )
        assert abs(edge) <= 2


def test_every_segment_opens_on_its_own_with_its_map(tmp_path: Path) -> None:
    air = play(tmp_path, make_source(6))
    for name in ("s0.m4s", "s1.m4s", "s2.m4s"):
        with av.open(io.BytesIO(air.fetch("init-0.mp4") + air.fetch(name)), "r") as container:
            video, audio = container.streams.video[0], container.streams.audio[0]
            assert (video.codec_context.width, video.codec_context.height) == (320, 180)
            assert (audio.codec_context.sample_rate, audio.codec_context.channels) == (48_000, 2)
            packets = [
                (packet.stream.type, packet.is_keyframe, packet.pts * packet.time_base)
                for packet in container.demux(video, audio)
                if packet.pts is not None
            ]
        assert next(key for kind, key, _ in packets if kind == "video")
        begins = {kind: at for kind, _, at in reversed(packets)}
        assert abs(begins["video"] - begins["audio"]) < 0.022, "within a frame of sound"


def test_a_segment_is_its_parts_one_after_another(tmp_path: Path) -> None:
    air = play(tmp_path, make_source(6))
    parts = b"".join(air.fetch(f"s1.{index}.m4s") for index in range(12))
    assert air.fetch("s1.m4s") == parts


def test_each_reload_only_grows_and_old_segments_leave(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    texts: list[str] = []
    for index in range(5):
        air.publish(make_source(10, first_second=10 * index % 20))
        texts.append(air.playlist(low_latency=True))
        air.leave()
        air.wait(SECOND)
        texts.append(air.playlist(low_latency=True))
    air.drain()
    texts.append(air.playlist(low_latency=True))
    for earlier, later in pairwise(texts):
        check_playlist(later)
        check_update(earlier, later)
    last = check_playlist(texts[-1])
    assert last.media_sequence > 0
    assert last.discontinuity_sequence > 0
    assert 28 < sum(segment.duration for segment in last.segments) < 36
    assert air.line.window.get("s0.m4s") is None, "what left long ago is gone from memory"


def test_the_slate_takes_the_picture_s_place_one_for_one(tmp_path: Path) -> None:
    air = VirtualAir(tmp_path, delay_us=2 * SECOND)
    source = make_source(8)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.timestamp_ms < 1_000))
    origin = air.watcher.opened[0].origin_us
    air.line.gate.withhold(WithheldSpan(uuid4(), origin + 2_500_000, origin + 3_100_000, "cover"))
    air.push(tuple(m for m in source.messages if m.timestamp_ms >= 1_000), start_ms=1_000)
    air.leave()
    air.drain()
    text = air.playlist(low_latency=True)
    check_playlist(text)
    assert text.count("#EXT-X-DISCONTINUITY\n") == 2
    assert text.count("#EXT-X-MAP") == 3
    aired = air.aired()
    numbers = [picture.number for picture in aired.pictures]
    assert len(numbers) == 240
    assert numbers == [None if 75 <= number < 120 else number for number in range(240)]
    assert aired.level_db(origin + 2_530_000, origin + 3_070_000) < -60
    assert aired.tone_db(tone_hz(3), origin + 3_150_000, origin + 3_900_000) > -8, "sound comes back by itself"


def test_a_lagging_sound_track_holds_air_for_a_second_at_most(tmp_path: Path) -> None:
    """The publisher stops sending sound: pictures go on, over silence."""
    air = VirtualAir(tmp_path, delay_us=3 * SECOND)
    source = make_source(8)
    air.configure(source)
    air.push(tuple(m for m in source.messages if m.kind == "video" or m.timestamp_ms < 3_000))
    air.leave()
    air.drain()
    aired = air.aired()
    assert [picture.number for picture in aired.pictures] == list(range(240))
    assert aired.tone_db(tone_hz(2), aired.origin_us + 2_100_000, aired.origin_us + 2_900_000) > -8
    assert aired.level_db(aired.origin_us + 3_100_000, aired.origin_us + 6_500_000) < -80
