"""Stripe's tax calculations to test against, over HTTP as Stripe's library speaks it: localstripe has none of them.

The answers have the fields of https://docs.stripe.com/api/tax/calculations/object, filled with what a test wants.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]
Form = dict[str, str]
KEY = "sk_test_12345"


class LocalTax:
    """``answer``: from a request's form to status and body. ``asked``: every form that came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Form] = []
        self.answer: Callable[[Form], tuple[int, Json]] = lambda _: (500, {})


def part(percent: str, state: str | None = "NY", *, level: str = "state", country: str = "US", **more: object) -> Json:
    """One tax in a breakdown, on the whole amount."""
    return {
        "amount": 0,
        "jurisdiction": {"country": country, "display_name": "New York", "level": level, "state": state},
        "sourcing": "destination",
        "tax_rate_details": {"display_name": "Sales Tax", "percentage_decimal": percent, "tax_type": "sales_tax"},
        "taxability_reason": "standard_rated",
        "taxable_amount": 10_000,
    } | more


def calculation(by_class: dict[str, list[Json]], shipping: list[Json]) -> Json:
    """A calculation whose lines are taxed so."""
    items = [
        {"id": f"tax_li_{name}", "object": "tax.calculation_line_item", "reference": name, "tax_breakdown": parts}
        for name, parts in by_class.items()
    ]
    return {
        "id": "taxcalc_1",
        "object": "tax.calculation",
        "line_items": {"object": "list", "data": items, "has_more": False, "url": "/v1/tax/calculations/1/line_items"},
        "shipping_cost": {"amount": 10_000, "amount_tax": 0, "tax_breakdown": shipping},
    }


def refusal(code: str, message: str, kind: str = "invalid_request_error") -> Json:
    """What Stripe says when it refuses."""
    return {"error": {"type": kind, "code": code, "message": message}}


@contextmanager
def local_stripe_tax() -> Iterator[LocalTax]:
    """One that listens on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            known = self.headers.get("authorization") == f"Bearer {KEY}"
            there.asked.append(dict(parse_qsl(body)))
            if self.path != "/v1/tax/calculations":
                status, told = 404, refusal("", f"there is no {self.path}")
            elif not known:
                status, told = 401, refusal("", "Invalid API Key provided")
            else:
                status, told = there.answer(there.asked[-1])
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Nothing: the test says what it saw."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = LocalTax(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
