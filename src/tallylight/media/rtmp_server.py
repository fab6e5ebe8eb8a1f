"""Listens for RTMP publishers, with limits on connections in all and for one address."""

import asyncio
from collections import Counter

import structlog

from tallylight.media.rtmp_connection import Authorise, RtmpConnection

log = structlog.get_logger()

CONNECTIONS_MAX = 200
CONNECTIONS_PER_ADDRESS_MAX = 20


class RtmpServer:
    """``await start(host, port)``, ``await close()``. Port 0 takes a free one; see ``port``."""

    def __init__(self, authorise: Authorise) -> None:
        self._authorise = authorise
        self._server: asyncio.Server | None = None
        self._connections: dict[RtmpConnection, str] = {}
        self._by_address: Counter[str] = Counter()
        self.turned_away = 0

    async def start(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: RtmpConnection(self._authorise, self._admit, self._forget), host, port
        )

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        """Stop listening and drop every publisher."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        if self._server is not None:
            await self._server.wait_closed()

    def _admit(self, connection: RtmpConnection, address: str) -> bool:
        full = len(self._connections) >= CONNECTIONS_MAX or self._by_address[address] >= CONNECTIONS_PER_ADDRESS_MAX
        if full:
            self.turned_away += 1
            log.warning("rtmp connection turned away", open=len(self._connections), turned_away=self.turned_away)
            return False
        self._connections[connection] = address
        self._by_address[address] += 1
        return True

    def _forget(self, connection: RtmpConnection) -> None:
        address = self._connections.pop(connection, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]
