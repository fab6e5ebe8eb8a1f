"""The list of shows: show, shop, state and a picture, from four rooms."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import ShopCard, ShowCard
from tallylight.catalogue.queries import products_by_id
from tallylight.foundation.ids import ProductId, ShopId
from tallylight.members.queries import shops_by_id
from tallylight.shows.queries import first_products, latest_broadcasts, shows_listed
from tallylight.shows.types import state_of


async def show_list(connection: AsyncConnection, shop_ids: set[ShopId] | None = None) -> list[ShowCard]:
    """Shows of these shops, or of all; ``cover`` is the first product's first picture."""
    shows = await shows_listed(connection, shop_ids)
    show_ids = {show.id for show in shows}
    shops = await shops_by_id(connection, {show.shop_id for show in shows})
    broadcasts = await latest_broadcasts(connection, show_ids)
    first = await first_products(connection, show_ids)
    covers = await _covers(connection, list(first.values()))
    return [
        ShowCard(
            id=show.id,
            slug=show.slug,
            title=show.title,
            host_name=show.host_name,
            state=state_of(broadcasts.get(show.id)),
            starts_at=show.starts_at.isoformat() if show.starts_at else None,
            shop=ShopCard(shops[show.shop_id].slug, shops[show.shop_id].name, shops[show.shop_id].accent),
            cover=covers.get(first[show.id]) if show.id in first else None,
        )
        for show in shows
    ]


async def _covers(connection: AsyncConnection, product_ids: Sequence[ProductId]) -> dict[ProductId, str]:
    products = await products_by_id(connection, product_ids)
    return {ProductId(product.id): product.photos[0].url for product in products if product.photos}
