"""The signed-in shopper behind a request: a session of its own kind, of one shop.

The cookie goes to the shop's account calls and nowhere else: not to the buy call, not to the staff's, and not to
another shop of the same installation. In an embedded player it is not sent at all (SameSite), and everybody is a guest.
"""

import hmac

from litestar.types import HTTPScope
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.web.answers import header_of
from tallylight.app.web.cookies import SAFE_METHODS, cookie_of
from tallylight.checkout.shoppers.sessions import SESSION_TTL_US, Shopper, shopper_of_session
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import UnauthenticatedError
from tallylight.foundation.ids import ShopId
from tallylight.members.errors import CsrfError

COOKIE = "tallylight_shopper"


def shopper_token(scope: HTTPScope) -> str | None:
    """The session's secret, None without one."""
    return cookie_of(scope, COOKIE)


async def shopper_of(connection: AsyncConnection, scope: HTTPScope, shop_id: ShopId, *, now_us: int) -> Shopper:
    """Who calls. UnauthenticatedError when nobody is signed in; CsrfError for a change without the token."""
    token = shopper_token(scope)
    who = None if token is None else await shopper_of_session(connection, shop_id, token, now_us=now_us)
    if who is None:
        raise UnauthenticatedError("sign in to your account first")
    if scope["method"] not in SAFE_METHODS:
        given = header_of(scope, b"x-csrf-token") or ""
        if not hmac.compare_digest(given.encode(), who.csrf_token.encode()):
            raise CsrfError("the page is out of date; reload it and try again")
    return who


def shopper_cookie(token: str, shop_slug: str, *, secure: bool) -> str:
    """Set-Cookie for a fresh session; an empty token takes the cookie away."""
    age_s = SESSION_TTL_US // MICROSECONDS if token else 0
    where = f"Path=/api/account/{shop_slug}; HttpOnly; SameSite=Lax"
    return f"{COOKIE}={token}; Max-Age={age_s}; {where}" + ("; Secure" if secure else "")
