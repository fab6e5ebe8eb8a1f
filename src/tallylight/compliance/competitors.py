"""The rivals that a shop names, so that comparisons with them are heard (Lanham Act section 43(a))."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.models import competitor
from tallylight.foundation.errors import InvalidInputError

COMPETITORS_MAX = 500
NAME_LENGTH_MAX = 100


async def add_competitors(connection: AsyncConnection, shop_id: UUID, names: Iterable[str]) -> None:
    """Add rivals by name; those already known stay. InvalidInputError for a name that is empty or too long."""
    cleaned = {" ".join(name.split()) for name in names}
    if any(not 1 <= len(name) <= NAME_LENGTH_MAX for name in cleaned):
        raise InvalidInputError(f"a rival's name has 1 to {NAME_LENGTH_MAX} characters", field="name")
    known = set(await competitors_of(connection, shop_id))
    if len(known | cleaned) > COMPETITORS_MAX:
        raise InvalidInputError(f"a shop names at most {COMPETITORS_MAX} rivals", field="name")
    if cleaned:
        rows = [{"shop_id": shop_id, "name": name} for name in sorted(cleaned)]
        await connection.execute(insert(competitor).values(rows).on_conflict_do_nothing())


async def competitors_of(connection: AsyncConnection, shop_id: UUID) -> list[str]:
    """The shop's rivals by name."""
    rows = await connection.scalars(
        sa.select(competitor.c.name).where(competitor.c.shop_id == shop_id).order_by(competitor.c.name)
    )
    return list(rows)


async def remove_competitor(connection: AsyncConnection, shop_id: UUID, name: str) -> None:
    """Take a rival off; InvalidInputError when the shop does not name it."""
    gone = await connection.scalar(
        competitor.delete()
        .where(competitor.c.shop_id == shop_id, competitor.c.name == " ".join(name.split()))
        .returning(competitor.c.name)
    )
    if gone is None:
        raise InvalidInputError(f"the shop names no rival {name!r}", field="name")
