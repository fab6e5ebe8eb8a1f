"""The books as a beancount file, streamed from one snapshot of the database."""

from collections.abc import AsyncIterator

from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShopId
from tallylight.ledger.beancount import beancount_lines

LINES_AT_ONCE = 1_000


async def books_as_beancount(database: Database, shop_id: ShopId, *, to_us: int) -> AsyncIterator[str]:
    """The file in pieces. ``to_us``: wall time, exclusive."""
    piece: list[str] = []
    async with database.reading() as connection:
        async for line in beancount_lines(connection, shop_id, to_us=to_us):
            piece.append(line)
            if len(piece) == LINES_AT_ONCE:
                yield "\n".join(piece) + "\n"
                piece = []
    yield "\n".join(piece) + "\n"
