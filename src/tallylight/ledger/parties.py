"""Who has accounts in a shop's books and is paid from them."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import ShopId
from tallylight.ledger.models import party
from tallylight.ledger.statement_lines import LINES_BY_PARTY
from tallylight.ledger.types import Party

PARTIES_MAX = 5_000


async def parties_of_shop(connection: AsyncConnection, shop_id: ShopId) -> list[Party]:
    """The shop's parties with statements, and its bank, by kind and name."""
    rows = await connection.execute(
        sa.select(party)
        .where(party.c.shop_id == shop_id, party.c.kind.in_([*LINES_BY_PARTY, "bank"]))
        .order_by(
            sa.case({"bank": 0, "brand": 1, "platform": 2, "creator": 3}, value=party.c.kind, else_=4),
            party.c.name,
        )
        .limit(PARTIES_MAX)
    )
    return [Party(row.id, row.kind, row.name) for row in rows]
