"""Changes a variant's list price and keeps the old one in the history."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import limits
from tallylight.catalogue.models import product, variant
from tallylight.catalogue.record_price import PriceRecord, record_prices
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId, VariantId


async def set_price(
    connection: AsyncConnection,
    shop_id: ShopId,
    variant_id: VariantId,
    *,
    price_minor: int,
    compare_at_minor: int | None,
    at_us: int,
) -> None:
    """From ``at_us`` on, ``variant_id`` costs ``price_minor``. Raises NotFoundError, InvalidInputError."""
    limits.checked_range(price_minor, "price", limits.PRICE_MINOR_MAX)
    if compare_at_minor is not None:
        limits.checked_range(compare_at_minor, "compare-at price", limits.PRICE_MINOR_MAX)
    await touch_selling_facts(connection, shop_id)
    of_shop = sa.select(product.c.id).where(product.c.shop_id == shop_id)
    currency = (
        await connection.execute(
            variant.update()
            .where(variant.c.id == variant_id, variant.c.product_id.in_(of_shop))
            .values(price_minor=price_minor, compare_at_minor=compare_at_minor)
            .returning(variant.c.currency)
        )
    ).scalar_one_or_none()
    if currency is None:
        raise NotFoundError("there is no such variant")
    record = PriceRecord(
        variant_id=variant_id,
        currency=currency,
        list_minor=price_minor,
        selling_minor=price_minor,
        compare_at_minor=compare_at_minor,
        at_us=at_us,
        reason="edit",
    )
    await record_prices(connection, [record])
