"""Whether a shop serves first who pays first: then an order keeps nothing from anybody before its money is sure."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import shop_terms
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.ids import ShopId


async def is_first_paid(connection: AsyncConnection, shop_id: ShopId) -> bool:
    """Whether the shop's unpaid orders hold nothing; a shop that never said holds for them."""
    found = sa.select(shop_terms.c.first_paid).where(shop_terms.c.shop_id == shop_id)
    return bool((await connection.execute(found)).scalar_one_or_none())


async def set_first_paid(connection: AsyncConnection, shop_id: ShopId, *, first_paid: bool) -> None:
    """From the next order on. What is held for orders by then stays held. Raises NotFoundError for an unknown shop."""
    await touch_selling_facts(connection, shop_id)
    await connection.execute(shop_terms.update().where(shop_terms.c.shop_id == shop_id).values(first_paid=first_paid))
