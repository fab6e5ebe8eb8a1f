"""Sets what a shop charges for shipping."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import limits
from tallylight.catalogue.models import shop_terms
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.ids import ShopId


async def set_shop_terms(
    connection: AsyncConnection, shop_id: ShopId, *, shipping_fee_minor: int, free_shipping_over_minor: int | None
) -> None:
    """Ship for ``shipping_fee_minor``, and for nothing when the goods (after discount) reach the second figure.

    Raises InvalidInputError for a negative or absurd figure.
    """
    limits.checked_range(shipping_fee_minor, "shipping fee", limits.PRICE_MINOR_MAX)
    if free_shipping_over_minor is not None:
        limits.checked_range(free_shipping_over_minor, "free shipping limit", limits.PRICE_MINOR_MAX)
    await touch_selling_facts(connection, shop_id)
    await connection.execute(
        shop_terms.update()
        .where(shop_terms.c.shop_id == shop_id)
        .values(shipping_fee_minor=shipping_fee_minor, free_shipping_over_minor=free_shipping_over_minor)
    )
