"""Shoppers' sessions: their own kind, apart from the staff's."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.shoppers.models import shopper, shopper_session
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShopId
from tallylight.members.tokens import hash_of, new_token

SESSION_TTL_US = 30 * 86_400 * MICROSECONDS
SESSIONS_MAX = 20
"""Of one shopper; the oldest goes."""


class Shopper(msgspec.Struct, frozen=True):
    """Who is signed in at a shop."""

    id: UUID
    shop_id: ShopId
    email: str
    csrf_token: str


async def open_session(connection: AsyncConnection, shopper_id: UUID, *, now_us: int) -> str:
    """A fresh session: the token that its cookie carries."""
    token = new_token()
    newest = (
        sa.select(shopper_session.c.token_hash)
        .where(shopper_session.c.shopper_id == shopper_id)
        .order_by(shopper_session.c.opened_us.desc())
        .limit(SESSIONS_MAX - 1)
    )
    await connection.execute(
        sa.delete(shopper_session).where(
            shopper_session.c.shopper_id == shopper_id, shopper_session.c.token_hash.not_in(newest)
        )
    )
    await connection.execute(
        shopper_session.insert().values(
            token_hash=hash_of(token),
            shopper_id=shopper_id,
            csrf_token=new_token(),
            opened_us=now_us,
            expires_us=now_us + SESSION_TTL_US,
        )
    )
    return token


async def shopper_of_session(
    connection: AsyncConnection, shop_id: ShopId, token: str, *, now_us: int
) -> Shopper | None:
    """Who is signed in at the shop with this token; None when nobody is, or no longer."""
    row = (
        await connection.execute(
            sa.select(shopper.c.id, shopper.c.email, shopper_session.c.csrf_token)
            .join(shopper_session, shopper_session.c.shopper_id == shopper.c.id)
            .where(
                shopper_session.c.token_hash == hash_of(token),
                shopper_session.c.expires_us > now_us,
                shopper.c.shop_id == shop_id,
            )
        )
    ).one_or_none()
    return None if row is None else Shopper(row.id, shop_id, row.email, row.csrf_token)


async def close_session(connection: AsyncConnection, token: str) -> None:
    """End the session; an unknown token is nobody's and changes nothing."""
    await connection.execute(sa.delete(shopper_session).where(shopper_session.c.token_hash == hash_of(token)))


async def close_all_sessions(connection: AsyncConnection, shopper_id: UUID) -> int:
    """End every session of the shopper, on whatever device; how many."""
    gone = await connection.execute(sa.delete(shopper_session).where(shopper_session.c.shopper_id == shopper_id))
    return gone.rowcount


async def count_sessions(connection: AsyncConnection, shopper_id: UUID, *, now_us: int) -> int:
    """On how many devices the shopper is signed in."""
    living = sa.select(sa.func.count()).where(
        shopper_session.c.shopper_id == shopper_id, shopper_session.c.expires_us > now_us
    )
    return int(await connection.scalar(living) or 0)


async def forget_sessions(connection: AsyncConnection, *, now_us: int) -> int:
    """Delete the sessions that have expired; how many."""
    gone = await connection.execute(sa.delete(shopper_session).where(shopper_session.c.expires_us <= now_us))
    return gone.rowcount
