"""Brings products into a shop from Shopify's product export; the same file again updates and never doubles."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.create_product import add_photos, add_variants, create_product
from tallylight.catalogue.models import product, product_photo, stock_level, stock_movement, variant
from tallylight.catalogue.record_price import PriceRecord, record_prices
from tallylight.catalogue.schemas import ImportReport, SkippedRow
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.catalogue.shop_currency import shop_currency
from tallylight.catalogue.shopify_csv import decode_csv, parse_shopify_csv
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.foundation.ids import ProductId, ShopId


async def import_shopify_csv(
    connection: AsyncConnection, shop_id: ShopId, body: bytes | str, *, at_us: int
) -> ImportReport:
    """Create and update the products of ``body`` at wall time ``at_us``; figures count products.

    A product is known by its handle, a variant by its options; what the file does not name stays as it is. Raises
    InvalidInputError when the file as a whole cannot be read. The shop's sales wait while this transaction is open.
    """
    text = decode_csv(body) if isinstance(body, bytes) else body
    parsed = parse_shopify_csv(text, await shop_currency(connection, shop_id))
    await touch_selling_facts(connection, shop_id)
    rows = await connection.execute(
        sa.select(product.c.handle, product.c.id).where(
            product.c.shop_id == shop_id, product.c.handle.in_(list(parsed.products))
        )
    )
    known = {row.handle: ProductId(row.id) for row in rows}
    skipped = list(parsed.skipped_rows)
    for handle, new in parsed.products.items():
        if handle in known:
            problems = await _update(connection, known[handle], new, at_us=at_us)
            skipped += [SkippedRow(parsed.lines[handle], problem) for problem in problems]
        else:
            await create_product(connection, shop_id, new, at_us=at_us, reason="import")
    skipped.sort(key=lambda each: each.line)
    return ImportReport(len(parsed.products) - len(known), len(known), skipped)


async def _update(connection: AsyncConnection, product_id: ProductId, new: NewProduct, *, at_us: int) -> list[str]:
    """Bring one product up to ``new``; returns what could not be done."""
    await connection.execute(
        product.update()
        .where(product.c.id == product_id)
        .values(
            title=new.title,
            vendor=new.vendor,
            description=new.description,
            tags=list(new.tags),
            attributes=product.c.attributes.op("||")(sa.cast(new.attributes, product.c.attributes.type)),
        )
    )
    await connection.execute(product_photo.delete().where(product_photo.c.product_id == product_id))
    await add_photos(connection, product_id, new.photos)
    statement = (
        sa.select(variant, stock_level.c.on_hand, stock_level.c.held)
        .join(stock_level, stock_level.c.variant_id == variant.c.id)
        .where(variant.c.product_id == product_id)
        .order_by(variant.c.position)
    )
    rows = (await connection.execute(statement)).all()
    known = {tuple(sorted(each.options.items())): each for each in rows}
    added = tuple(each for each in new.variants if tuple(sorted(each.options.items())) not in known)
    problems: list[str] = []
    for each in new.variants:
        old = known.get(tuple(sorted(each.options.items())))
        if old is not None:
            problems += await _update_variant(connection, old, each, at_us=at_us)
    if added:
        await add_variants(
            connection,
            product_id,
            added,
            currency=rows[0].currency,
            first_position=rows[-1].position + 1,
            at_us=at_us,
            reason="import",
        )
    return problems


async def _update_variant(connection: AsyncConnection, old: sa.Row[Any], new: NewVariant, *, at_us: int) -> list[str]:
    await connection.execute(
        variant.update()
        .where(variant.c.id == old.id)
        .values(
            title=new.title,
            sku=new.sku,
            price_minor=new.price_minor,
            compare_at_minor=new.compare_at_minor,
            weight_grams=new.weight_grams,
        )
    )
    if (old.price_minor, old.compare_at_minor) != (new.price_minor, new.compare_at_minor):
        record = PriceRecord(
            variant_id=old.id,
            currency=old.currency,
            list_minor=new.price_minor,
            selling_minor=new.price_minor,
            compare_at_minor=new.compare_at_minor,
            at_us=at_us,
            reason="import",
        )
        await record_prices(connection, [record])
    if new.on_hand < old.held:
        return [f"stock of {new.title} stays {old.on_hand}: unpaid orders hold {old.held} pieces"]
    if new.on_hand != old.on_hand:
        await connection.execute(
            stock_level.update().where(stock_level.c.variant_id == old.id).values(on_hand=new.on_hand)
        )
        await connection.execute(
            stock_movement.insert().values(
                variant_id=old.id, delta=new.on_hand - old.on_hand, reason="import", moved_us=at_us
            )
        )
    return []
