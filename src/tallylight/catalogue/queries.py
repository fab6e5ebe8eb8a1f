"""Reads of the catalogue: products as the contract shows them, and the price history."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import (
    price_change,
    product,
    product_photo,
    shop_terms,
    shop_terms_change,
    stock_level,
    variant,
)
from tallylight.catalogue.schemas import Photo, Product, Variant
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ProductId, ShopId
from tallylight.foundation.money import Money

PHOTO_PATH = "/media/products/"


class ShopTerms(msgspec.Struct, frozen=True):
    """What a shop charges for shipping, in minor units of its currency, and how soon it delivers at the earliest."""

    shipping_fee_minor: int = 0
    free_shipping_over_minor: int | None = None
    delivery_days_min: int | None = None


class LowestPrice(msgspec.Struct, frozen=True):
    """Lowest selling prices of a variant: since a moment, and ever. Minor units."""

    since_minor: int
    ever_minor: int


async def products_by_id(connection: AsyncConnection, product_ids: Sequence[UUID]) -> list[Product]:
    """The products, in the order asked for; unknown ids are left out."""
    rows = await connection.execute(sa.select(product).where(product.c.id.in_(product_ids)))
    found = await _assemble(connection, rows.all())
    return [found[product_id] for product_id in product_ids if product_id in found]


async def product_titles(connection: AsyncConnection, shop_id: ShopId, product_ids: Sequence[UUID]) -> dict[UUID, str]:
    """By product, its title; ids that are not this shop's are left out."""
    rows = await connection.execute(
        sa.select(product.c.id, product.c.title).where(product.c.shop_id == shop_id, product.c.id.in_(product_ids))
    )
    return {row.id: row.title for row in rows}


async def product_view(connection: AsyncConnection, product_id: ProductId) -> Product:
    """One product. Raises NotFoundError."""
    found = await products_by_id(connection, [product_id])
    if not found:
        raise NotFoundError("there is no such product")
    return found[0]


async def products_of_shop(
    connection: AsyncConnection, shop_id: ShopId, *, after_handle: str = "", limit: int = 100
) -> list[Product]:
    """Up to ``limit`` (at most 500) products of the shop by handle, after ``after_handle``."""
    rows = await connection.execute(
        sa.select(product)
        .where(product.c.shop_id == shop_id, product.c.handle > after_handle)
        .order_by(product.c.handle)
        .limit(min(limit, 500))
    )
    return list((await _assemble(connection, rows.all())).values())


async def shop_of_product(connection: AsyncConnection, product_id: ProductId) -> ShopId:
    """The shop that sells it. Raises NotFoundError."""
    shop_id = (
        await connection.execute(sa.select(product.c.shop_id).where(product.c.id == product_id))
    ).scalar_one_or_none()
    if shop_id is None:
        raise NotFoundError("there is no such product")
    return ShopId(shop_id)


async def terms_of_shop(connection: AsyncConnection, shop_id: ShopId) -> ShopTerms:
    """The shop's terms; a shop that set none ships for nothing."""
    row = (
        await connection.execute(
            sa.select(
                shop_terms.c.shipping_fee_minor, shop_terms.c.free_shipping_over_minor, shop_terms.c.delivery_days_min
            ).where(shop_terms.c.shop_id == shop_id)
        )
    ).one_or_none()
    return ShopTerms() if row is None else ShopTerms(*row)


async def terms_at(connection: AsyncConnection, shop_id: ShopId, at_us: int) -> ShopTerms:
    """The terms that held at programme time ``at_us``; before the first were set, the shop shipped for nothing."""
    row = (
        await connection.execute(
            sa.select(
                shop_terms_change.c.shipping_fee_minor,
                shop_terms_change.c.free_shipping_over_minor,
                shop_terms_change.c.delivery_days_min,
            )
            .where(shop_terms_change.c.shop_id == shop_id, shop_terms_change.c.at_us <= at_us)
            .order_by(shop_terms_change.c.at_us.desc(), shop_terms_change.c.id.desc())
            .limit(1)
        )
    ).first()
    return ShopTerms() if row is None else ShopTerms(*row)


async def lowest_prices(
    connection: AsyncConnection, variant_ids: Sequence[UUID], *, since_us: int, until_us: int
) -> dict[UUID, LowestPrice]:
    """Lowest selling price of each variant within [since_us, until_us) and before until_us at all.

    The price that held when the window opened counts as one of the window (Directive 98/6/EC article 6a).
    """
    before = sa.select(
        price_change.c.variant_id,
        price_change.c.selling_minor,
        sa.func.lead(price_change.c.at_us)
        .over(partition_by=price_change.c.variant_id, order_by=(price_change.c.at_us, price_change.c.id))
        .label("until_us"),
    ).where(price_change.c.variant_id.in_(variant_ids), price_change.c.at_us < until_us)
    spans = before.subquery()
    in_window = sa.or_(spans.c.until_us.is_(None), spans.c.until_us > since_us)
    rows = await connection.execute(
        sa.select(
            spans.c.variant_id,
            sa.func.min(spans.c.selling_minor).filter(in_window).label("since"),
            sa.func.min(spans.c.selling_minor).label("ever"),
        ).group_by(spans.c.variant_id)
    )
    return {row.variant_id: LowestPrice(row.since, row.ever) for row in rows}


async def _assemble(connection: AsyncConnection, products: Iterable[sa.Row[Any]]) -> dict[UUID, Product]:
    listed = list(products)
    ids = [row.id for row in listed]
    variants: dict[UUID, list[Variant]] = defaultdict(list)
    statement = (
        sa.select(variant, (stock_level.c.on_hand - stock_level.c.held).label("available"))
        .join(stock_level, stock_level.c.variant_id == variant.c.id)
        .where(variant.c.product_id.in_(ids))
        .order_by(variant.c.position)
    )
    for row in await connection.execute(statement):
        compare_at = None if row.compare_at_minor is None else Money(row.compare_at_minor, row.currency)
        price = Money(row.price_minor, row.currency)
        variants[row.product_id].append(
            Variant(row.id, row.title, row.sku, price, compare_at, row.available, row.options)
        )
    photos: dict[UUID, list[Photo]] = defaultdict(list)
    for row in await connection.execute(
        sa.select(product_photo).where(product_photo.c.product_id.in_(ids)).order_by(product_photo.c.position)
    ):
        photos[row.product_id].append(Photo(row.url or PHOTO_PATH + row.file_name, row.alt))
    return {
        row.id: Product(
            row.id,
            row.handle,
            row.title,
            row.vendor,
            row.description,
            photos[row.id],
            variants[row.id],
            row.tags,
            row.attributes,
        )
        for row in listed
    }
