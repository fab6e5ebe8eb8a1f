"""Looks up the voucher of an order: the code that its buyer typed, or what followers of the shop get by itself."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import deals
from tallylight.checkout.models import customer_order
from tallylight.checkout.schemas import Follow
from tallylight.deals import Audience, VoucherFact
from tallylight.deals.models import deal, follower
from tallylight.foundation.ids import ShopId

_PROBLEMS: dict[Audience, str] = {
    "new": "this code is for a first order",
    "repeat": "this code is for buyers who have ordered before",
    "follower": "this code is for followers of the shop",
}


async def look_up_voucher(
    connection: AsyncConnection, shop_id: ShopId, code: str | None, follow: Follow | None, buyer: bytes, *, at_us: int
) -> VoucherFact | None:
    """What the order's code stands for; without a code, the follower's voucher that it counts on.

    The viewer's follow counts for this buyer from now on.
    """
    follows = follow is not None and await deals.count_follow(connection, shop_id, follow.viewer_id, buyer, at_us=at_us)
    if code is not None:
        return await look_up_code(connection, shop_id, code, buyer)
    if follow is None or follow.deal_id is None:
        return None
    terms = sa.select(deal.c.form, deal.c.conditions).where(deal.c.id == follow.deal_id, deal.c.shop_id == shop_id)
    row = (await connection.execute(terms)).one_or_none()
    if row is None or row.form != "voucher" or row.conditions.get("audience") != "follower":
        return deals.by_itself(follow.deal_id, "it is not for followers")
    return deals.by_itself(follow.deal_id, None if follows else "this follow counts for another e-mail address")


async def look_up_code(
    connection: AsyncConnection, shop_id: ShopId, code: str, buyer_hash: bytes | None
) -> VoucherFact:
    """What ``code`` stands for. ``buyer_hash`` None: nobody in particular asks, and nobody is refused yet."""
    voucher, audience = await deals.find_code(connection, shop_id, code)
    if audience == "everyone" or buyer_hash is None or voucher.problem is not None:
        return voucher
    if audience == "follower":
        found = sa.select(follower.c.buyer_hash).where(
            follower.c.shop_id == shop_id, follower.c.buyer_hash == buyer_hash
        )
    else:
        found = (
            sa.select(customer_order.c.id)
            .where(
                customer_order.c.shop_id == shop_id,
                customer_order.c.buyer_hash == buyer_hash,
                customer_order.c.state.not_in(("declined", "cancelled")),
            )
            .limit(1)
        )
    is_one = (await connection.execute(found)).first() is not None
    if is_one == (audience != "new"):
        return voucher
    return VoucherFact(voucher.deal_id, voucher.code_hash, voucher.uses_max, _PROBLEMS[audience])
