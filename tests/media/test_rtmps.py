"""RTMPS: with a certificate of our own, and behind nginx that ends TLS; who is slow at the door takes a place."""

import asyncio
import shutil
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.foundation.errors import InvalidInputError
from tallylight.media import rtmp_doors, rtmp_server
from tallylight.media.certificate import Certificate
from tallylight.media.proxy_header import ProxyHeaderError, read_proxy_header
from tallylight.media.relay.relay import Relay
from tallylight.media.relay.target import read_target
from tallylight.media.rtmp_server import RtmpServer
from tests.media.rtmp_client import RtmpClient
from tests.media.test_rtmp_server import Door
from tests.support.certificates import make_certificate
from tests.support.nginx import head, nginx
from tests.support.postgres import free_port
from tests.support.waiting import until

LOCAL = [ip_network("127.0.0.0/8")]


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(story(), 30)

    asyncio.run(limited())


def test_an_encoder_publishes_by_tls_and_plain_rtmp_beside_it(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)

    async def story() -> None:
        door = Door()
        server = RtmpServer(door)
        await server.start("127.0.0.1", 0)
        await server.start("127.0.0.1", 0, tls=Certificate(pair.certificate, pair.key).context)
        for port, tls in zip(server.ports, (None, pair.client), strict=True):
            client = await RtmpClient.connect(port, tls)
            client.publish("right")
            assert (await client.status())["code"] == "NetStream.Publish.Start"
            client.media("video", b"picture" * 10_000)
            await until(lambda: door.sink.got, what="the picture arrives")
            assert door.sink.got.pop() == ("video", 0, b"picture" * 10_000)
            client.close()
        await server.close()

    play(story)


def test_ffmpeg_publishes_by_rtmps(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)

    async def story() -> None:
        door = Door()
        server = RtmpServer(door)
        await server.start("127.0.0.1", 0, tls=Certificate(pair.certificate, pair.key).context)
        ffmpeg = shutil.which("ffmpeg")
        assert ffmpeg, "make test installs Debian's ffmpeg"
        process = await asyncio.create_subprocess_exec(
            ffmpeg, "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=duration=1:size=64x64:rate=10",
            "-c:v", "libx264", "-f", "flv", f"rtmps://127.0.0.1:{server.port}/live/right",
        )  # fmt: skip
        await until(lambda: sum(kind == "video" for kind, _, _ in door.sink.got) > 10, what="FFmpeg's pictures")
        await process.wait()
        await server.close()

    play(story)


def test_our_relay_publishes_by_rtmps_only_to_a_certificate_that_it_trusts(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)

    async def story() -> None:
        door = Door()
        server = RtmpServer(door)
        await server.start("127.0.0.1", 0, tls=Certificate(pair.certificate, pair.key).context)
        target = read_target(f"rtmps://127.0.0.1:{server.port}/live", "right")
        for tls, state in ((pair.client, "live"), (None, "retrying")):
            relay = Relay(target, tls)
            relay._more.set()
            task = asyncio.create_task(relay.run())
            await until(lambda relay=relay, state=state: relay.status().state == state, what=state)  # type: ignore[misc]
            task.cancel()
        assert "certificate" in (relay.status().problem or "")
        await server.close()

    play(story)


def test_who_is_slow_at_the_tls_handshake_takes_a_place_and_loses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtmp_server, "CONNECTIONS_PER_ADDRESS_MAX", 3)
    monkeypatch.setattr(rtmp_doors, "TLS_TIMEOUT_S", 0.5)
    pair = make_certificate(tmp_path)

    async def story() -> None:
        server = RtmpServer(Door())
        await server.start("127.0.0.1", 0, tls=Certificate(pair.certificate, pair.key).context)
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3)]
        await until(lambda: len(server._guests) == 3, what="all are counted")
        with pytest.raises((OSError, ssl.SSLError)):
            await RtmpClient.connect(server.port, pair.client)
        assert server.turned_away == 1
        await until(lambda: not server._guests, what="the slow ones are dropped")
        client = await RtmpClient.connect(server.port, pair.client)
        client.publish("right")
        assert (await client.status())["code"] == "NetStream.Publish.Start"
        for _, writer in idle:
            writer.close()
        client.close()
        await server.close()

    play(story)


def test_behind_nginx_that_ends_tls_limits_go_by_the_camera_s_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtmp_server, "CONNECTIONS_PER_ADDRESS_MAX", 2)
    pair = make_certificate(tmp_path)

    async def story() -> None:
        door = Door()
        server = RtmpServer(door)
        await server.start("127.0.0.1", 0, proxies=LOCAL)
        port = free_port()
        configuration = head(tmp_path / "nginx", "ngx_stream_module.so") + (
            f"stream {{ server {{ listen 127.0.0.1:{port} ssl; ssl_certificate {pair.certificate};"
            f" ssl_certificate_key {pair.key}; proxy_pass 127.0.0.1:{server.port}; proxy_protocol on; }} }}\n"
        )
        async with nginx(tmp_path / "nginx", configuration, port):
            client = await RtmpClient.connect(port, pair.client)
            client.publish("right")
            assert (await client.status())["code"] == "NetStream.Publish.Start"
            client.close()
        await until(lambda: not server._guests, what="it has gone")
        others = [b"PROXY TCP4 203.0.113.%d 127.0.0.1 5000 1935\r\n" % number for number in (1, 1, 2)]
        clients = [await RtmpClient.connect(server.port, first=first) for first in others]
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await RtmpClient.connect(server.port, first=others[0])
        for client in clients:
            client.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"\x03" + bytes(1536))
        assert await reader.read() == b"", "a proxy that names nobody is not let in"
        await server.close()

    play(story)


def test_a_stranger_s_header_is_not_believed() -> None:
    async def story() -> None:
        server = RtmpServer(Door())
        await server.start("127.0.0.1", 0, proxies=[ip_network("192.0.2.0/24")])
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"PROXY TCP4 203.0.113.1 127.0.0.1 5000 1935\r\n")
        assert await reader.read() == b""
        await server.close()

    play(story)


V2_IP4 = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xcb\x00\x71\x07\x7f\x00\x00\x01\x13\x88\x07\x8f"


def test_both_versions_of_the_header_are_read_and_what_follows_stays() -> None:
    assert read_proxy_header(V2_IP4 + b"rest") == ("203.0.113.7", 28)
    first = b"PROXY TCP6 2001:db8::1 ::1 5000 1935\r\n"
    assert read_proxy_header(first + b"rest") == ("2001:db8::1", len(first))
    assert read_proxy_header(b"PROXY UNKNOWN\r\n") == (None, 15)
    assert read_proxy_header(V2_IP4[:20]) is None


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda rest: V2_IP4[:12] + rest),
                 st.binary(max_size=200).map(lambda rest: b"PROXY TCP4 " + rest)))  # fmt: skip
def test_no_bytes_are_a_header_that_breaks_the_reader(data: bytes) -> None:
    try:
        found = read_proxy_header(data)
    except ProxyHeaderError:
        return
    assert found is None or found[1] <= len(data)


def test_a_renewed_certificate_is_taken_and_a_broken_one_left_alone(tmp_path: Path) -> None:
    first, second = make_certificate(tmp_path, "first"), make_certificate(tmp_path, "second")
    live = make_certificate(tmp_path, "live")
    live.certificate.write_bytes(first.certificate.read_bytes())
    live.key.write_bytes(first.key.read_bytes())
    certificate = Certificate(live.certificate, live.key)

    async def trusted_by(client: ssl.SSLContext) -> bool:
        server = RtmpServer(Door())
        await server.start("127.0.0.1", 0, tls=certificate.context)
        try:
            (await RtmpClient.connect(server.port, client)).close()
        except ssl.SSLError:
            return False
        finally:
            await server.close()
        return True

    async def story() -> None:
        assert await trusted_by(first.client)
        assert not certificate.refresh()
        live.certificate.write_bytes(b"torn")
        assert not certificate.refresh()
        assert await trusted_by(first.client)
        live.certificate.write_bytes(second.certificate.read_bytes())
        live.key.write_bytes(second.key.read_bytes())
        assert certificate.refresh()
        assert await trusted_by(second.client)
        assert not await trusted_by(first.client)

    play(story)
    with pytest.raises(InvalidInputError):
        Certificate(tmp_path / "nothing.crt", tmp_path / "nothing.key")
