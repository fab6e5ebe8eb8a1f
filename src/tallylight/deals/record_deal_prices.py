"""Writes a deal's opening or end into the price history of the variants whose price it changes."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import product, variant
from tallylight.deals.price_engine import deal_at, unit_discount
from tallylight.deals.priority import PRICE_FORMS
from tallylight.deals.queries import deal_fact, selling_facts
from tallylight.foundation.ids import DealId, ShopId


async def record_deal_prices(
    connection: AsyncConnection, shop_id: ShopId, deal_id: DealId, *, at_us: int, opened: bool
) -> None:
    """From ``at_us`` on the variants sell at what the deals of that moment leave of their list price.

    A deal on several pieces or on the order changes no price of a piece, and leaves no trace here.
    """
    fact = await deal_fact(connection, deal_id)
    if fact.form not in PRICE_FORMS:
        return
    statement = sa.select(variant).join(product, product.c.id == variant.c.product_id)
    statement = statement.where(product.c.shop_id == shop_id)
    if fact.product_ids:
        statement = statement.where(variant.c.product_id.in_(fact.product_ids))
    rows = (await connection.execute(statement)).all()
    facts = await selling_facts(connection, shop_id, now_us=at_us, variant_ids={row.id for row in rows})
    records = []
    for row in rows:
        holding = deal_at(facts, row.product_id, at_us)
        records.append(
            catalogue.PriceRecord(
                variant_id=row.id,
                currency=row.currency,
                list_minor=row.price_minor,
                selling_minor=row.price_minor - (unit_discount(holding, row.price_minor) if holding else 0),
                compare_at_minor=row.compare_at_minor,
                at_us=at_us,
                reason="deal opened" if opened else "deal ended",
                deal_id=deal_id,
            )
        )
    await catalogue.record_prices(connection, records)
