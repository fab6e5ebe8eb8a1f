"""Signing in and out, and who am I."""

import msgspec
from litestar import Response, delete, get, post
from litestar.params import JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.services import Services
from tallylight.app.views import Me
from tallylight.app.web.client_address import client_address
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.app.web.staff_session import session_cookie, session_token
from tallylight.foundation.ids import PersonId
from tallylight.members.open_session import close_session, open_session
from tallylight.members.queries import session_of
from tallylight.members.redeem_sign_in_link import redeem_sign_in_link
from tallylight.members.sign_in_by_password import sign_in_by_password
from tallylight.members.types import Staff

EMAIL_LENGTH_MAX = 254


class Credentials(msgspec.Struct):
    """E-mail and password."""

    email: str
    password: str


class Link(msgspec.Struct):
    """The token of a one-time link."""

    token: str


@post("/api/session", status_code=200)
async def sign_in(data: JSONBody[Credentials], request: WebRequest, services: Wired) -> Response[Me]:
    """Sign in by password: sets the session cookie. 401 ``wrong_password``; 429 after too many tries."""
    now_us = services.clock.monotonic_us()
    services.sign_ins_by_address.take(client_address(request.scope, services.trusted_proxies), now_us)
    services.sign_ins_by_email.take(data.email.strip().lower()[:EMAIL_LENGTH_MAX], now_us)
    async with services.database.transaction() as connection:
        person_id = await sign_in_by_password(connection, data.email, data.password)
        return await _entered(connection, person_id, services)


@delete("/api/session", status_code=204)
async def sign_out(staff: SignedIn, request: WebRequest, services: Wired) -> Response[None]:
    """Sign out: ends the session and takes its cookie away."""
    async with services.database.transaction() as connection:
        await close_session(connection, session_token(request.scope) or "")
    return Response(None, headers={"set-cookie": session_cookie("", secure=services.secure_cookies)})


@get("/api/me")
async def me(staff: SignedIn) -> Me:
    """The signed-in person, their CSRF token and shops."""
    return _me(staff)


@post("/api/session/link", status_code=200)
async def sign_in_by_link(data: JSONBody[Link], request: WebRequest, services: Wired) -> Response[Me]:
    """Sign in by a one-time link: sets the session cookie. 401 ``link_spent``; 429 after too many tries.

    The link itself opens a page whose button calls this: whatever only looks at links (a mail scanner, a preview in
    a chat) spends none.
    """
    address = client_address(request.scope, services.trusted_proxies)
    services.sign_ins_by_address.take(address, services.clock.monotonic_us())
    async with services.database.transaction() as connection:
        person_id = await redeem_sign_in_link(connection, data.token, services.clock)
        return await _entered(connection, person_id, services)


async def _entered(connection: AsyncConnection, person_id: PersonId, services: Services) -> Response[Me]:
    """A new session, its cookie, and who it is."""
    token = await open_session(connection, person_id, services.clock)
    staff = await session_of(connection, token, services.clock)
    assert staff is not None
    cookie = session_cookie(token, secure=services.secure_cookies)
    return Response(_me(staff), headers={"set-cookie": cookie})


def _me(staff: Staff) -> Me:
    return Me(staff.person, staff.csrf_token, staff.memberships)


HANDLERS = [sign_in, sign_out, me, sign_in_by_link]
