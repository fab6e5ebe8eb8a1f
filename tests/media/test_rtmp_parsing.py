"""AMF and chunks: what is written reads back; anything at all gives messages or the declared error, in bounds."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tallylight.media import rtmp_chunks
from tallylight.media.amf import AmfValue, decode_amf, encode_amf
from tallylight.media.errors import RtmpProtocolError
from tallylight.media.rtmp_chunks import AUDIO, COMMAND_AMF0, SET_CHUNK_SIZE, VIDEO, ChunkReader, encode_message

texts = st.text(max_size=20)
keys = st.text(min_size=1, max_size=20)
values: st.SearchStrategy[AmfValue] = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(values, max_size=5))
def test_amf_reads_back(given_values: list[AmfValue]) -> None:
    try:
        decoded = decode_amf(encode_amf(given_values))
    except RtmpProtocolError as error:
        assert "deep" in str(error)  # noqa: PT017 - the strategy may nest deeper than the limit
    else:
        assert decoded == given_values


@given(st.binary(max_size=400))
@example(b"\x0a\xff\xff\xff\xff")
@example(b"\x0a\x00\x00\x00\x01" * 40)
@example(b"\x03\x00\x01a" * 60)
@example(b"\x02\xff\xffshort")
def test_amf_of_anything_is_values_or_the_declared_error(data: bytes) -> None:
    with suppress(RtmpProtocolError):
        for value in decode_amf(data):
            assert value is None or isinstance(value, bool | float | str | list | dict)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([AUDIO, VIDEO, COMMAND_AMF0]), st.binary(max_size=3000)), max_size=5),
    st.integers(1, 500),
)
def test_messages_read_back_however_the_bytes_arrive(messages: list[tuple[int, bytes]], piece: int) -> None:
    data = b"".join(encode_message(kind, payload, chunk_stream_id=4) for kind, payload in messages)
    reader = ChunkReader()
    got = []
    for at in range(0, len(data), piece):
        reader.push(data[at : at + piece])
        got += [(message.type, message.payload) for message in reader.messages()]
    assert got == messages
    assert reader.held_bytes == 0


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_anything_is_messages_or_the_declared_error_in_bounded_memory(pieces: list[bytes]) -> None:
    reader = ChunkReader()
    with suppress(RtmpProtocolError):
        for piece in pieces:
            reader.push(piece)
            for message in reader.messages():
                assert len(message.payload) <= rtmp_chunks.VIDEO_BYTES_MAX
            assert reader.held_bytes <= sum(map(len, pieces))


def chunk(form: int, chunk_stream: int, rest: bytes) -> bytes:
    return bytes((form << 6 | chunk_stream,)) + rest


def header0(stamp: int, length: int, kind: int) -> bytes:
    return stamp.to_bytes(3, "big") + length.to_bytes(3, "big") + bytes((kind,)) + bytes(4)


def read(data: bytes) -> list[tuple[int, int, bytes]]:
    reader = ChunkReader()
    reader.push(data)
    return [(message.type, message.timestamp_ms, message.payload) for message in reader.messages()]


def test_an_extended_stamp_counts_on_following_chunks_too_or_may_be_left_out() -> None:
    start = chunk(0, 4, header0(0xFFFFFF, 200, VIDEO) + (0x01234567).to_bytes(4, "big") + b"a" * 128)
    repeated = start + chunk(3, 4, (0x01234567).to_bytes(4, "big") + b"b" * 72)
    left_out = start + chunk(3, 4, b"b" * 72)
    expected = [(VIDEO, 0x01234567, b"a" * 128 + b"b" * 72)]
    assert read(repeated) == expected
    assert read(left_out) == expected


def test_stamps_add_up_and_wrap() -> None:
    data = chunk(0, 4, header0(0xFFFFFF, 1, AUDIO) + (2**32 - 10).to_bytes(4, "big") + b"a")
    data += chunk(2, 4, (20).to_bytes(3, "big") + b"b") + chunk(3, 4, b"c")
    assert [stamp for _, stamp, _ in read(data)] == [2**32 - 10, 10, 30]


def test_messages_of_two_chunk_streams_interleave() -> None:
    data = chunk(0, 4, header0(0, 200, VIDEO) + b"v" * 128) + chunk(0, 5, header0(0, 3, AUDIO) + b"aaa")
    data += chunk(3, 4, b"v" * 72)
    assert read(data) == [(AUDIO, 0, b"aaa"), (VIDEO, 0, b"v" * 200)]


def test_a_chunk_size_of_the_peer_is_obeyed() -> None:
    data = encode_message(SET_CHUNK_SIZE, (4096).to_bytes(4, "big"), chunk_stream_id=2)
    data += encode_message(VIDEO, b"x" * 5000, chunk_stream_id=4, chunk_size=4096)
    assert read(data)[1] == (VIDEO, 0, b"x" * 5000)


@pytest.mark.parametrize(
    "data",
    [
        chunk(0, 4, header0(0, rtmp_chunks.VIDEO_BYTES_MAX + 1, VIDEO)),
        chunk(0, 4, header0(0, rtmp_chunks.AUDIO_BYTES_MAX + 1, AUDIO)),
        chunk(0, 4, header0(0, rtmp_chunks.OTHER_BYTES_MAX + 1, COMMAND_AMF0)),
        chunk(3, 4, b""),
        b"".join(chunk(0, number, header0(0, 1, AUDIO) + b"a") for number in range(2, 60)),
        chunk(0, 4, header0(0, 300, VIDEO) + b"a" * 128) + chunk(0, 4, header0(0, 300, VIDEO)),
        encode_message(SET_CHUNK_SIZE, bytes(4), chunk_stream_id=2),
    ],
)
def test_what_breaks_a_limit_or_the_format_is_an_error(data: bytes) -> None:
    with pytest.raises(RtmpProtocolError):
        read(data)


def test_unfinished_messages_together_have_a_limit() -> None:
    reader = ChunkReader()
    reader.push(encode_message(SET_CHUNK_SIZE, (1_000_000).to_bytes(4, "big"), chunk_stream_id=2))
    list(reader.messages())
    with pytest.raises(RtmpProtocolError, match="unfinished"):
        for number in range(3, 30):
            reader.push(chunk(0, number, header0(0, 4_000_000, VIDEO)) + bytes(1_000_000))
            list(reader.messages())
