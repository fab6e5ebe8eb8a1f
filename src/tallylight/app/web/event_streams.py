"""Server-sent events as raw ASGI: ``/api/shows/{id}/events`` for all, ``/api/control/shows/{id}/events`` for staff.

Two loops share a connection: one sends what the subscription holds, the other waits for ``http.disconnect``,
without which a server that goes down would wait for this stream for ever.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from litestar.types import HTTPScope, Receive, Send

from tallylight.app.media_links import media_links
from tallylight.app.services import Services
from tallylight.app.web.answers import header_of
from tallylight.app.web.client_address import client_address
from tallylight.app.web.security_headers import host_of
from tallylight.app.web.staff_session import staff_of
from tallylight.audience.delivery import Delivery
from tallylight.audience.frames import KEEP_ALIVE, parse_last_event_id, parse_position
from tallylight.audience.subscription import Subscription
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import PersonId
from tallylight.foundation.outbox import Position
from tallylight.foundation.rate_limit import RateLimit
from tallylight.media.stream_address import media_base_url
from tallylight.members.roles import require_role
from tallylight.members.types import Role
from tallylight.shows.queries import show_by

# A reader whose socket takes nothing for this long is let go.
SEND_TIMEOUT_S = 20
QUERY_LENGTH_MAX = 512
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


_HOST_EVENTS = frozenset(
    [b"reset", b"finding", b"finding.decided", b"cue.fired", b"broadcast.started", b"broadcast.ended"]
)


class EventStreams:
    """The two streams. An address may open twenty a second, a thousand at once after a network gap."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._limit = RateLimit(interval_us=MICROSECONDS // 20, burst=1_000)

    async def show(self, id_or_slug: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """What every viewer may know."""
        self._admit(scope)
        async with self._services.database.transaction() as connection:
            show = await show_by(connection, id_or_slug)
        counted, clock = self._services.viewer_count, self._services.clock
        ticket = counted.enter(show.id, _viewer(scope), clock.now_us())
        try:
            await self._stream(f"show:{show.id}", scope, receive, send)
        finally:
            counted.leave(show.id, ticket, clock.now_us())

    async def control(self, id_or_slug: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """What the show's staff may know."""
        await self._staff_stream(id_or_slug, scope, receive, send, roles=("producer", "compliance"))

    async def host(self, id_or_slug: str, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Of what the show's staff may know, what its host has to: stops, cues, and whether the show is on air."""
        await self._staff_stream(
            id_or_slug, scope, receive, send, roles=("host", "producer", "compliance"), of=_HOST_EVENTS
        )

    async def _staff_stream(
        self,
        id_or_slug: str,
        scope: HTTPScope,
        receive: Receive,
        send: Send,
        *,
        roles: tuple[Role, ...],
        of: frozenset[bytes] | None = None,
    ) -> None:
        """A stream that ends when its reader's place in a shop changes; they ask again, as who they are then."""
        self._admit(scope)
        async with self._services.database.transaction() as connection:
            person_id = (await staff_of(connection, scope, self._services.clock)).person.id
        async with news_of(self._services.delivery, person_id) as news:
            # Asked once more: what changes from here on is heard of.
            async with self._services.database.transaction() as connection:
                staff = await staff_of(connection, scope, self._services.clock)
                show = await show_by(connection, id_or_slug)
                require_role(staff, show.shop_id, *roles)
            await self._stream(f"control:{show.id}", scope, receive, send, of=of, until=news)

    def _admit(self, scope: HTTPScope) -> None:
        address = client_address(scope, self._services.trusted_proxies)
        self._limit.take(address, self._services.clock.monotonic_us())

    async def _stream(
        self,
        channel: str,
        scope: HTTPScope,
        receive: Receive,
        send: Send,
        *,
        of: frozenset[bytes] | None = None,
        until: Subscription | None = None,
    ) -> None:
        """``of``: the types of event that this reader may know; None: all. ``until``: what ends it when it speaks."""
        delivery = self._services.delivery
        told, reached = self._addresses(scope)
        subscription = await delivery.subscribe(channel, _position(scope))
        leaving = [asyncio.create_task(_leave_on_disconnect(receive, subscription))]
        if until is not None:
            leaving.append(asyncio.create_task(_leave_on_news(until, subscription)))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _send(send, b"retry: 1000\n\n")
            while (piece := await subscription.next()) is not None:
                piece = piece if of is None else _only(piece, of)
                await _send(send, piece if told == reached else piece.replace(told, reached))
            if subscription.closed_for != "left":
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            subscription.close("slow")
        finally:
            for task in leaving:
                task.cancel()
            delivery.leave(channel, subscription)

    def _addresses(self, scope: HTTPScope) -> tuple[bytes, bytes]:
        """How addresses of media begin in events, which know only the settings, and as this reader reaches them.

        The quotes belong to it: within anyone's text they are escaped, so nothing else can look like that.
        """
        settings = self._services.settings
        bases = (media_base_url(settings), media_links(settings, host_of(scope)).base)
        told, reached = (f'_url":"{base}/'.encode() for base in bases)
        return told, reached


def _only(piece: bytes, types: frozenset[bytes]) -> bytes:
    """The frames of these types; a comment that keeps the connection stays, as the sign of life that it is."""
    kept = (frame for frame in piece.split(b"\n\n") if frame and _type(frame) in types)
    return b"".join(frame + b"\n\n" for frame in kept) or KEEP_ALIVE


def _type(frame: bytes) -> bytes:
    return next((line[7:] for line in frame.split(b"\n") if line.startswith(b"event: ")), b"")


async def _send(send: Send, piece: bytes) -> None:
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _leave_on_disconnect(receive: Receive, subscription: Subscription) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.close("left")


async def _leave_on_news(news: Subscription, subscription: Subscription) -> None:
    while (piece := await news.next()) is not None:
        if any(_type(frame) for frame in piece.split(b"\n\n")):
            subscription.close("dismissed")
            return


@asynccontextmanager
async def news_of(delivery: Delivery, person_id: PersonId) -> AsyncIterator[Subscription]:
    """What is told of a person's place in their shops, from now on."""
    channel = f"person:{person_id}"
    subscription = await delivery.subscribe(channel, None)
    try:
        yield subscription
    finally:
        delivery.leave(channel, subscription)


def _position(scope: HTTPScope) -> Position | None:
    """Where the reader stands. After a break the browser's own Last-Event-ID is newer than the query it repeats."""
    last = parse_last_event_id(header_of(scope, b"last-event-id"))
    if last is not None:
        return last
    query = _query(scope)
    return parse_position(query.get("epoch", [""])[0], query.get("offset", [""])[0])


def _viewer(scope: HTTPScope) -> str | None:
    """The random id that the viewer's browser made up and keeps; None where it keeps none."""
    viewer = _query(scope).get("viewer", [""])[0]
    return viewer if 8 <= len(viewer) <= 64 else None


def _query(scope: HTTPScope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"][:QUERY_LENGTH_MAX].decode("latin-1"))
