"""A funder accepts its share of a deal; control rooms that have a cue for it see it become ready."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals import DealBudget, FunderKind, accept_funding
from tallylight.foundation.ids import DealId, PersonId
from tallylight.foundation.outbox import publish
from tallylight.shows.queries import shows_of_deal


async def accept_funding_and_tell(
    connection: AsyncConnection, deal_id: DealId, party: FunderKind, *, accepted_by: PersonId, now_us: int
) -> DealBudget:
    """``deals.accept_funding``, with ``deal`` for the staff of each show that has a cue for it."""
    budget = await accept_funding(connection, deal_id, party, accepted_by=accepted_by, at_us=now_us)
    for show_id in await shows_of_deal(connection, deal_id):
        await publish(connection, f"control:{show_id}", "deal", msgspec.to_builtins(budget))
    return budget
