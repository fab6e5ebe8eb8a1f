"""A product's price history as the office shows it: list, selling, the lowest of 30 days, the lowest ever."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import price_change, product, variant
from tallylight.catalogue.price_history import PRIOR_WINDOW_US
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money

CHANGES_MAX = 500


class PricePeriod(msgspec.Struct, frozen=True):
    """What held from programme time ``at_us`` on: the list price, what it sold for, and why it changed."""

    at_us: int
    list: Money
    selling: Money
    reason: str


class VariantPrices(msgspec.Struct, frozen=True):
    """A variant's price history, the newest first, with the lowest selling prices of the last 30 days and ever."""

    variant_id: UUID
    title: str
    lowest_30d: Money | None
    lowest_ever: Money | None
    periods: list[PricePeriod]


async def price_history(
    connection: AsyncConnection, shop_id: ShopId, product_id: UUID, *, now_us: int
) -> list[VariantPrices]:
    """Each variant's history, together at most CHANGES_MAX changes. Raises NotFoundError for another shop's product."""
    rows = await connection.execute(
        sa.select(variant.c.id, variant.c.title, variant.c.currency)
        .join(product, product.c.id == variant.c.product_id)
        .where(product.c.id == product_id, product.c.shop_id == shop_id)
        .order_by(variant.c.position)
    )
    variants = rows.all()
    if not variants:
        raise NotFoundError("there is no such product in this shop")
    ids = [row.id for row in variants]
    lowest = await catalogue.lowest_prices(connection, ids, since_us=now_us - PRIOR_WINDOW_US, until_us=now_us + 1)
    changes = (
        await connection.execute(
            sa.select(price_change)
            .where(price_change.c.variant_id.in_(ids))
            .order_by(price_change.c.at_us.desc(), price_change.c.id.desc())
            .limit(CHANGES_MAX)
        )
    ).all()
    return [
        VariantPrices(
            row.id,
            row.title,
            Money(lowest[row.id].since_minor, row.currency) if row.id in lowest else None,
            Money(lowest[row.id].ever_minor, row.currency) if row.id in lowest else None,
            [
                PricePeriod(
                    each.at_us,
                    Money(each.list_minor, each.currency),
                    Money(each.selling_minor, each.currency),
                    each.reason,
                )
                for each in changes
                if each.variant_id == row.id
            ],
        )
        for row in variants
    ]
