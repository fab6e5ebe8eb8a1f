"""Chooses what a show sells."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ProductId, ShowId
from tallylight.shows.create_show import TITLE_LENGTH_MAX, add_cue, set_show_products
from tallylight.shows.lock_plan import lock_plan
from tallylight.shows.models import cue, cue_firing
from tallylight.shows.queries import cues_of, show_by


async def fill_shelf(connection: AsyncConnection, show_id: ShowId, products: Sequence[ProductId]) -> None:
    """These products, in this order, and a cue that pins each. Cues of products that went go too, unless they were
    fired: what was fired stays on record.

    Raises OnAirError; InvalidInputError for too many, or for one of another shop; NotFoundError.
    """
    await lock_plan(connection, show_id)
    show = await show_by(connection, show_id)
    rows = await connection.execute(
        sa.select(product.c.id, product.c.title).where(product.c.shop_id == show.shop_id, product.c.id.in_(products))
    )
    titles = {row.id: row.title for row in rows}
    if not set(products) <= set(titles):
        raise InvalidInputError("a show sells products of its own shop", field="products")
    await set_show_products(connection, show_id, products)
    fired = sa.exists().where(cue_firing.c.cue_id == cue.c.id)
    pins = sa.and_(cue.c.show_id == show_id, cue.c.kind == "pin")
    await connection.execute(cue.delete().where(pins, cue.c.product_id.not_in(products), ~fired))
    pinned = {one.product_id for one in await cues_of(connection, show_id) if one.kind == "pin"}
    for each in dict.fromkeys(products):
        if each not in pinned:
            label = titles[each].strip()[:TITLE_LENGTH_MAX] or "Product"
            await add_cue(connection, show_id, kind="pin", label=label, product_id=each)
