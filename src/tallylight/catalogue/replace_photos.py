"""Replaces a product's pictures."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.create_product import add_photos
from tallylight.catalogue.models import product_photo
from tallylight.catalogue.types import NewPhoto
from tallylight.foundation.ids import ProductId


async def replace_photos(connection: AsyncConnection, product_id: ProductId, photos: Sequence[NewPhoto]) -> None:
    """The product shows ``photos`` in this order and no others."""
    await connection.execute(product_photo.delete().where(product_photo.c.product_id == product_id))
    await add_photos(connection, product_id, tuple(photos))
