"""Servers that help a browser and us find a way through NAT: STUN and TURN, as the operator names them.

TURN's password is a time-limited one, made from a secret that the TURN server shares with us (coturn's
``use-auth-secret``, draft-uberti-behave-turn-rest-00), or one that never changes. Either goes only to people who may
go live.
"""

import base64
import hashlib
import hmac

import msgspec
from aiortc import RTCIceServer
from aiortc.rtcicetransport import parse_stun_turn_uri

from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.settings import Settings

LIFETIME_S = 12 * 3600
"""As long as a show may last: a relayed path is renewed with the password that it was begun with."""
SERVERS_MAX = 8


class IceServer(msgspec.Struct, frozen=True):
    """One address, as ``RTCPeerConnection`` takes it."""

    urls: str
    username: str | None = None
    credential: str | None = None

    def __repr__(self) -> str:
        return f"IceServer({self.urls})"

    def ours(self) -> RTCIceServer:
        """The same for our side."""
        return RTCIceServer(urls=self.urls, username=self.username, credential=self.credential)

    def link(self) -> bytes:
        """The same in an answer's Link header (RFC 9725, 4.6)."""
        text = f'<{self.urls}>; rel="ice-server"'
        if self.username is not None:
            text += f'; username="{self.username}"; credential="{self.credential}"; credential-type="password"'
        return text.encode()


def ice_servers(settings: Settings, now_us: int) -> list[IceServer]:
    """With a fresh password where it is time-limited. InvalidInputError names the setting that is wrong."""
    urls = [url.strip() for url in settings.ice_servers.split(",") if url.strip()]
    if len(urls) > SERVERS_MAX:
        raise InvalidInputError(f"TALLYLIGHT_ICE_SERVERS names at most {SERVERS_MAX} servers")
    return [_server(url, settings, now_us) for url in urls]


def _server(url: str, settings: Settings, now_us: int) -> IceServer:
    try:
        parse_stun_turn_uri(url)
    except ValueError:
        raise InvalidInputError(
            f"TALLYLIGHT_ICE_SERVERS is a list of stun:host:port and turn:host:port?transport=udp; {url!r} is neither"
        ) from None
    if url.startswith("stun"):
        return IceServer(url)
    if settings.turn_secret:
        username = f"{now_us // MICROSECONDS + LIFETIME_S}:tallylight"
        digest = hmac.new(settings.turn_secret.encode(), username.encode(), hashlib.sha1).digest()
        return IceServer(url, username, base64.b64encode(digest).decode())
    if settings.turn_username and settings.turn_password:
        return IceServer(url, settings.turn_username, settings.turn_password)
    raise InvalidInputError(
        "TALLYLIGHT_ICE_SERVERS names a TURN server: it needs TALLYLIGHT_TURN_SECRET, or TALLYLIGHT_TURN_USERNAME and "
        "TALLYLIGHT_TURN_PASSWORD"
    )
