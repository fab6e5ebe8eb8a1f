"""The cookies of a request."""

from http.cookies import CookieError, SimpleCookie

from litestar.types import HTTPScope

from tallylight.app.web.answers import header_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""They change nothing, and need no CSRF token."""


def cookie_of(scope: HTTPScope, name: str) -> str | None:
    """The cookie of this name, None without one."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(header_of(scope, b"cookie") or "")
    except CookieError:
        return None
    return jar[name].value if name in jar else None
