"""A relay against servers that work, and servers that do not: each harms itself alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from tallylight.media.amf import AmfValue, encode_amf
from tallylight.media.codec_config import read_avcc
from tallylight.media.fmp4 import VideoSample, init_segment
from tallylight.media.relay import relay as relay_module
from tallylight.media.relay.key_queue import KeyQueue
from tallylight.media.relay.relays import Relays
from tallylight.media.relay.target import Target, read_target
from tallylight.media.rtmp_chunks import COMMAND_AMF0, encode_message
from tallylight.media.rtmp_connection import Accepted, Publisher, Refused
from tallylight.media.rtmp_server import RtmpServer
from tallylight.media.sound import AacPacket
from tests.media.sources import make_source
from tests.support.waiting import until

SOURCE = make_source(1)
INIT = init_segment(read_avcc(SOURCE.avcc), SOURCE.avcc, SOURCE.asc)
SECRET = "a-key-nobody-may-see"


class Platform:
    """A destination on our own server: notes what it gets."""

    def __init__(self, *, accepts: bool = True) -> None:
        self.accepts = accepts
        self.pictures: list[tuple[int, bytes]] = []
        self.sounds: list[tuple[int, bytes]] = []
        self.about: AmfValue = None
        self.ended = 0
        self.publishers: list[Publisher] = []

    async def __call__(self, app: str, name: str, publisher: Publisher) -> Accepted | Refused:
        self.publishers.append(publisher)
        return Accepted(self) if self.accepts and (app, name) == ("app/inner", SECRET) else Refused(f"no {name} here")

    def metadata(self, values: AmfValue) -> None:
        self.about = values

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        self.pictures.append((timestamp_ms, payload))

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        self.sounds.append((timestamp_ms, payload))

    def closed(self) -> None:
        self.ended += 1


@asynccontextmanager
async def platform(*, accepts: bool = True) -> AsyncIterator[tuple[Platform, Target]]:
    here = Platform(accepts=accepts)
    server = RtmpServer(here)
    await server.start("127.0.0.1", 0)
    try:
        yield here, read_target(f"rtmp://127.0.0.1:{server.port}/app/inner", SECRET)
    finally:
        await server.close()


class Show:
    """Feeds relays with air: one picture and its sound at a time."""

    def __init__(self, targets: dict[UUID, Target]) -> None:
        self.relays = Relays()
        self.relays.set_targets(targets)
        self.relays.begin_run(INIT)
        self.number = 0

    def air(self, pictures: int = 1, size: int = 100) -> None:
        for _ in range(pictures):
            at = self.number * 3000
            self.relays.video(VideoSample(at, 3000, 0, self.number % 10 == 0, b"\0\0\0\1" + bytes(size)))
            self.relays.sound(AacPacket(self.number * 1600, 1600, b"aac"))
            self.number += 1

    async def air_until(self, condition: Callable[[], object], what: str, size: int = 100) -> None:
        def more() -> object:
            self.air(size=size)
            return condition()

        await until(more, what=what)

    def state(self, number: int = 1) -> str:
        return self.relays.statuses()[UUID(int=number)].state


def play(story: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 30))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "RETRY_FIRST_S", 0.05)


def test_a_destination_gets_headers_then_air_from_a_keyframe_on() -> None:
    async def story() -> None:
        async with platform() as (there, target):
            show = Show({UUID(int=1): target})
            await show.air_until(lambda: len(there.pictures) > 30, "air arrives")
            assert there.pictures[0] == (0, b"\x17\0\0\0\0" + SOURCE.avcc)
            assert there.sounds[0][1] == b"\xaf\0" + SOURCE.asc
            assert there.pictures[1][0] == 0
            assert there.pictures[1][1][:2] == b"\x17\x01"
            assert all(abs(at - index * 3000 // 90) <= 1 for index, (at, _) in enumerate(there.pictures[1:31]))
            assert isinstance(there.about, dict)
            assert there.about["width"] == 320.0
            await show.relays.close()
            await until(lambda: there.ended, what="the destination is told the end")

    play(story)


def test_a_new_run_sends_its_headers_in_the_middle() -> None:
    other = make_source(1, width=640, height=360)

    async def story() -> None:
        async with platform() as (there, target):
            show = Show({UUID(int=1): target})
            await show.air_until(lambda: len(there.pictures) > 5, "air arrives")
            show.relays.begin_run(init_segment(read_avcc(other.avcc), other.avcc, SOURCE.asc))
            show.number += -show.number % 10
            await show.air_until(
                lambda: any(other.avcc in body for _, body in there.pictures), "the new header arrives"
            )
            await show.relays.close()

    play(story)


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and says nothing."""
    await reader.read()


async def _nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
    await reader.read()


async def _endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Shakes hands, then sends answers that answer nothing."""
    hello = await reader.readexactly(1537)
    writer.write(b"\3" + bytes(1536) + hello[1:])
    while True:
        writer.write(encode_message(COMMAND_AMF0, encode_amf(["onBWDone", 0.0, None]), chunk_stream_id=3))
        await writer.drain()
        await asyncio.sleep(0)  # drain alone does not let others run


async def _stalling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Publishes as it should, then takes nothing more."""
    hello = await reader.readexactly(1537)
    writer.write(b"\3" + bytes(1536) + hello[1:])
    started: AmfValue = {"level": "status", "code": "NetStream.Publish.Start"}
    answers: list[list[AmfValue]] = [["_result", 1.0, None, None], ["_result", 4.0, None, 1.0]]
    for values in (*answers, ["onStatus", 0.0, None, started]):
        writer.write(encode_message(COMMAND_AMF0, encode_amf(values), chunk_stream_id=3))
    await asyncio.Event().wait()


BAD = {"silent": _silent, "nonsense": _nonsense, "endless": _endless, "stalling": _stalling}


@pytest.mark.parametrize("kind", [*BAD, "refusing", "nobody there"])
def test_a_bad_destination_harms_no_other(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "CONNECT_TIMEOUT_S", 1)
    monkeypatch.setattr(relay_module, "STALL_TIMEOUT_S", 0.5)

    async def story() -> None:
        async with platform() as (there, target), platform(accepts=False) as (_, refusing):
            tasks: set[asyncio.Task[None]] = set()

            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                tasks.add(asyncio.current_task())  # type: ignore[arg-type]
                with suppress(OSError, asyncio.IncompleteReadError):
                    await BAD[kind](reader, writer)

            bad = await asyncio.start_server(answer, "127.0.0.1", 0)
            port = bad.sockets[0].getsockname()[1]
            if kind not in BAD:
                bad.close()
            address = refusing if kind == "refusing" else read_target(f"rtmp://127.0.0.1:{port}/app/inner", SECRET)
            show = Show({UUID(int=1): address, UUID(int=2): target})
            await show.air_until(lambda: show.state(1) == "retrying", "the bad one is given up", size=60_000)
            status = show.relays.statuses()[UUID(int=1)]
            assert status.problem
            assert SECRET not in status.problem + repr(address)
            begun = len(there.pictures)
            await show.air_until(lambda: len(there.pictures) > begun + 20, "the good one goes on")
            good = show.relays.statuses()[UUID(int=2)]
            assert (good.state, good.dropped, good.reconnects) == ("live", 0, 0)
            await show.relays.close()
            bad.close()
            for task in tasks:
                task.cancel()

    play(story)


def test_a_destination_that_was_cut_off_comes_back_at_a_keyframe() -> None:
    async def story() -> None:
        async with platform() as (there, target):
            show = Show({UUID(int=1): target})
            await show.air_until(lambda: len(there.pictures) > 5, "air arrives")
            there.publishers[0].close()
            await until(lambda: there.ended == 1, what="the connection is cut")
            there.pictures.clear()
            await show.air_until(lambda: len(there.pictures) > 5, "air arrives again")
            assert there.pictures[0][1] == b"\x17\0\0\0\0" + SOURCE.avcc
            assert there.pictures[1][0] == 0
            assert there.pictures[1][1][0] == 0x17
            assert show.relays.statuses()[UUID(int=1)].reconnects == 1
            await show.relays.close()

    play(story)


def test_a_slow_destination_loses_up_to_a_keyframe_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes again after a while: then it gets the newest group, not the backlog."""

    async def story() -> None:
        async with platform() as (there, target):
            show = Show({UUID(int=1): target})
            await show.air_until(lambda: len(there.pictures) > 5, "air arrives")
            there.publishers[0].pause()
            await show.air_until(lambda: show.relays.statuses()[UUID(int=1)].dropped, "it overflows", size=200_000)
            held = show.relays.statuses()[UUID(int=1)]
            assert held.state == "live"
            there.publishers[0].resume()
            await show.air_until(lambda: there.pictures[-1][0] >= (show.number - 20) * 33, "it catches up")
            jumps = [
                after[1][0] == 0x17
                for before, after in zip(there.pictures[1:], there.pictures[2:], strict=False)
                if after[0] - before[0] > 40
            ]
            assert jumps
            assert all(jumps)
            await show.relays.close()

    play(story)


def test_without_the_bound_a_slow_destination_would_be_fed_its_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of the test above, off."""
    monkeypatch.setattr(relay_module, "KeyQueue", lambda: KeyQueue(bytes_max=1 << 40, span_ms_max=1 << 40))

    async def story() -> None:
        async with platform() as (there, target):
            show = Show({UUID(int=1): target})
            await show.air_until(lambda: len(there.pictures) > 5, "air arrives")
            there.publishers[0].pause()
            show.air(300, size=200_000)
            await until(lambda: show.relays.statuses()[UUID(int=1)].behind_ms > 7_000, what="it falls behind")
            assert show.relays.statuses()[UUID(int=1)].dropped == 0
            await show.relays.close()

    play(story)


def test_destinations_come_and_go_while_on_air() -> None:
    async def story() -> None:
        async with platform() as (one, first), platform() as (two, second):
            show = Show({UUID(int=1): first})
            await show.air_until(lambda: one.pictures, "the first gets air")
            show.relays.set_targets({UUID(int=2): second})
            await show.air_until(lambda: two.pictures and one.ended, "the second takes over")
            assert set(show.relays.statuses()) == {UUID(int=2)}
            await show.relays.close()

    play(story)
