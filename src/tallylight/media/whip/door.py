"""WHIP's HTTP side (RFC 9725): ``POST /whip`` with an offer and a bearer token, ``DELETE`` its Location to end."""

import asyncio
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from tallylight.media.forward_door import ForwardDoor
from tallylight.media.peers import Elsewhere, Peers
from tallylight.media.rtmp_connection import MOVING, Accepted, Publisher, Refused
from tallylight.media.whip.ice import IceServer
from tallylight.media.whip.session import OfferRefusedError, WhipSession

log = structlog.get_logger()

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
App = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]
IceServers = Callable[[], list[IceServer]]
"""Asked for each session: passwords expire."""
AuthoriseToken = Callable[[str, Publisher], Awaitable[Accepted | Refused | Elsewhere]]

OFFER_BYTES_MAX = 64 << 10
SESSIONS_MAX = 32
SESSIONS_PER_ADDRESS_MAX = 4
ANSWER_TIMEOUT_S = 15


class WhipDoor:
    """An ASGI application: takes ``/whip`` and hands everything else to ``inner``."""

    def __init__(
        self, authorise: AuthoriseToken, inner: App, *, peers: Peers | None = None, servers: IceServers = list
    ) -> None:
        self.forward: ForwardDoor | None = None
        """How to reach other media processes."""
        self._authorise = authorise
        self._inner = inner
        self._peers = peers
        self._ice_servers = servers
        self._sessions: dict[str, WhipSession] = {}
        self._addresses: dict[WhipSession, str] = {}
        self._by_address: Counter[str] = Counter()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == "/whip" or path.startswith("/whip/")):
            await self._inner(scope, receive, send)
            return
        match scope["method"]:
            case "OPTIONS":
                await _say(send, 204, headers=[(b"access-control-allow-methods", b"POST, DELETE"),
                                               (b"access-control-allow-headers", b"authorization, content-type"),
                                               (b"access-control-max-age", b"86400")])  # fmt: skip
            case "POST" if path == "/whip":
                await self._post(scope, receive, send)
            case "DELETE":
                await self._delete(path.removeprefix("/whip/"), scope, send)
            case _:
                await _say(send, 405)

    def close(self) -> None:
        """End every session."""
        for session in list(self._sessions.values()):
            session.close()

    async def _delete(self, name: str, scope: Mapping[str, Any], send: Send) -> None:
        session = self._sessions.get(name)
        if session is not None:
            session.close()
            await _say(send, 200)
            return
        if self.forward is not None and self._peers is not None and scope["server"][1] != self.forward.own_port:
            for process in self._peers.others():
                if await self.forward.forward(process, scope, b"", _unheard) == 200:
                    await _say(send, 200)
                    return
        await _say(send, 404)

    async def _post(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        kind, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() != "bearer" or not token:
            await _say(send, 401, "Send the token as Authorization: Bearer.", [(b"www-authenticate", b"Bearer")])
            return
        address = (scope.get("client") or ("",))[0]
        if len(self._sessions) >= SESSIONS_MAX or self._by_address[address] >= SESSIONS_PER_ADDRESS_MAX:
            await _say(send, 503, "Too many browsers are publishing. Try again in a moment.", [(b"retry-after", b"10")])
            return
        offer = await _body(receive)
        if offer is None:
            await _say(send, 413, "The offer is too large.")
            return
        await self._begin(token.strip(), offer, address, scope, send)

    async def _begin(self, token: str, offer: bytes, address: str, scope: Mapping[str, Any], send: Send) -> None:
        name = secrets.token_urlsafe(24)
        servers = self._ice_servers()
        session = WhipSession(lambda one: self._forget(name, one), [server.ours() for server in servers])
        self._sessions[name] = session
        self._addresses[session] = address
        self._by_address[address] += 1
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                accepted = await self._authorise(token, session)
                if isinstance(accepted, Refused):
                    session.close()
                    await _say(send, 403, accepted.description)
                    return
                if isinstance(accepted, Elsewhere):
                    session.close()
                    if self.forward is None or scope["server"][1] == self.forward.own_port:
                        await _say(send, 503, MOVING, [(b"retry-after", b"1")])
                    else:
                        await self.forward.forward(accepted.process, scope, offer, send)
                    return
                session.open(accepted.sink)
                answer = await session.answer(offer.decode("utf-8", "replace"))
        except OfferRefusedError as error:
            session.close()
            await _say(send, 422, error.description)
            return
        except BaseException:
            session.close()
            raise
        headers = [(b"location", f"whip/{name}".encode()), (b"content-type", b"application/sdp")]
        headers += [(b"link", server.link()) for server in servers]
        await _say(send, 201, answer, headers)

    def _forget(self, name: str, session: WhipSession) -> None:
        self._sessions.pop(name, None)
        address = self._addresses.pop(session, None)
        if address is not None:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


async def _unheard(message: dict[str, Any]) -> None:
    # Of this answer only the status counts.
    del message


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += bytes(message.get("body", b""))
        if len(body) > OFFER_BYTES_MAX:
            return None
        if not message.get("more_body"):
            return body


async def _say(send: Send, status: int, text: str = "", headers: list[tuple[bytes, bytes]] | None = None) -> None:
    body = text.encode()
    everyone = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-expose-headers", b"location, link"),
        (b"cache-control", b"no-store"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": everyone + (headers or [])})
    await send({"type": "http.response.body", "body": body})
