"""The one currency of a shop's price list."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId

# The shop belongs to a room on this floor, so the catalogue reads the one column it needs and imports nothing.
_shop = sa.table("shop", sa.column("id", sa.Uuid), sa.column("currency", sa.CHAR(3)))


async def shop_currency(connection: AsyncConnection, shop_id: ShopId) -> str:
    """ISO 4217 code. Raises NotFoundError for an unknown shop."""
    currency = (await connection.execute(sa.select(_shop.c.currency).where(_shop.c.id == shop_id))).scalar_one_or_none()
    if currency is None:
        raise NotFoundError("there is no such shop")
    return str(currency)
