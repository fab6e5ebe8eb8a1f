"""Deletes a shopper's account, and has the orders forget their buyer."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import customer_order
from tallylight.checkout.receipt import buyer_hash
from tallylight.checkout.shoppers.models import shopper, shopper_deletion, shopper_link
from tallylight.checkout.shoppers.sessions import Shopper
from tallylight.deals.follow_shop import unfollow_shop
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import new_id


async def delete_account(connection: AsyncConnection, who: Shopper, *, typed_email: str, now_us: int) -> None:
    """The account, its addresses, links and sessions are gone at once; orders follow as ``redact_orders`` says.

    ``typed_email``: written by the shopper, so that no slip of a finger deletes anything. Raises InvalidInputError.
    """
    if typed_email.strip().casefold() != who.email.casefold():
        raise InvalidInputError(f"write {who.email} to delete the account", field="email")
    mine = buyer_hash(who.shop_id, who.email)
    newest = sa.select(sa.func.max(customer_order.c.number)).where(customer_order.c.shop_id == who.shop_id)
    through = await connection.scalar(newest)
    if through is not None:
        await connection.execute(
            shopper_deletion.insert().values(
                id=new_id(), shop_id=who.shop_id, buyer_hash=mine, through_number=through, asked_us=now_us
            )
        )
    await unfollow_shop(connection, who.shop_id, mine)
    await connection.execute(
        sa.delete(shopper_link).where(shopper_link.c.shop_id == who.shop_id, shopper_link.c.email == who.email)
    )
    await connection.execute(sa.delete(shopper).where(shopper.c.id == who.id))
