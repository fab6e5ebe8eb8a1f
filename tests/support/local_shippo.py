"""Shippo's shipments to test against, over HTTP: answers have the fields of
https://docs.goshippo.com/api-reference/shipments/create-a-new-shipment, filled with what a test wants.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
TOKEN = "shippo_test_12345"


class LocalShippo:
    """``answer``: from a shipment to status and body. ``asked``: every shipment that came. ``slow_s``: how long each
    answer takes.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Json] = []
        self.slow_s = 0.0
        self.answer: Callable[[Json], tuple[int, bytes]] = lambda _: (500, b"{}")


def rate(token: str, amount: str, currency: str = "USD", days: int | None = 3, **more: object) -> Json:
    """One rate."""
    return {
        "object_id": "adcfdddf8ec64b84ad22772bce3ea37a", "amount": amount, "currency": currency,
        "amount_local": amount, "currency_local": currency, "provider": token.partition("_")[0].upper(),
        "servicelevel": {"name": token, "token": token, "terms": ""}, "estimated_days": days, "attributes": [],
        "messages": [], "test": True,
    } | more  # fmt: skip


def shipment(*rates: Json, why: str = "") -> bytes:
    """A shipment with these rates."""
    messages = [{"source": "USPS", "code": "", "text": why}] if why else []
    told = {"object_id": "5e40ead7cffe4cc1ad45108696162e42", "status": "SUCCESS", "rates": rates, "messages": messages}
    return json.dumps(told).encode()


@contextmanager
def local_shippo() -> Iterator[LocalShippo]:
    """One that listens on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
            there.asked.append(body)
            if self.path != "/shipments/" or self.headers.get("shippo-api-version") != "2018-02-08":
                status, told = 404, b"{}"
            elif self.headers.get("authorization") != f"ShippoToken {TOKEN}":
                status, told = 401, b'{"detail": "Invalid token"}'
            else:
                time.sleep(there.slow_s)
                status, told = there.answer(body)
            with suppress(OSError):  # who asked may have had enough
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what it saw."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    there = LocalShippo(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
