"""Listens for RTMP publishers, with limits on connections in all and for one address."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from tallylight.media.rtmp_connection import Authorise, RtmpConnection
from tallylight.media.rtmp_doors import Admit, Forget, Guest, Networks, ProxyDoor, TlsDoor

log = structlog.get_logger()

CONNECTIONS_MAX = 200
CONNECTIONS_PER_ADDRESS_MAX = 20


class RtmpServer:
    """``await start(host, port)`` once for each port, ``await close()``. Port 0 takes a free one; see ``port``."""

    def __init__(self, authorise: Authorise) -> None:
        self._authorise = authorise
        self._servers: list[asyncio.Server] = []
        self._listen_again: list[Callable[[], Awaitable[asyncio.Server]]] = []
        self._guests: dict[Guest, str] = {}
        self._by_address: Counter[str] = Counter()
        self.turned_away = 0

    async def start(
        self, host: str, port: int, *, tls: ssl.SSLContext | None = None, proxies: Networks = (), shared: bool = False
    ) -> None:
        """Listen on one more port: RTMP, with ``tls`` RTMPS, with ``proxies`` behind those, which end TLS themselves
        and name their clients by the PROXY protocol. ``shared``: other processes listen there too.
        """

        def accept() -> asyncio.Protocol:
            if tls is not None:
                return TlsDoor(tls, self._open, self._admit, self._forget)
            if proxies:
                return ProxyDoor(proxies, self._open, self._admit, self._forget)
            return self._open(self._admit, self._forget)

        loop = asyncio.get_running_loop()
        listen = partial(loop.create_server, accept, host, reuse_port=shared or None)
        server = await listen(port=port)
        self._servers.append(server)
        self._listen_again.append(partial(listen, port=server.sockets[0].getsockname()[1]))

    @property
    def port(self) -> int:
        """The port that was opened first."""
        return self.ports[0]

    @property
    def ports(self) -> list[int]:
        return [server.sockets[0].getsockname()[1] for server in self._servers]

    async def listen(self, wanted: bool) -> None:
        """Whether anyone new may come in, at the ports of ``start``; who is in stays. OSError when a port is taken."""
        if not wanted:
            self._stop_listening()
        for place, server in enumerate(self._servers):
            if wanted and not server.is_serving():
                self._servers[place] = await self._listen_again[place]()

    def _stop_listening(self) -> None:
        for server in self._servers:
            server.close()

    async def close(self) -> None:
        """Stop listening and drop every publisher."""
        self._stop_listening()
        for guest in list(self._guests):
            guest.close()
        for server in self._servers:
            await server.wait_closed()

    def _open(self, admit: Admit, forget: Forget) -> RtmpConnection:
        return RtmpConnection(self._authorise, admit, forget)

    def _admit(self, guest: Guest, address: str) -> bool:
        """Take a place. The empty address, of whom it is not known yet, has the limit of all."""
        crowded = bool(address) and self._by_address[address] >= CONNECTIONS_PER_ADDRESS_MAX
        if crowded or len(self._guests) >= CONNECTIONS_MAX:
            self.turned_away += 1
            log.warning("rtmp connection turned away", open=len(self._guests), turned_away=self.turned_away)
            return False
        self._guests[guest] = address
        self._by_address[address] += 1
        return True

    def _forget(self, guest: Guest) -> None:
        address = self._guests.pop(guest, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
