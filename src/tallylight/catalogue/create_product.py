"""Makes a product with its variants, pictures, first prices and first stock."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue import limits
from tallylight.catalogue.models import product, product_photo, stock_level, stock_movement, variant
from tallylight.catalogue.record_price import PriceReason, PriceRecord, record_prices
from tallylight.catalogue.selling_facts import touch_selling_facts
from tallylight.catalogue.shop_currency import shop_currency
from tallylight.catalogue.types import NewPhoto, NewProduct, NewVariant
from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.ids import ProductId, ShopId, new_id


async def create_product(
    connection: AsyncConnection, shop_id: ShopId, new: NewProduct, *, at_us: int, reason: PriceReason = "created"
) -> ProductId:
    """Create ``new`` in ``shop_id`` at wall time ``at_us``.

    Raises InvalidInputError for a value over a limit, ConflictError when the shop has that handle already.
    """
    await touch_selling_facts(connection, shop_id)
    currency = await shop_currency(connection, shop_id)
    checked = check_product(new)
    product_id = ProductId(new_id())
    taken = sa.select(product.c.id).where(product.c.shop_id == shop_id, product.c.handle == checked.handle)
    if (await connection.execute(taken)).first():
        raise ConflictError(f"the shop already has a product with the handle {checked.handle}", field="handle")
    await connection.execute(
        product.insert().values(
            id=product_id,
            shop_id=shop_id,
            handle=checked.handle,
            title=checked.title,
            vendor=checked.vendor,
            description=checked.description,
            tags=list(checked.tags),
            attributes=checked.attributes,
        )
    )
    await add_photos(connection, product_id, checked.photos)
    await add_variants(
        connection, product_id, checked.variants, currency=currency, first_position=1, at_us=at_us, reason=reason
    )
    return product_id


def check_product(new: NewProduct) -> NewProduct:
    """``new`` with cleaned texts. Raises InvalidInputError naming the first thing that is wrong."""
    if not 1 <= len(new.variants) <= limits.VARIANTS_MAX:
        raise InvalidInputError(f"a product has 1 to {limits.VARIANTS_MAX} variants", field="variants")
    if len({tuple(sorted(each.options.items())) for each in new.variants}) < len(new.variants):
        raise InvalidInputError("two variants have the same options", field="variants")
    for name, many, most in (
        ("photos", len(new.photos), limits.PHOTOS_MAX),
        ("tags", len(new.tags), limits.TAGS_MAX),
        ("attributes", len(new.attributes), limits.ATTRIBUTES_MAX),
    ):
        if many > most:
            raise InvalidInputError(f"a product has at most {most} {name}", field=name)
    return NewProduct(
        handle=limits.checked_text(new.handle, "handle", limits.TITLE_MAX, shortest=1),
        title=limits.checked_text(new.title, "title", limits.TITLE_MAX, shortest=1),
        vendor=limits.checked_text(new.vendor, "vendor", limits.TITLE_MAX) if new.vendor else None,
        description=limits.checked_text(new.description, "description", limits.DESCRIPTION_MAX),
        tags=tuple(limits.checked_text(tag, "tag", limits.TITLE_MAX, shortest=1) for tag in new.tags),
        attributes={
            limits.checked_text(name, "attribute", limits.TITLE_MAX, shortest=1): limits.checked_text(
                value, "attribute", limits.TITLE_MAX
            )
            for name, value in new.attributes.items()
        },
        variants=tuple(check_variant(each) for each in new.variants),
        photos=tuple(check_photo(each) for each in new.photos),
    )


def check_variant(new: NewVariant) -> NewVariant:
    """``new`` with cleaned texts. Raises InvalidInputError."""
    if len(new.options) > limits.OPTIONS_MAX:
        raise InvalidInputError(f"a variant has at most {limits.OPTIONS_MAX} options", field="options")
    return NewVariant(
        title=limits.checked_text(new.title, "variant title", limits.TITLE_MAX, shortest=1),
        sku=limits.checked_text(new.sku, "sku", limits.TITLE_MAX) or None if new.sku else None,
        options={
            limits.checked_text(name, "option", limits.TITLE_MAX, shortest=1): limits.checked_text(
                value, "option", limits.TITLE_MAX, shortest=1
            )
            for name, value in new.options.items()
        },
        price_minor=limits.checked_range(new.price_minor, "price", limits.PRICE_MINOR_MAX),
        compare_at_minor=(
            None
            if new.compare_at_minor is None
            else limits.checked_range(new.compare_at_minor, "compare-at price", limits.PRICE_MINOR_MAX)
        ),
        weight_grams=(
            None
            if new.weight_grams is None
            else limits.checked_range(new.weight_grams, "weight", limits.WEIGHT_GRAMS_MAX)
        ),
        on_hand=limits.checked_range(new.on_hand, "stock", limits.STOCK_MAX),
    )


def check_photo(new: NewPhoto) -> NewPhoto:
    """``new`` with a cleaned alt text. Raises InvalidInputError."""
    if (new.url is None) == (new.file_name is None):
        raise InvalidInputError("a photo has either a url or a file name", field="photos")
    if new.url is not None and not limits.is_web_address(new.url):
        raise InvalidInputError("a photo's url must be an http or https address", field="photos")
    if new.file_name is not None and not limits.is_file_name(new.file_name):
        raise InvalidInputError(
            "a photo's file name holds letters, digits, dots, dashes and underscores", field="photos"
        )
    return NewPhoto(url=new.url, file_name=new.file_name, alt=limits.checked_text(new.alt, "alt", limits.TITLE_MAX))


async def add_photos(connection: AsyncConnection, product_id: UUID, photos: tuple[NewPhoto, ...]) -> None:
    """Append checked pictures to a product that has none."""
    if photos:
        await connection.execute(
            product_photo.insert(),
            [
                {
                    "id": new_id(),
                    "product_id": product_id,
                    "position": position,
                    "url": photo.url,
                    "file_name": photo.file_name,
                    "alt": photo.alt,
                }
                for position, photo in enumerate(photos, 1)
            ],
        )


async def add_variants(
    connection: AsyncConnection,
    product_id: UUID,
    variants: tuple[NewVariant, ...],
    *,
    currency: str,
    first_position: int,
    at_us: int,
    reason: PriceReason,
) -> None:
    """Add checked ``variants`` with their first price and their first stock."""
    ids = [new_id() for _ in variants]
    await connection.execute(
        variant.insert(),
        [
            {
                "id": variant_id,
                "product_id": product_id,
                "position": position,
                "title": each.title,
                "sku": each.sku,
                "options": each.options,
                "currency": currency,
                "price_minor": each.price_minor,
                "compare_at_minor": each.compare_at_minor,
                "weight_grams": each.weight_grams,
            }
            for position, (variant_id, each) in enumerate(zip(ids, variants, strict=True), first_position)
        ],
    )
    await record_prices(
        connection,
        (
            PriceRecord(
                variant_id=variant_id,
                currency=currency,
                list_minor=each.price_minor,
                selling_minor=each.price_minor,
                compare_at_minor=each.compare_at_minor,
                at_us=at_us,
                reason=reason,
            )
            for variant_id, each in zip(ids, variants, strict=True)
        ),
    )
    pairs = list(zip(ids, variants, strict=True))
    await connection.execute(
        stock_level.insert(), [{"variant_id": variant_id, "on_hand": each.on_hand} for variant_id, each in pairs]
    )
    moved = [
        {
            "variant_id": variant_id,
            "delta": each.on_hand,
            "reason": "import" if reason == "import" else "count",
            "moved_us": at_us,
        }
        for variant_id, each in pairs
        if each.on_hand
    ]
    if moved:
        await connection.execute(stock_movement.insert(), moved)
