"""A whole file that is in memory is answered as its request is read: no task, no scope, no messages to and fro.

It is one in four of a viewer's requests and nearly all of their bytes. Whatever asks for more (a range, a validator, a
file that is not there yet, an answer still under way on the connection) goes the way of the application, which gives
the same answer: tests/media/test_serving.py compares the two.
"""

from collections.abc import Callable

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

AtOnce = Callable[[str], tuple[bytes, bytes | memoryview] | None]
"""By a request's path: the headers, each line ended, and the body. None: nothing to say at once."""

TARGET_BYTES_MAX = 512
_ASKS_FOR_MORE = frozenset(
    {b"range", b"if-range", b"if-none-match", b"expect", b"upgrade", b"content-length", b"transfer-encoding"}
)
_STATUS = b"HTTP/1.1 200 OK\r\n"


class AnswersAtOnce(HttpToolsProtocol):
    """uvicorn's protocol with a short way."""

    find: AtOnce
    """Of a subclass: see ``answering``."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._answered = False

    def on_headers_complete(self) -> None:
        found = self._found()
        if found is None:
            super().on_headers_complete()
            return
        self._answered = True
        headers, body = found
        standing = b"".join([b"%b: %b\r\n" % header for header in self.server_state.default_headers])
        self.transport.writelines([b"%b%b%b\r\n" % (_STATUS, standing, headers), body])
        self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._answered:
            super().on_message_complete()

    def _found(self) -> tuple[bytes, bytes | memoryview] | None:
        """What to answer at once; None when this request or this moment is for the application."""
        under_way = self.cycle is not None and not self.cycle.response_complete
        if under_way or self.flow.write_paused or self.transport.is_closing():
            return None
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            return None
        parser: httptools.HttpRequestParser = self.parser
        if parser.get_method() != b"GET" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return None
        if len(self.url) > TARGET_BYTES_MAX or any(name in _ASKS_FOR_MORE for name, _ in self.headers):
            return None
        return type(self).find(self.url.decode("latin-1"))


def answering(at_once: AtOnce) -> type[AnswersAtOnce]:
    """The protocol that asks ``at_once``."""
    return type("AnswersAtOnceWith", (AnswersAtOnce,), {"find": staticmethod(at_once)})
