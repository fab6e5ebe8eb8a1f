"""The outermost layer: what every request passes before and after its route.

It checks Host and content type, adds the security headers, and answers itself the three things that should cost
nothing more: event streams, the buy call, and the built front end.
"""

import re
from functools import cache

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Counter

from tallylight.app.services import Services
from tallylight.app.web.answers import WrongContentTypeError, header_of, send_json
from tallylight.app.web.event_streams import EventStreams
from tallylight.app.web.orders_route import OrdersRoute
from tallylight.app.web.problems import failure_of
from tallylight.app.web.security_headers import host_of, security_headers
from tallylight.app.web.static_files import StaticFiles
from tallylight.foundation.errors import NotFoundError

ANSWERS = Counter("tallylight_http_answers_total", "Answers by kind of route and status.", ["kind", "status"])

_SHOW_EVENTS = re.compile(r"/api/shows/([^/]{1,80})/events")
_HOST_EVENTS = re.compile(r"/api/host/shows/([^/]{1,80})/events")
_CONTROL_EVENTS = re.compile(r"/api/control/shows/([^/]{1,80})/events")
_FRAMEWORK = ("/api/", "/media/", "/healthz", "/metrics")
_OTHER_BODIES = (
    (re.compile(r"/api/office/shops/[^/]+/products/import"), "text/csv"),
    (re.compile(r"/api/desk/shops/[^/]+/claims/import"), "text/csv"),
    (re.compile(r"/api/desk/claims/[^/]+/files"), "application/octet-stream"),
    (re.compile(r"/api/(?:control/shows|office/shops)/[^/]+/air-look/(?:picture|sound)"), "application/octet-stream"),
)


class Edge:
    """The ASGI application of the web process."""

    def __init__(self, services: Services, inner: Litestar) -> None:
        self._services = services
        self._inner = inner
        self._streams = EventStreams(services)
        self._orders = OrdersRoute(services)
        self._static = StaticFiles()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._answer(scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = False
        kind = _kind(scope["path"])

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                names = {name for name, _ in message["headers"]}
                extra = security_headers(self._services.settings, scope["path"], host)
                if kind == "api" and b"cache-control" not in names:
                    extra.append((b"cache-control", b"no-store"))
                message["headers"] = [*message["headers"], *extra]
                _answers(kind, message["status"]).inc()
            await send(message)

        host = "localhost"
        try:
            host = host_of(scope)
            _check_content_type(scope)
            await self._route(scope, receive, guarded_send)
        except Exception as error:
            failure = failure_of(error, kind)
            if not started:
                headers = [(name.encode(), value.encode()) for name, value in failure.headers.items()]
                await send_json(guarded_send, failure.status, failure.answer, headers)

    async def _route(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if path == "/api/orders" and method == "POST":
            await self._orders(scope, receive, send)
        elif method == "GET" and (match := _SHOW_EVENTS.fullmatch(path)):
            await self._streams.show(match[1], scope, receive, send)
        elif method == "GET" and (match := _CONTROL_EVENTS.fullmatch(path)):
            await self._streams.control(match[1], scope, receive, send)
        elif method == "GET" and (match := _HOST_EVENTS.fullmatch(path)):
            await self._streams.host(match[1], scope, receive, send)
        elif path.startswith(_FRAMEWORK) or method not in ("GET", "HEAD"):
            await self._inner(scope, receive, send)
        elif not await self._static.asset(scope, send):
            if path.startswith("/assets/"):
                raise NotFoundError("there is no such file")
            await self._static.page(scope, send)


@cache
def _answers(kind: str, status: int) -> Counter:
    """The counter of one kind and status: to look it up by its labels takes longer than to count."""
    return ANSWERS.labels(kind, str(status))


def _kind(path: str) -> str:
    if path.startswith("/api/"):
        return "events" if path.endswith("/events") else "api"
    return "other"


def _check_content_type(scope: HTTPScope) -> None:
    """A body is JSON, CSV for an import, bytes for a file. A form of another site can send none of these without
    asking first (CORS).
    """
    if scope["method"] in ("GET", "HEAD", "OPTIONS", "DELETE") or not scope["path"].startswith("/api/"):
        return
    has_body = header_of(scope, b"content-length") not in (None, "0") or header_of(scope, b"transfer-encoding")
    if not has_body:
        return
    path = scope["path"]
    wanted = next((kind for pattern, kind in _OTHER_BODIES if pattern.fullmatch(path)), "application/json")
    if (header_of(scope, b"content-type") or "").partition(";")[0].strip().lower() != wanted:
        raise WrongContentTypeError(f"send the body as {wanted}")
