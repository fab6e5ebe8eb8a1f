"""Writes a deal's opening or end into the price history of its product's variants."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import variant
from tallylight.deals.facts import DealFact
from tallylight.deals.price_engine import unit_discount


async def record_deal_prices(connection: AsyncConnection, deal: DealFact, *, at_us: int, opened: bool) -> None:
    """From ``at_us`` on the variants sell at the deal's price (``opened``) or at their list price again."""
    rows = await connection.execute(sa.select(variant).where(variant.c.product_id == deal.product_id))
    await catalogue.record_prices(
        connection,
        [
            catalogue.PriceRecord(
                variant_id=row.id,
                currency=row.currency,
                list_minor=row.price_minor,
                selling_minor=row.price_minor - (unit_discount(deal, row.price_minor) if opened else 0),
                compare_at_minor=row.compare_at_minor,
                at_us=at_us,
                reason="deal opened" if opened else "deal ended",
                deal_id=deal.deal_id,
            )
            for row in rows
        ],
    )
