"""One review of a broadcast at a time, whichever speech process it is in.

Two links may ask for the same broadcast: a media process reconnects to a second speech process, or a show moves and
its next process' link opens while the last words of the one before are still judged. Whoever comes second waits for the
first to finish (an advisory lock), though not for ever: a process that stands still must not keep a show covered. It
takes the next turn either way, and what a review writes counts only in its own turn, checked in the same transaction: a
late writer writes nothing, and its successor reads all that it wrote before.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.models import review_turn
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError

log = structlog.get_logger()

WAIT_MS = 10_000
_LOCK_SPACE = 0x5EA7
"""Sets these advisory locks apart from others: the first of the key's two halves."""


class SupersededError(ConflictError):
    """Another review has taken over this broadcast."""

    code = "review_superseded"


class ReviewTurn:
    """A turn that has been taken."""

    def __init__(self, broadcast_id: UUID, number: int) -> None:
        self._broadcast_id = broadcast_id
        self._number = number

    async def check(self, connection: AsyncConnection) -> None:
        """SupersededError when this turn is over. Until the transaction ends nobody takes the next."""
        asked = sa.select(review_turn.c.turn).where(review_turn.c.broadcast_id == self._broadcast_id)
        if await connection.scalar(asked.with_for_update(read=True)) != self._number:
            raise SupersededError("another review has taken over this broadcast")


@asynccontextmanager
async def taken_turn(database: Database, broadcast_id: UUID) -> AsyncIterator[ReviewTurn]:
    """Wait for the review before, then take a turn. OSError or a database error when the database is away."""
    waiting = await database.raw_connection(lock_timeout=f"{WAIT_MS}ms")
    try:
        try:
            await waiting.execute("select pg_advisory_lock($1, hashtext($2))", _LOCK_SPACE, str(broadcast_id))
        except asyncpg.LockNotAvailableError:
            log.warning("a review does not end; another takes over", broadcast_id=str(broadcast_id))
        async with database.transaction() as connection:
            statement = insert(review_turn).values(broadcast_id=broadcast_id, turn=1)
            number = await connection.scalar(
                statement.on_conflict_do_update(
                    index_elements=[review_turn.c.broadcast_id], set_={"turn": review_turn.c.turn + 1}
                ).returning(review_turn.c.turn)
            )
        yield ReviewTurn(broadcast_id, int(number or 0))
    finally:
        with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await waiting.close(timeout=2)  # which gives up the lock
