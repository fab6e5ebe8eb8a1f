"""FLV in pieces: however it is cut, the same tags come out."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.media.errors import RtmpProtocolError
from tallylight.media.flv_stream import TAG_BYTES_MAX, FlvStream, FlvTag

HEADER = b"FLV\1\5\0\0\0\x09\0\0\0\0"


def tag(kind: int, at_ms: int, payload: bytes) -> bytes:
    stamp = (at_ms & 0xFFFFFF).to_bytes(3, "big") + bytes((at_ms >> 24,))
    head = bytes((kind,)) + len(payload).to_bytes(3, "big") + stamp + b"\0\0\0"
    return head + payload + (len(payload) + 11).to_bytes(4, "big")


FILE = HEADER + tag(18, 0, b"onMetaData") + tag(9, 0, b"picture") + tag(8, 0x1234_5678, b"sound") + tag(9, 40, b"")
TAGS = [FlvTag("video", 0, b"picture"), FlvTag("audio", 0x1234_5678, b"sound")]


@given(st.lists(st.integers(0, len(FILE)), max_size=12))
def test_tags_come_out_however_the_file_is_cut(cuts: list[int]) -> None:
    stream = FlvStream()
    edges = [0, *sorted(cuts), len(FILE)]
    got = [one for start, end in pairwise(edges) for one in stream.feed(FILE[start:end])]
    assert got == TAGS


def test_what_is_no_flv_or_too_large_is_refused() -> None:
    with pytest.raises(RtmpProtocolError):
        list(FlvStream().feed(b"<html>not a stream</html>"))
    huge = bytearray(HEADER + tag(9, 0, b"x"))
    huge[14:17] = (TAG_BYTES_MAX + 1).to_bytes(3, "big")
    with pytest.raises(RtmpProtocolError):
        list(FlvStream().feed(bytes(huge)))


@given(st.binary(max_size=200))
def test_nonsense_ends_in_a_refusal_or_in_nothing(data: bytes) -> None:
    stream = FlvStream()
    with contextlib.suppress(RtmpProtocolError):
        assert all(isinstance(one, FlvTag) for one in stream.feed(HEADER + data))
