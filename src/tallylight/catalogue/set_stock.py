"""Sets a variant's stock to what was counted in the warehouse."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import limits
from tallylight.catalogue.models import product, stock_level, stock_movement, variant
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import ShopId, VariantId


async def set_stock(
    connection: AsyncConnection, shop_id: ShopId, variant_id: VariantId, *, on_hand: int, at_us: int
) -> None:
    """The warehouse holds ``on_hand`` pieces at wall time ``at_us``; the difference becomes a movement.

    Raises NotFoundError; ConflictError when unpaid orders hold more pieces than that.
    """
    limits.checked_range(on_hand, "stock", limits.STOCK_MAX)
    await touch_selling_facts(connection, shop_id)
    level = (
        await connection.execute(
            sa.select(stock_level.c.on_hand, stock_level.c.held)
            .join(variant, variant.c.id == stock_level.c.variant_id)
            .join(product, product.c.id == variant.c.product_id)
            .where(variant.c.id == variant_id, product.c.shop_id == shop_id)
        )
    ).one_or_none()
    if level is None:
        raise NotFoundError("there is no such variant")
    if on_hand < level.held:
        raise ConflictError(f"unpaid orders hold {level.held} pieces; the stock cannot be {on_hand}", held=level.held)
    if on_hand == level.on_hand:
        return
    await connection.execute(stock_level.update().where(stock_level.c.variant_id == variant_id).values(on_hand=on_hand))
    await connection.execute(
        stock_movement.insert().values(
            variant_id=variant_id, delta=on_hand - level.on_hand, reason="count", moved_us=at_us
        )
    )
