"""The links that sign shoppers in, on their way to an inbox."""

import asyncio
from email.message import EmailMessage
from uuid import uuid4

import msgspec
import structlog

from tallylight.app.mail.compose import letter
from tallylight.app.mail.smtp import RefusedForGoodError, Send
from tallylight.checkout.shoppers.send_link import LINK_TTL_US, LinkToSend, link_not_sent, link_sent, take_link
from tallylight.foundation.clock import MICROSECONDS, Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import UnavailableError

LINKS_A_TURN = 50

_log = structlog.get_logger(__name__)


class LinkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the mail says. ``minutes``: how long its link works."""

    shop_name: str
    email: str
    url: str
    minutes: int


async def send_links(database: Database, send: Send, *, sender: str, base_url: str, clock: Clock) -> int:
    """Send the links that wait, at most LINKS_A_TURN; how many the server took. One that fails stops no other."""
    sent = 0
    for _ in range(LINKS_A_TURN):
        now_us = clock.now_us()
        async with database.transaction() as connection:
            link = await take_link(connection, now_us=now_us)
        if link is None:
            break
        sent += await _send_one(database, send, link, sender=sender, base_url=base_url, now_us=now_us)
    return sent


async def _send_one(
    database: Database, send: Send, link: LinkToSend, *, sender: str, base_url: str, now_us: int
) -> bool:
    for_good: bool | None = None
    try:
        await asyncio.to_thread(send, _message(link, sender=sender, base_url=base_url, now_us=now_us))
    except (ValueError, RefusedForGoodError):  # ValueError: what passed for an address is none that a header can hold
        for_good = True
    except UnavailableError:
        for_good = False
    async with database.transaction() as connection:
        if for_good is None:
            await link_sent(connection, link.id)
        else:
            await link_not_sent(connection, link, for_good=for_good, now_us=now_us)
    if for_good:
        _log.warning("a sign-in link was not sent", link_id=str(link.id))
    return for_good is None


def _message(link: LinkToSend, *, sender: str, base_url: str, now_us: int) -> EmailMessage:
    """The secret stands behind the ``#``: what follows it is sent to no server and is in no server's log."""
    show = f"?show={link.show_slug}" if link.show_slug else ""
    facts = LinkFacts(
        shop_name=link.shop_name,
        email=link.email,
        url=f"{base_url}/account/{link.shop_slug}/signin{show}#{link.token}",
        minutes=LINK_TTL_US // (60 * MICROSECONDS),
    )
    return letter(
        "sign_in",
        facts,
        subject=f"Sign in to {link.shop_name}",
        shop_name=link.shop_name,
        sender=sender,
        to=("", link.email),
        message_id=str(uuid4()),
        now_us=now_us,
    )
