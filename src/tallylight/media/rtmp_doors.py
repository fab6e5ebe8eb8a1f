"""What stands before an RTMP connection on some ports: TLS of our own, or a proxy that says whom it speaks for.

Whoever comes is counted at once, before the handshake or the header: what is slow there takes a place like any other.
"""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Protocol, cast

import structlog

from tallylight.media.proxy_header import ProxyHeaderError, read_proxy_header
from tallylight.media.rtmp_connection import RtmpConnection

log = structlog.get_logger()

TLS_TIMEOUT_S = 10.0
PROXY_TIMEOUT_S = 10.0

Networks = Sequence[IPv4Network | IPv6Network]


class Guest(Protocol):
    """Whoever takes a place in the server."""

    def close(self) -> None: ...


Admit = Callable[[Guest, str], bool]
Forget = Callable[[Guest], None]
Open = Callable[[Admit, Forget], RtmpConnection]


class TlsDoor(asyncio.Protocol):
    """Shakes hands over TLS, then hands on. What arrives with the end of the handshake waits for the hand-over."""

    def __init__(self, tls: ssl.SSLContext, open_inner: Open, admit: Admit, forget: Forget) -> None:
        self._tls = tls
        self._open_inner = open_inner
        self._admit = admit
        self._forget = forget
        self._early = bytearray()
        self._transport: asyncio.Transport | None = None
        self._inner: RtmpConnection | None = None
        self._shaking: asyncio.Task[None] | None = None
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = self._transport.get_extra_info("peername")
        if not self._admit(self, peer[0] if peer else ""):
            self._transport.abort()
            return
        self._shaking = asyncio.get_running_loop().create_task(self._shake_hands(self._transport))

    def data_received(self, data: bytes) -> None:
        if self._inner is None:
            self._early += data
        else:
            self._inner.data_received(data)

    def pause_writing(self) -> None:
        """Nothing here writes much."""

    def resume_writing(self) -> None: ...

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        if self._inner is not None:
            self._inner.connection_lost(exc)
        self._forget(self)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()
        elif self._transport is not None:
            self._transport.abort()

    async def _shake_hands(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        try:
            encrypted = await loop.start_tls(
                transport, self, self._tls, server_side=True, ssl_handshake_timeout=TLS_TIMEOUT_S
            )
        except (OSError, ssl.SSLError, TimeoutError) as error:
            log.info("rtmps handshake failed", kind=type(error).__name__)
            transport.abort()
            self.connection_lost(None)
            return
        if encrypted is None or self._lost:
            self.connection_lost(None)
            return
        self._inner = self._open_inner(lambda *_: True, lambda _: None)
        self._inner.connection_made(encrypted)
        if self._early:
            self._inner.data_received(bytes(self._early))
            self._early.clear()


class ProxyDoor(asyncio.Protocol):
    """Takes the PROXY header of a trusted proxy, and counts the address that it names. Others are as they come."""

    def __init__(self, proxies: Networks, open_inner: Open, admit: Admit, forget: Forget) -> None:
        self._proxies = proxies
        self._open_inner = open_inner
        self._admit = admit
        self._forget = forget
        self._head = bytearray()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = self._transport.get_extra_info("peername")
        address = peer[0] if peer else ""
        if not any(ip_address(address.partition("%")[0]) in network for network in self._proxies):
            self._hand_on(self._transport, address, b"")
            return
        self._deadline = asyncio.get_running_loop().call_later(PROXY_TIMEOUT_S, self._transport.abort)
        # A proxy has one address for all its clients: it is counted by those, once they are known.
        if not self._admit(self, ""):
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._head += data
        try:
            found = read_proxy_header(bytes(self._head))
        except ProxyHeaderError:
            log.warning("a trusted proxy sent no PROXY header on the RTMP port")
            self._transport.abort()
            return
        if found is None:
            return
        address, taken = found
        peer = self._transport.get_extra_info("peername")
        self._leave()
        self._hand_on(self._transport, address or peer[0], bytes(self._head[taken:]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _leave(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._forget(self)

    def _hand_on(self, transport: asyncio.Transport, address: str, rest: bytes) -> None:
        inner = self._open_inner(lambda guest, _: self._admit(guest, address), self._forget)
        transport.set_protocol(inner)
        inner.connection_made(transport)
        if rest and not transport.is_closing():
            inner.data_received(rest)
