"""Stripe in a test's browser: its script and frames from here, its API from localstripe, at Stripe's own addresses."""

from pathlib import Path

import httpx
from playwright.sync_api import BrowserContext, Route

from tests.support.local_stripe import KEY

_SCRIPT = Path(__file__).with_name("stripe_js.js")
_FORM = """<!doctype html><title>Card</title><label>Card number <input oninput="parent.postMessage(value, '*')"></label>
<script>parent.postMessage("ready", "*")</script>"""
_CHALLENGE = """<!doctype html><title>Bank</title><p>Is it you?</p>
<button onclick="parent.postMessage('yes', '*')">Yes</button>
<button onclick="parent.postMessage('no', '*')">No</button>
<button onclick="parent.postMessage('left', '*')">Close</button>"""


def serve_stripe(context: BrowserContext, local_stripe_url: str) -> list[str]:
    """Answer Stripe's addresses in ``context``; the addresses asked for, as they come."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        request = route.request
        asked.append(request.url)
        host, _, path = request.url.removeprefix("https://").partition("/")
        if host == "api.stripe.com":
            found = httpx.post(
                f"{local_stripe_url}/{path}",
                content=request.post_data_buffer,
                headers={"content-type": "application/x-www-form-urlencoded"},
                auth=(KEY, ""),
            )
            route.fulfill(status=found.status_code, body=found.content, headers={"access-control-allow-origin": "*"})
        elif host == "hooks.stripe.com":
            route.fulfill(body=_CHALLENGE, content_type="text/html")
        elif path == "form":
            route.fulfill(body=_FORM, content_type="text/html")
        else:
            route.fulfill(path=_SCRIPT, content_type="text/javascript")

    context.route("https://*.stripe.com/**", answer)
    return asked
