"""Keeps each step of a deal's life: who, when, why. Append-only."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.models import deal_change
from tallylight.deals.types import DealState
from tallylight.foundation.ids import DealId, PersonId


async def record_change(
    connection: AsyncConnection, deal_id: DealId, state: DealState, *, at_us: int, by: PersonId | None, reason: str
) -> None:
    """The deal is in ``state`` since wall time ``at_us``; ``by`` None: its time had come."""
    await connection.execute(
        deal_change.insert().values(deal_id=deal_id, state=state, at_us=at_us, by_person=by, reason=reason)
    )
