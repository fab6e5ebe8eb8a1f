"""Somebody follows a shop, by e-mail: what a follower's voucher asks for."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.models import follower
from tallylight.foundation.ids import ShopId


async def follow_shop(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes, *, at_us: int) -> None:
    """``buyer_hash`` follows the shop since wall time ``at_us``; following again changes nothing."""
    row = {"shop_id": shop_id, "buyer_hash": buyer_hash, "followed_us": at_us}
    await connection.execute(insert(follower).values(row).on_conflict_do_nothing())
