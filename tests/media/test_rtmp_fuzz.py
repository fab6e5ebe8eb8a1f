"""Hostile publishers against the RTMP server: a short run. ``python -m bench.rtmp_fuzz`` is the long one."""

import asyncio
import random
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from tallylight.media.amf import decode_amf, encode_amf
from tallylight.media.errors import RtmpProtocolError
from tallylight.media.rtmp_chunks import ChunkReader
from tests.media.fuzzing import HELD_BYTES_MAX, Fuzz, session, sources

SEED = 20_261_126
SESSIONS = 2_000


def test_damaged_sessions_break_nothing() -> None:
    async def story() -> None:
        fuzz = Fuzz()
        made_of = sources()
        for number in range(SESSIONS):
            chance = random.Random(SEED + number)
            try:
                await fuzz.run(session(chance, chance.choice(made_of)))
            except Exception as error:
                raise AssertionError(f"seed {SEED + number}") from error
        assert fuzz.accepted > SESSIONS // 20, "the damage leaves too few sessions that get anywhere"

    asyncio.run(story())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=600), max_size=12))
def test_any_bytes_are_messages_or_an_error(pieces: list[bytes]) -> None:
    reader = ChunkReader()
    try:
        for piece in pieces:
            reader.push(piece)
            for message in reader.messages():
                assert len(message.payload) <= HELD_BYTES_MAX
    except RtmpProtocolError:
        return
    assert reader.held_bytes <= sum(map(len, pieces))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_values_or_an_error(data: bytes) -> None:
    try:
        values = decode_amf(data)
    except RtmpProtocolError:
        return
    assert all(value is None or isinstance(value, bool | float | str | list | dict) for value in values)


_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_values, max_size=4))
def test_values_come_back_as_they_were_coded(values: list[object]) -> None:
    with suppress(RtmpProtocolError):  # over a limit of depth or number
        assert decode_amf(encode_amf(values)) == values  # type: ignore[arg-type]
