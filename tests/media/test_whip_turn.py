"""Through NAT: a browser and we that reach each other only by a TURN server, coturn, with a password that expires."""

import asyncio
import base64
import hashlib
import hmac
import shutil
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings
from tallylight.media.rtmp_connection import Accepted, Publisher
from tallylight.media.whip.door import WhipDoor
from tallylight.media.whip.ice import LIFETIME_S, ice_servers
from tests.media.test_rtmp_server import Sink
from tests.media.test_whip import nothing
from tests.support.postgres import free_port
from tests.support.waiting import until

SECRET = "a-secret-that-coturn-shares"
NOW_US = 1_700_000_000_000_000


def settings(**more: Any) -> Settings:
    return Settings(data_dir=Path("/nonexistent"), **more)


def test_a_password_expires_and_is_coturns() -> None:
    url = "turn:turn.example.com:3478?transport=udp"
    stun, turn = ice_servers(settings(ice_servers=f"stun:stun.example.com, {url}", turn_secret=SECRET), NOW_US)
    assert (stun.urls, stun.username) == ("stun:stun.example.com", None)
    assert turn.username == f"{1_700_000_000 + LIFETIME_S}:tallylight"
    digest = hmac.new(SECRET.encode(), turn.username.encode(), hashlib.sha1).digest()
    assert turn.credential == base64.b64encode(digest).decode()
    assert SECRET not in repr(turn)
    assert turn.credential not in repr(turn)
    fixed = ice_servers(settings(ice_servers=url, turn_username="ada", turn_password="pass"), NOW_US)
    assert (fixed[0].username, fixed[0].credential) == ("ada", "pass")
    assert ice_servers(settings(), NOW_US) == []


@pytest.mark.parametrize(
    "wrong", [{"ice_servers": "http://x"}, {"ice_servers": "turn:t.example.com"}, {"ice_servers": "stun:x," * 9}]
)
def test_what_is_named_wrong_is_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="TALLYLIGHT_"):
        ice_servers(settings(**wrong), NOW_US)


@asynccontextmanager
async def coturn(folder: Path) -> AsyncIterator[str]:
    """Its address."""
    host, port = own_address(), free_port()
    process = await asyncio.create_subprocess_exec(
        "turnserver", "-n", "--listening-ip", host, "--relay-ip", host, "--listening-port", str(port),
        "--use-auth-secret", "--static-auth-secret", SECRET, "--realm", "tallylight.test", "--no-tls", "--no-dtls",
        "--no-cli", "--pidfile", str(folder / "turn.pid"), "--userdb", str(folder / "turn.db"), "--log-file",
        str(folder / "turn.log"), "--simple-log", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:

        async def listens() -> bool:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                return False
            writer.close()
            return True

        await until(listens, what="coturn listens")
        yield f"turn:{host}:{port}?transport=udp"
    finally:
        process.kill()
        await process.wait()


def own_address() -> str:
    """This machine's address towards others: TURN servers relay to no loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def relayed_only(sdp: str) -> str:
    lines = sdp.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("a=candidate:") or " typ relay " in line)


@pytest.mark.skipif(not shutil.which("turnserver"), reason="needs Debian's coturn")
@pytest.mark.parametrize("ours", [True, False], ids=["relayed at our side", "relayed at the browser's"])
def test_a_browser_that_can_reach_nothing_but_a_turn_server_goes_live(tmp_path: Path, ours: bool) -> None:
    async def story() -> None:
        async with coturn(tmp_path) as url:
            mine = settings(ice_servers=url, turn_secret=SECRET)
            sink = Sink()

            async def authorise(_: str, __: Publisher) -> Accepted:
                return Accepted(sink)

            servers = ice_servers(mine, time.time_ns() // 1000)
            door = WhipDoor(authorise, nothing, servers=(lambda: servers) if ours else list)
            peer = RTCPeerConnection(
                RTCConfiguration(
                    iceServers=[] if ours else [server.ours() for server in servers],
                    iceTransportPolicy=RTCIceTransportPolicy.ALL if ours else RTCIceTransportPolicy.RELAY,
                )
            )
            for track in (AudioStreamTrack(), VideoStreamTrack()):
                peer.addTrack(track)
            await peer.setLocalDescription(await peer.createOffer())
            transport = httpx.ASGITransport(door)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://media.test") as http:
                headers = {"authorization": "Bearer right"}
                answer = await http.post("/whip", content=peer.localDescription.sdp, headers=headers)
                assert answer.status_code == 201
                assert ('rel="ice-server"' in answer.headers.get("link", "")) is ours
                text = relayed_only(answer.text) if ours else answer.text
                assert not ours or " typ relay " in text
                await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
                await until(lambda: "audio" in {kind for kind, _, _ in sink.got}, what="sound comes", within_s=30)
                (session,) = door._sessions.values()
                door.close()
            await peer.close()
            # Both give their places at the TURN server back, while there is one.
            await until(lambda: session._peer.connectionState == "closed", what="our side is closed")
            await asyncio.wait(session._tasks, timeout=10)

    asyncio.run(asyncio.wait_for(story(), 60))
