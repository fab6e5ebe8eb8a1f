"""Deletes sessions and sign-in links that no longer open anything."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import Clock, to_datetime
from tallylight.members.models import session, sign_in_link

# A spent link is kept for a while, so that "who signed in by which link" can be answered.
LINK_KEPT = timedelta(days=7)


async def delete_expired(connection: AsyncConnection, clock: Clock) -> int:
    """How many sessions and links went."""
    now = to_datetime(clock.now_us())
    sessions = await connection.execute(sa.delete(session).where(session.c.expires_at <= now))
    links = await connection.execute(sa.delete(sign_in_link).where(sign_in_link.c.expires_at <= now - LINK_KEPT))
    return sessions.rowcount + links.rowcount
