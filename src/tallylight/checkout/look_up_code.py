"""Looks up the code that a buyer typed, and whether this buyer may use it."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import deals
from tallylight.checkout.models import customer_order
from tallylight.deals import Audience, VoucherFact
from tallylight.deals.models import follower
from tallylight.foundation.ids import ShopId

_PROBLEMS: dict[Audience, str] = {
    "new": "this code is for a first order",
    "repeat": "this code is for buyers who have ordered before",
    "follower": "this code is for followers of the shop",
}


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
