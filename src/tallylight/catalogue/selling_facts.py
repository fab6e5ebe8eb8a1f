"""The version of everything that a price or a stock decision depends on, one row a shop.

Whoever changes such a fact calls ``touch_selling_facts`` first in its transaction. That locks the row until commit,
so the change and a sale desk's batch (which locks the same row) never interleave, and the desk sees by the version
that what it holds in memory is stale. The notification only makes it look sooner.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import shop_terms
from tallylight.catalogue.shop_currency import shop_currency
from tallylight.foundation.ids import ShopId

FACTS_NOTIFY_CHANNEL = "tallylight_selling_facts"


async def touch_selling_facts(connection: AsyncConnection, shop_id: ShopId) -> None:
    """Announce a change of prices, stock, deals or terms of ``shop_id``; hold off its sales until commit.

    Raises NotFoundError for an unknown shop.
    """
    await shop_currency(connection, shop_id)
    await connection.execute(
        insert(shop_terms)
        .values(shop_id=shop_id, version=1)
        .on_conflict_do_update(index_elements=[shop_terms.c.shop_id], set_={"version": shop_terms.c.version + 1})
    )
    await connection.execute(sa.select(sa.func.pg_notify(FACTS_NOTIFY_CHANNEL, str(shop_id))))
