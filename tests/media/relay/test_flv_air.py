"""Air as FLV messages, and the bounded queue before a destination. Pure."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tallylight.media.codec_config import read_avcc
from tallylight.media.flv import VideoConfig, VideoSample, parse_video
from tallylight.media.fmp4 import VideoSample as CodedPicture
from tallylight.media.fmp4 import init_segment, read_init
from tallylight.media.relay.flv_air import AirMessage, FlvAir, Run
from tallylight.media.relay.key_queue import KeyQueue
from tallylight.media.sound import AacPacket
from tests.media.sources import make_source

SOURCE = make_source(1)
INIT = init_segment(read_avcc(SOURCE.avcc), SOURCE.avcc, SOURCE.asc)


def air(pictures: int = 30, sound_late: int = 3) -> list[AirMessage]:
    """A second of pictures, sound coming ``sound_late`` frames of sound behind them."""
    sent: list[AirMessage] = []
    flv = FlvAir(sent.append)
    flv.begin_run(INIT)
    for index in range(pictures):
        flv.video(CodedPicture(index * 3000, 3000, 6000, index % 30 == 0, b"\0\0\0\1x"))
        for frame in range(index * 1600 // 1024 - sound_late, (index + 1) * 1600 // 1024 - sound_late):
            if frame >= 0:
                flv.sound(AacPacket(frame * 1024, 1024, b"aac"))
    flv.finish()
    return sent


def test_the_configuration_is_read_back_from_an_initialisation_segment() -> None:
    assert read_init(INIT) == (SOURCE.avcc, SOURCE.asc)


def test_pictures_and_sound_leave_in_one_order() -> None:
    sent = air()
    assert sum(message.video for message in sent) == 30
    times = [message.at_ms for message in sent]
    assert times == sorted(times)


def test_one_kind_does_not_wait_for_the_other_for_ever() -> None:
    sent: list[AirMessage] = []
    flv = FlvAir(sent.append)
    flv.begin_run(INIT)
    for index in range(30):
        flv.video(CodedPicture(index * 3000, 3000, 0, index == 0, b"\0\0\0\1x"))
    assert len(sent) >= 12


def test_a_keyframe_carries_its_parameter_sets_and_composition_time() -> None:
    first = air()[0]
    parsed = parse_video(first.payload)
    assert isinstance(parsed, VideoSample)
    assert parsed.key
    assert parsed.composition_ms == 66
    config = parse_video(first.run.video_header)
    assert isinstance(config, VideoConfig)
    sps = config.avcc[8 : 8 + int.from_bytes(config.avcc[6:8], "big")]
    assert parsed.data.startswith(len(sps).to_bytes(4, "big") + sps)


RUN = Run(read_avcc(SOURCE.avcc), b"", b"", b"")


def message(number: int, *, key: bool, size: int = 100) -> AirMessage:
    return AirMessage(True, number * 33, key, number.to_bytes(4, "big") + bytes(size - 4), RUN)


def number_of(one: AirMessage) -> int:
    return int.from_bytes(one.payload[:4], "big")


@given(st.lists(st.booleans(), max_size=200), st.integers(1, 6), st.integers(0, 2**32))
def test_a_slow_reader_gets_whole_groups_from_keyframes_on(takes: list[bool], group: int, seed: int) -> None:
    """Whatever the pace: in order, and after each gap a keyframe. What did not come was counted."""
    queue = KeyQueue(bytes_max=1_000, span_ms_max=400)
    chance = random.Random(seed)
    put = 0
    got: list[int] = []
    for take in takes:
        if take:
            one = queue.take()
            got += [] if one is None else [number_of(one)]
        else:
            queue.put(message(put, key=put % group == 0, size=chance.randrange(4, 400)))
            put += 1
        assert queue.held_bytes <= 1_000
        assert queue.held_ms <= 400
    while one := queue.take():
        got.append(number_of(one))
    assert got == sorted(set(got))
    for before, after in zip([-1, *got], got, strict=False):
        assert after == before + 1 or after % group == 0
    assert len(got) + queue.dropped == put


def test_it_begins_at_a_keyframe_without_counting_what_came_before() -> None:
    queue = KeyQueue()
    queue.put(message(1, key=False))
    queue.put(message(2, key=True))
    assert queue.dropped == 0
    assert [number_of(one) for one in iter(queue.take, None)] == [2]
