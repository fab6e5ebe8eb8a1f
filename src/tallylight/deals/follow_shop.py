"""Somebody follows a shop: what a follower's voucher asks for.

A viewer who gives no name follows as their browser's random id, which is a secret of that browser; here stands its
hash. The first order that counts on the follow binds it to the e-mail of that order, and it counts for no other from
then on: one follow, one buyer, however many addresses somebody has.
"""

import hashlib

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.models import follower, viewer_follow
from tallylight.foundation.ids import ShopId


async def follow_shop(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes, *, at_us: int) -> None:
    """``buyer_hash`` follows the shop since wall time ``at_us``; following again changes nothing."""
    row = {"shop_id": shop_id, "buyer_hash": buyer_hash, "followed_us": at_us}
    await connection.execute(insert(follower).values(row).on_conflict_do_nothing())


async def unfollow_shop(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes) -> None:
    """``buyer_hash`` follows the shop no more, by no viewer's follow either; who does not anyway stays so."""
    for table in (follower, viewer_follow):
        await connection.execute(sa.delete(table).where(table.c.shop_id == shop_id, table.c.buyer_hash == buyer_hash))


async def followed_since(connection: AsyncConnection, shop_id: ShopId, buyer_hash: bytes) -> int | None:
    """Wall time since when ``buyer_hash`` follows the shop; None when it does not."""
    found = sa.select(follower.c.followed_us).where(follower.c.shop_id == shop_id, follower.c.buyer_hash == buyer_hash)
    return (await connection.execute(found)).scalar_one_or_none()


def viewer_hash(shop_id: ShopId, viewer_id: str) -> bytes:
    """What is kept of a browser's random id: the shop's own, so that two shops cannot tell that it is one viewer."""
    return hashlib.sha256(b"viewer" + shop_id.bytes + viewer_id.encode()).digest()


async def follow_as_viewer(connection: AsyncConnection, shop_id: ShopId, viewer_id: str, *, at_us: int) -> None:
    """The viewer follows the shop since wall time ``at_us``; following again changes nothing."""
    row = {"shop_id": shop_id, "viewer_hash": viewer_hash(shop_id, viewer_id), "followed_us": at_us}
    await connection.execute(insert(viewer_follow).values(row).on_conflict_do_nothing())


async def unfollow_as_viewer(connection: AsyncConnection, shop_id: ShopId, viewer_id: str) -> None:
    """The viewer follows no more, nor does the buyer that their follow was bound to."""
    own = viewer_follow.c.shop_id == shop_id, viewer_follow.c.viewer_hash == viewer_hash(shop_id, viewer_id)
    gone = await connection.execute(viewer_follow.delete().where(*own).returning(viewer_follow.c.buyer_hash))
    buyer = gone.scalar_one_or_none()
    if buyer is not None:
        await unfollow_shop(connection, shop_id, buyer)


async def follows_as_viewer(connection: AsyncConnection, shop_id: ShopId, viewer_id: str) -> bool:
    """Whether the viewer follows the shop."""
    found = sa.select(viewer_follow.c.followed_us).where(
        viewer_follow.c.shop_id == shop_id, viewer_follow.c.viewer_hash == viewer_hash(shop_id, viewer_id)
    )
    return (await connection.execute(found)).first() is not None


async def count_follow(
    connection: AsyncConnection, shop_id: ShopId, viewer_id: str, buyer_hash: bytes, *, at_us: int
) -> bool:
    """Whether the buyer follows the shop by the viewer's follow, which is theirs alone from now on.

    The row's own lock decides between two orders at once: the second sees whose it has become.
    """
    bound = await connection.execute(
        viewer_follow.update()
        .where(
            viewer_follow.c.shop_id == shop_id,
            viewer_follow.c.viewer_hash == viewer_hash(shop_id, viewer_id),
            sa.func.coalesce(viewer_follow.c.buyer_hash, buyer_hash) == buyer_hash,
        )
        .values(buyer_hash=buyer_hash)
        .returning(viewer_follow.c.buyer_hash)
    )
    if bound.scalar_one_or_none() is None:
        return False
    await follow_shop(connection, shop_id, buyer_hash, at_us=at_us)
    return True
