"""Somebody follows a shop, by e-mail: what a follower's voucher asks for."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.models import follower
from tallylight.foundation.ids import ShopId


async def follow_shop(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes, *, at_us: int) -> None:
    """``buyer_hash`` follows the shop since wall time ``at_us``; following again changes nothing."""
    row = {"shop_id": shop_id, "buyer_hash": buyer_hash, "followed_us": at_us}
    await connection.execute(insert(follower).values(row).on_conflict_do_nothing())


async def unfollow_shop(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes) -> None:
    """``buyer_hash`` follows the shop no more; who does not anyway stays so."""
    await connection.execute(
        sa.delete(follower).where(follower.c.shop_id == shop_id, follower.c.buyer_hash == buyer_hash)
    )


async def followed_since(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes) -> int | None:
    """Wall time since when ``buyer_hash`` follows the shop; None when it does not."""
    found = sa.select(follower.c.followed_us).where(follower.c.shop_id == shop_id, follower.c.buyer_hash == buyer_hash)
    return (await connection.execute(found)).scalar_one_or_none()
