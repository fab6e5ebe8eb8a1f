"""Signing in and out, and who am I."""

from urllib.parse import quote

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody
from litestar.response import Redirect

from tallylight.app.views import Me
from tallylight.app.web.client_address import client_address
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.app.web.staff_session import session_cookie, session_token
from tallylight.foundation.errors import TallyError
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


@post("/api/session", status_code=200)
async def sign_in(data: JSONBody[Credentials], request: WebRequest, services: Wired) -> Response[Me]:
    """Sign in by password: sets the session cookie. 401 ``wrong_password``; 429 after too many tries."""
    now_us = services.clock.monotonic_us()
    services.sign_ins_by_address.take(client_address(request.scope, services.trusted_proxies), now_us)
    services.sign_ins_by_email.take(data.email.strip().lower()[:EMAIL_LENGTH_MAX], now_us)
    async with services.database.transaction() as connection:
        person_id = await sign_in_by_password(connection, data.email, data.password)
        token = await open_session(connection, person_id, services.clock)
        staff = await session_of(connection, token, services.clock)
        assert staff is not None
    cookie = session_cookie(token, secure=services.secure_cookies)
    return Response(_me(staff), headers={"set-cookie": cookie})


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


@get("/signin/{token:str}", include_in_schema=False)
async def sign_in_by_link(token: FromPath[str], request: WebRequest, services: Wired) -> Redirect:
    """The one-time link: in with a cookie, or back to the sign-in page with the reason."""
    try:
        address = client_address(request.scope, services.trusted_proxies)
        services.sign_ins_by_address.take(address, services.clock.monotonic_us())
        async with services.database.transaction() as connection:
            person_id = await redeem_sign_in_link(connection, token, services.clock)
            session = await open_session(connection, person_id, services.clock)
    except TallyError as error:
        return Redirect(f"/signin?problem={quote(error.code)}", status_code=303)
    cookie = session_cookie(session, secure=services.secure_cookies)
    return Redirect("/control", status_code=303, headers={"set-cookie": cookie, "cache-control": "no-store"})


def _me(staff: Staff) -> Me:
    return Me(staff.person, staff.csrf_token, staff.memberships)


HANDLERS = [sign_in, sign_out, me, sign_in_by_link]
