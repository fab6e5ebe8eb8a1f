"""Headers that every answer carries, and the addresses they name.

What the pages may load is said once, here: our own files, pictures, and media from the media origin. Only the
viewer page may stand in someone else's frame. Only where buyers pay, there and on a receipt, Stripe's script may run
when the shop is paid by Stripe: with the directives that https://docs.stripe.com/security/guide#content-security-policy
names for Stripe.js, less what only its address form needs.
"""

import re

from litestar.types import HTTPScope

from tallylight.app.media_links import media_origin, store_origin
from tallylight.app.web.answers import header_of
from tallylight.foundation.errors import TallyError
from tallylight.foundation.settings import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


class BadHostError(TallyError):
    """The Host header is missing or is no host."""

    code = "bad_host"
    status = 400


def host_of(scope: HTTPScope) -> str:
    """The Host header, ``name`` or ``name:port``; BadHostError when it is none: it goes into headers and URLs."""
    host = header_of(scope, b"host") or ""
    if not _HOST.fullmatch(host):
        raise BadHostError("send a Host header with a host name")
    return host


def public_url(settings: Settings, host: str) -> str:
    """How the caller reaches the web process, without a slash at the end."""
    return (settings.public_url or f"http://{host}").rstrip("/")


_STRIPE_SCRIPTS = "https://js.stripe.com https://*.js.stripe.com"
_STRIPE_POLICY = f"script-src 'self' {_STRIPE_SCRIPTS}; frame-src {_STRIPE_SCRIPTS} https://hooks.stripe.com; "
_WALLETS = '(self "https://js.stripe.com" "https://*.js.stripe.com")'
"""Who may ask the browser for a wallet (Payment Request API)."""


def security_headers(settings: Settings, path: str, host: str) -> list[tuple[bytes, bytes]]:
    """The headers for an answer on ``path``."""
    embeddable = path.startswith("/watch/")
    # A receipt is where the difference of an exchange is paid.
    stripe = (embeddable or path.startswith("/receipt/")) and settings.stripe_in_player
    media = f"{media_origin(settings, host)} {store_origin(settings)}".rstrip()
    calls = f"{media} https://api.stripe.com" if stripe else media
    ancestors = "*" if embeddable else "'none'"
    policy = (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        f"{_STRIPE_POLICY if stripe else ''}"
        f"connect-src 'self' {calls}; media-src 'self' blob: {media}; img-src 'self' data: https:; "
        f"worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; frame-ancestors {ancestors}"
    )
    headers = [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", f"geolocation=(), payment={_WALLETS if stripe else '()'}, usb=()".encode()),
    ]
    if not embeddable:
        # A wallet may open a window of its own, and tells this page when it has paid.
        opener = b"same-origin-allow-popups" if stripe else b"same-origin"
        headers += [(b"x-frame-options", b"DENY"), (b"cross-origin-opener-policy", opener)]
    if (settings.public_url or "").startswith("https://"):
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return headers
