"""The signed-in person behind a request."""

from litestar.types import HTTPScope
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.web.answers import header_of
from tallylight.app.web.cookies import SAFE_METHODS, cookie_of
from tallylight.foundation.clock import Clock
from tallylight.foundation.errors import UnauthenticatedError
from tallylight.members.open_session import SESSION_TTL
from tallylight.members.queries import session_of
from tallylight.members.roles import require_csrf
from tallylight.members.types import Staff

COOKIE = "tallylight_session"


def session_token(scope: HTTPScope) -> str | None:
    """The session cookie, None without one."""
    return cookie_of(scope, COOKIE)


async def staff_of(connection: AsyncConnection, scope: HTTPScope, clock: Clock) -> Staff:
    """Who calls. UnauthenticatedError when nobody is signed in; CsrfError for a change without the token."""
    token = session_token(scope)
    staff = None if token is None else await session_of(connection, token, clock)
    if staff is None:
        raise UnauthenticatedError("sign in first")
    if scope["method"] not in SAFE_METHODS:
        require_csrf(staff, header_of(scope, b"x-csrf-token"))
    return staff


def session_cookie(token: str, *, secure: bool) -> str:
    """Set-Cookie for a fresh session; an empty token takes the cookie away."""
    age_s = int(SESSION_TTL.total_seconds()) if token else 0
    return f"{COOKIE}={token}; Max-Age={age_s}; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
