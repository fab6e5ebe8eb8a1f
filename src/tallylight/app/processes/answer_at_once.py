"""A whole file that is in memory is answered as its request is read: no task, no scope, no messages to and fro.

Nearly all bytes that viewers fetch go this way; a segment that is on disk too is sent by the kernel, uncopied. Whatever
asks for more (a range, a validator, a file that is not there yet, an answer still under way on the connection) goes the
way of the application, which gives the same answer: tests/media/test_serving.py compares the two.
"""

import os
import socket
from collections.abc import Callable

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

Answer = tuple[bytes, bytes | memoryview, int | None]
"""The headers, each line ended; the body; and the descriptor of a file that holds just that body."""
AtOnce = Callable[[str], Answer | None]
"""By a request's path. None: nothing to say at once."""

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
        """What uvicorn makes here for the application is made when it comes to that."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._answered = False

    def on_headers_complete(self) -> None:
        found = self._found()
        if found is None:
            self._begin_in_full()
            super().on_headers_complete()
            return
        self._answered = True
        headers, body, file = found
        standing = b"".join([b"%b: %b\r\n" % header for header in self.server_state.default_headers])
        head = b"%b%b%b\r\n" % (_STATUS, standing, headers)
        sent = 0
        if file is not None and self.scheme == "http" and not self.transport.get_write_buffer_size():
            sent = _sent_by_the_kernel(self.transport.get_extra_info("socket").fileno(), head, file, len(body))
        if sent < len(head):
            self.transport.writelines([head[sent:], body])
        elif sent < len(head) + len(body):
            self.transport.write(memoryview(body)[sent - len(head) :])
        self.on_response_complete()

    def on_body(self, body: bytes) -> None:
        if not self._answered:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._answered:
            super().on_message_complete()

    def _begin_in_full(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers

    def _found(self) -> Answer | None:
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


def _sent_by_the_kernel(connection: int, head: bytes, file: int, size: int) -> int:
    """Bytes of ``head`` and then of ``file`` that the socket takes now: nothing is copied, and nothing waits.

    What it does not take, and every error, is the transport's.
    """
    sent = 0
    try:
        sent = _sent_with_more_to_come(connection, head)
        while len(head) <= sent < len(head) + size:
            taken = os.sendfile(connection, file, sent - len(head), len(head) + size - sent)
            if not taken:
                break
            sent += taken
    except OSError:
        pass
    return sent


def _sent_with_more_to_come(connection: int, head: bytes) -> int:
    """The head of an answer goes in one packet with the beginning of its body."""
    borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, connection)
    try:
        return borrowed.send(head, socket.MSG_MORE)
    finally:
        borrowed.detach()  # it stays the transport's


def answering(at_once: AtOnce) -> type[AnswersAtOnce]:
    """The protocol that asks ``at_once``."""
    return type("AnswersAtOnceWith", (AnswersAtOnce,), {"find": staticmethod(at_once)})
