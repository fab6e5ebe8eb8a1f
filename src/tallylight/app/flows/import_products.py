"""Imports products and tells the viewers of shows that are on air."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.import_shopify_csv import import_shopify_csv
from tallylight.catalogue.queries import products_by_id
from tallylight.catalogue.schemas import ImportReport
from tallylight.foundation.ids import ShopId
from tallylight.foundation.outbox import publish
from tallylight.shows.queries import products_of, shows_on_air


async def import_products(connection: AsyncConnection, shop_id: ShopId, body: bytes, *, at_us: int) -> ImportReport:
    """``catalogue.import_shopify_csv``, with the products of each show on air published as they are now."""
    report = await import_shopify_csv(connection, shop_id, body, at_us=at_us)
    for show_id in await shows_on_air(connection, shop_id):
        for product in await products_by_id(connection, await products_of(connection, show_id)):
            await publish(connection, f"show:{show_id}", "product", {"product": msgspec.to_builtins(product)})
    return report
