"""Headers that every answer carries, and the addresses they name.

What the pages may load is said once, here: our own files, pictures, and media from the media origin. Only the
viewer page may stand in someone else's frame.
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


def security_headers(settings: Settings, path: str, host: str) -> list[tuple[bytes, bytes]]:
    """The headers for an answer on ``path``."""
    embeddable = path.startswith("/watch/")
    media = f"{media_origin(settings, host)} {store_origin(settings)}".rstrip()
    policy = (
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; "
        f"connect-src 'self' {media}; media-src 'self' blob: {media}; img-src 'self' data: https:; "
        "worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
        f"frame-ancestors {'*' if embeddable else chr(39) + 'none' + chr(39)}"
    )
    headers = [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", b"geolocation=(), payment=(), usb=()"),
    ]
    if not embeddable:
        headers += [(b"x-frame-options", b"DENY"), (b"cross-origin-opener-policy", b"same-origin")]
    if (settings.public_url or "").startswith("https://"):
        headers.append((b"strict-transport-security", b"max-age=31536000"))
    return headers
