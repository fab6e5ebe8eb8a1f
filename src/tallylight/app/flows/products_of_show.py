"""The products on a show's shelf, in the order of its run."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import Product, products_by_id
from tallylight.foundation.ids import ShowId
from tallylight.shows.models import show_product


async def products_of_show(connection: AsyncConnection, show_id: ShowId) -> list[Product]:
    """Products as the contract shows them; empty for a show without any."""
    rows = await connection.execute(
        sa.select(show_product.c.product_id).where(show_product.c.show_id == show_id).order_by(show_product.c.position)
    )
    return await products_by_id(connection, list(rows.scalars()))
