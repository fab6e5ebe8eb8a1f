"""Says which tax rates are for a product."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ProductId, ShopId


async def set_tax_class(connection: AsyncConnection, shop_id: ShopId, product_id: ProductId, tax_class: str) -> None:
    """Tax the product by the rates of ``tax_class`` from now on. Raises NotFoundError."""
    await touch_selling_facts(connection, shop_id)
    changed = await connection.execute(
        product.update().where(product.c.id == product_id, product.c.shop_id == shop_id).values(tax_class=tax_class)
    )
    if not changed.rowcount:
        raise NotFoundError("there is no such product in this shop")
