"""Notes what a piece of a variant costs the shop. No price depends on it: plans and margins do."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import limits
from tallylight.catalogue.models import product, variant
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId, VariantId


async def set_unit_cost(
    connection: AsyncConnection, shop_id: ShopId, variant_id: VariantId, cost_minor: int | None
) -> None:
    """``cost_minor`` None: unknown. Raises NotFoundError, InvalidInputError."""
    if cost_minor is not None:
        limits.checked_range(cost_minor, "unit cost", limits.PRICE_MINOR_MAX)
    of_shop = sa.select(product.c.id).where(product.c.shop_id == shop_id)
    changed = await connection.execute(
        variant.update()
        .where(variant.c.id == variant_id, variant.c.product_id.in_(of_shop))
        .values(unit_cost_minor=cost_minor)
    )
    if not changed.rowcount:
        raise NotFoundError("there is no such variant in this shop")
