"""The RTMP server against a client of its own and against FFmpeg's: refusals, order, limits."""

import asyncio
from contextlib import suppress

import pytest

from tallylight.media import rtmp_connection, rtmp_server
from tallylight.media.amf import AmfValue
from tallylight.media.errors import StreamRefusedError
from tallylight.media.rtmp_connection import Accepted, Publisher, Refused
from tallylight.media.rtmp_server import RtmpServer
from tests.media.rtmp_client import RtmpClient
from tests.media.virtual_loop import run_virtually


class Sink:
    def __init__(self) -> None:
        self.got: list[tuple[str, int, bytes]] = []
        self.ended = asyncio.Event()
        self.arrived = asyncio.Event()

    def metadata(self, values: AmfValue) -> None:
        self.got.append(("metadata", 0, repr(values).encode()))

    def video(self, timestamp_ms: int, payload: bytes) -> None:
        if payload.startswith(b"bad"):
            raise StreamRefusedError("Set the encoder's video to H.264 (AVC).")
        self.got.append(("video", timestamp_ms, payload))
        self.arrived.set()

    def audio(self, timestamp_ms: int, payload: bytes) -> None:
        self.got.append(("audio", timestamp_ms, payload))

    def closed(self) -> None:
        self.ended.set()


class Door:
    """An authoriser that lets in the name ``right``, as slowly as ``gate`` says."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.asked: list[tuple[str, str]] = []
        self.knocked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.publisher: Publisher | None = None

    async def __call__(self, app: str, name: str, publisher: Publisher) -> Accepted | Refused:
        self.asked.append((app, name))
        self.knocked.set()
        await self.gate.wait()
        self.publisher = publisher
        return Accepted(self.sink) if name == "right" else Refused()


async def serve() -> tuple[RtmpServer, Door]:
    door = Door()
    server = RtmpServer(door)
    await server.start("127.0.0.1", 0)
    return server, door


def test_an_accepted_publisher_s_media_arrives_in_order() -> None:
    async def story() -> None:
        server, door = await serve()
        client = await RtmpClient.connect(server.port)
        client.publish("right?session=1")
        assert (await client.status())["code"] == "NetStream.Publish.Start"
        client.media("video", b"one" * 1000)
        client.media("audio", b"two")
        client.command("FCUnpublish", 4.0, None, "right")
        await door.sink.ended.wait()
        assert door.sink.got == [("video", 0, b"one" * 1000), ("audio", 0, b"two")]
        assert door.asked == [("live", "right")]
        client.close()
        await server.close()

    asyncio.run(story())


def test_a_wrong_name_is_refused_before_any_media_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    async def story() -> None:
        server, door = await serve()
        door.gate.clear()
        client = await RtmpClient.connect(server.port)
        client.publish("verysecretkey")
        client.media("video", b"eager")
        await door.knocked.wait()
        client.media("video", b"more" * 100_000)
        door.gate.set()
        status = await client.status()
        assert status["code"] == "NetStream.Publish.BadName"
        assert "verysecretkey" not in str(status)
        assert await client.ended()
        assert door.sink.got == []
        await server.close()

    asyncio.run(story())
    printed = capsys.readouterr()
    assert "verysecretkey" not in printed.out + printed.err


def test_media_sent_along_with_publish_waits_for_the_authoriser() -> None:
    async def story() -> None:
        server, door = await serve()
        door.gate.clear()
        client = await RtmpClient.connect(server.port)
        client.publish("right")
        client.media("video", b"eager")
        await door.knocked.wait()
        assert door.sink.got == []
        door.gate.set()
        await door.sink.arrived.wait()
        assert door.sink.got == [("video", 0, b"eager")]
        client.close()
        await server.close()

    asyncio.run(story())


def test_a_host_is_told_why_a_stream_cannot_go_on_air() -> None:
    async def story() -> None:
        server, door = await serve()
        client = await RtmpClient.connect(server.port)
        client.publish("right")
        await client.status()
        client.media("video", b"bad")
        status = await client.status()
        assert status["code"] == "NetStream.Publish.Rejected"
        assert "H.264" in str(status["description"])
        assert await client.ended()
        assert door.sink.ended.is_set()
        await server.close()

    asyncio.run(story())


def test_playing_from_the_ingest_is_refused() -> None:
    async def story() -> None:
        server, _ = await serve()
        client = await RtmpClient.connect(server.port)
        client.command("connect", 1.0, {"app": "live"})
        client.command("play", 2.0, None, "right")
        assert (await client.status())["code"] == "NetStream.Play.Failed"
        assert await client.ended()
        await server.close()

    asyncio.run(story())


@pytest.mark.parametrize("said", [b"", b"\x03", b"\x03" + bytes(1000)])
def test_a_handshake_that_does_not_come_is_cut_off_in_ten_seconds(said: bytes) -> None:
    async def story() -> float:
        server, _ = await serve()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(said)
        began = asyncio.get_running_loop().time()
        with suppress(ConnectionError):
            assert await reader.read() == b""
        took = asyncio.get_running_loop().time() - began
        writer.close()
        await server.close()
        return took

    assert 9 < run_virtually(story()) < 11


def test_a_connection_that_never_publishes_is_cut_off() -> None:
    async def story() -> float:
        server, _ = await serve()
        client = await RtmpClient.connect(server.port)
        began = asyncio.get_running_loop().time()
        assert await client.ended()
        await server.close()
        return asyncio.get_running_loop().time() - began

    assert 14 < run_virtually(story()) < 16


def test_a_silent_publisher_is_cut_off() -> None:
    async def story() -> float:
        server, _door = await serve()
        client = await RtmpClient.connect(server.port)
        client.publish("right")
        await client.status()
        began = asyncio.get_running_loop().time()
        assert await client.ended()
        await server.close()
        return asyncio.get_running_loop().time() - began

    assert 29 < run_virtually(story()) < 32


def test_garbage_closes_only_its_own_connection() -> None:
    async def story() -> None:
        server, _ = await serve()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        with suppress(ConnectionError):
            assert await reader.read() == b""
        client = await RtmpClient.connect(server.port)
        client.publish("right")
        assert (await client.status())["code"] == "NetStream.Publish.Start"
        client.close()
        writer.close()
        await server.close()

    asyncio.run(story())


def test_connections_are_limited_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp_server, "CONNECTIONS_PER_ADDRESS_MAX", 2)

    async def story() -> None:
        server, _ = await serve()
        first = await RtmpClient.connect(server.port)
        await RtmpClient.connect(server.port)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await RtmpClient.connect(server.port)
        assert server.turned_away == 1
        first.close()
        await first.writer.wait_closed()
        await asyncio.sleep(0)
        third = await RtmpClient.connect(server.port)
        third.close()
        await server.close()

    asyncio.run(story())


def test_too_high_a_bitrate_is_refused_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtmp_connection, "BITRATE_MAX_BPS", 1_000_000)

    async def story() -> None:
        server, _ = await serve()
        client = await RtmpClient.connect(server.port)
        client.publish("right")
        await client.status()
        for _ in range(20):
            client.media("video", bytes(100_000))
        status = await client.status()
        assert "bitrate" in str(status["description"])
        await server.close()

    asyncio.run(story())


def test_a_publisher_can_be_made_to_wait() -> None:
    async def story() -> None:
        server, door = await serve()
        client = await RtmpClient.connect(server.port)
        client.publish("right")
        await client.status()
        assert door.publisher is not None
        door.publisher.pause()
        client.media("video", b"held")
        await asyncio.sleep(0.05)
        assert door.sink.got == []
        door.publisher.resume()
        await door.sink.arrived.wait()
        client.close()
        await server.close()

    asyncio.run(story())
