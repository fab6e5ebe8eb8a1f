"""Before the origin: what another media process of this machine serves is fetched from there.

Viewers keep one address while their show moves. Only what names a broadcast that is known to be elsewhere goes on, and
only once: what comes by the process's own port stays here.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import structlog

from tallylight.media.homes import MediaProcess
from tallylight.media.origin import OriginDirectory
from tallylight.media.peers import Peers
from tallylight.media.preview_token import verify_preview

log = structlog.get_logger()

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
App = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]

CONNECTIONS_MAX = 1_000
TIMEOUT_S = 30.0
"""Longer than the longest that an origin lets a request wait."""
ARRIVAL_WAIT_S = 3.0
"""Between a broadcast's last part here and its first moment there."""
CLIENT_HEADER = b"x-tallylight-client"
_LIVE = re.compile(r"/hls/([0-9a-f-]{36})/")
_PREVIEW = re.compile(r"/preview/([\w-]{16,64}\.[\w-]{16,64})/")
_NOT_PASSED_ON = {b"host", b"connection", b"transfer-encoding", b"keep-alive", b"date", b"server", CLIENT_HEADER}


class ForwardDoor:
    """An ASGI application before ``inner``. ``own_port`` is where other processes reach this one."""

    def __init__(self, inner: App, directory: OriginDirectory, peers: Peers) -> None:
        self.own_port = 0
        self._inner = inner
        self._directory = directory
        self._peers = peers
        self._client = httpx.AsyncClient(
            trust_env=False, timeout=TIMEOUT_S, limits=httpx.Limits(max_connections=CONNECTIONS_MAX)
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._peers.alone:
            if scope["server"][1] == self.own_port:
                await self._inner(_as_the_client(scope), receive, send)
                return
            elsewhere = await self._elsewhere(scope["path"])
            if elsewhere is not None:
                await self.forward(elsewhere, scope, b"", send)
                return
        await self._inner(scope, receive, send)

    async def forward(self, process: MediaProcess, scope: Mapping[str, Any], body: bytes, send: Send) -> int:
        """Have ``process`` answer; the answer's status."""
        path = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        client = (scope.get("client") or ("",))[0]
        headers = [(name, value) for name, value in scope["headers"] if name not in _NOT_PASSED_ON]
        request = self._client.build_request(
            scope["method"], f"http://{process.host}:{process.http_port}{path}", content=body,
            headers=[*headers, (CLIENT_HEADER, client.encode())],
        )  # fmt: skip
        try:
            answer = await self._client.send(request, stream=True)
        except httpx.HTTPError as error:
            log.info("another media process did not answer", process=process.name, kind=type(error).__name__)
            headers = [(b"retry-after", b"1"), (b"cache-control", b"no-store"), (b"access-control-allow-origin", b"*")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return 503
        try:
            kept = [(name.lower(), value) for name, value in answer.headers.raw]
            kept = [(name, value) for name, value in kept if name not in _NOT_PASSED_ON]
            await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
            async for piece in _pieces(answer):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await answer.aclose()
        return answer.status_code

    async def _elsewhere(self, path: str) -> MediaProcess | None:
        if match := _LIVE.match(path):
            broadcast_id = _uuid(match[1])
            served = self._directory.served.get(broadcast_id)
            if served is None:
                return self._peers.at_air_of(broadcast_id)
            if served.live.moved and served.live.get(path.rpartition("/")[2]) is None:
                if self._peers.at_air_of(broadcast_id) is None:
                    await self._peers.news(ARRIVAL_WAIT_S)
                return self._peers.at_air_of(broadcast_id)
            return None
        if match := _PREVIEW.match(path):
            broadcast = verify_preview(self._directory.preview_key, match[1], self._directory.clock.now_us())
            served = None if broadcast is None else self._directory.served.get(broadcast)
            gone = served is None or (served.preview.moved and served.preview.get(path.rpartition("/")[2]) is None)
            if broadcast is not None and gone:
                return self._peers.at_camera_of(broadcast)
        return None


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except httpx.HTTPError as error:
        log.info("another media process broke off", kind=type(error).__name__)


def _as_the_client(scope: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scope with the address of whom the other process speaks for."""
    client = next((value for name, value in scope["headers"] if name == CLIENT_HEADER), b"").decode("latin-1")
    return {**scope, "client": (client, 0)} if client else scope


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
