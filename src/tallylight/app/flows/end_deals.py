"""Ends deals and tells everyone who sees them: viewers of the show, and its staff."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.deal_viewers import shows_that_see
from tallylight.deals.end_deal import end_deal
from tallylight.deals.queries import deal_budget
from tallylight.foundation.ids import DealId, PersonId
from tallylight.foundation.outbox import publish
from tallylight.shows.queries import shows_of_deal


async def end_deal_and_tell(
    connection: AsyncConnection, deal_id: DealId, at_us: int, *, reason: str = "time", by: PersonId | None = None
) -> None:
    """``deals.end_deal``, with ``deal.ended`` for viewers from the programme time it ended and ``deal`` for staff."""
    ended = await end_deal(connection, deal_id, at_us, reason=reason, by=by)
    budget = msgspec.to_builtins(await deal_budget(connection, deal_id))
    for show_id in await shows_of_deal(connection, deal_id):
        await publish(connection, f"control:{show_id}", "deal", budget)
    payload = {"deal_id": str(deal_id), "reason": reason}
    for show_id in await shows_that_see(connection, ended):
        await publish(connection, f"show:{show_id}", "deal.ended", payload, at_us=ended.ends_us)
