"""Legal holds: while one stands, nothing of its broadcast is deleted. Placing and lifting are on record."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.record.errors import HeldError, NotHeldError
from tallylight.compliance.record.models import legal_hold
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import new_id

REASON_LENGTH_MAX = 500


class By(msgspec.Struct, frozen=True):
    """Who acts, as it goes on record: the name as it was then."""

    person_id: UUID
    name: str


class Hold(msgspec.Struct, frozen=True):
    """A hold that stands. ``placed_us``: wall time."""

    broadcast_id: UUID
    reason: str
    placed_by: UUID
    placed_us: int


async def place_hold(connection: AsyncConnection, broadcast_id: UUID, reason: str, *, by: By, now_us: int) -> None:
    """Hold everything of the broadcast. Raises InvalidInputError for an empty or long reason, HeldError if held."""
    said = _reason(reason)
    # The chain's head first: a retention act takes the same lock, so neither can slip past the other.
    payload = {"event": "placed", "reason": said, "by": by.person_id, "name": by.name, "wall_us": now_us}
    await record_evidence(connection, broadcast_id, "hold", payload, now_us)
    placed = await connection.scalar(
        insert(legal_hold)
        .values(id=new_id(), broadcast_id=broadcast_id, reason=said, placed_by=by.person_id, placed_us=now_us)
        .on_conflict_do_nothing(index_elements=["broadcast_id"], index_where=legal_hold.c.lifted_us.is_(None))
        .returning(legal_hold.c.id)
    )
    if placed is None:
        raise HeldError("this broadcast is under a legal hold already")


async def lift_hold(connection: AsyncConnection, broadcast_id: UUID, reason: str, *, by: By, now_us: int) -> None:
    """End the hold. Raises InvalidInputError for an empty or long reason, NotHeldError when there is none."""
    said = _reason(reason)
    lifted = await connection.scalar(
        legal_hold.update()
        .where(legal_hold.c.broadcast_id == broadcast_id, legal_hold.c.lifted_us.is_(None))
        .values(lifted_by=by.person_id, lifted_us=now_us, lifted_reason=said)
        .returning(legal_hold.c.id)
    )
    if lifted is None:
        raise NotHeldError("this broadcast is not under a legal hold")
    payload = {"event": "lifted", "reason": said, "by": by.person_id, "name": by.name, "wall_us": now_us}
    await record_evidence(connection, broadcast_id, "hold", payload, now_us)


async def holds_on(connection: AsyncConnection, broadcast_ids: Iterable[UUID]) -> dict[UUID, Hold]:
    """The holds that stand on these broadcasts."""
    rows = await connection.execute(
        sa.select(legal_hold).where(
            legal_hold.c.broadcast_id.in_(list(broadcast_ids)), legal_hold.c.lifted_us.is_(None)
        )
    )
    return {row.broadcast_id: Hold(row.broadcast_id, row.reason, row.placed_by, row.placed_us) for row in rows}


def _reason(text: str) -> str:
    said = " ".join(text.split())
    if not 1 <= len(said) <= REASON_LENGTH_MAX:
        raise InvalidInputError(f"say why in 1 to {REASON_LENGTH_MAX} characters", field="reason")
    return said
