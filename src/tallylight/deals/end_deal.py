"""Ends an open deal: at its time, or earlier by hand."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.errors import DealStateError
from tallylight.deals.models import deal
from tallylight.deals.queries import deal_view, locked_deal
from tallylight.deals.record_change import record_change
from tallylight.deals.record_deal_prices import record_deal_prices
from tallylight.deals.schemas import DealView
from tallylight.foundation.ids import DealId, PersonId


async def end_deal(
    connection: AsyncConnection, deal_id: DealId, at_us: int, *, reason: str = "time", by: PersonId | None = None
) -> DealView:
    """The deal holds no longer than programme time ``at_us``; its own end stays when that is earlier.

    Viewers who have not yet seen that moment still get its price: only the programme time they saw decides. Raises
    DealStateError unless it is open, NotFoundError.
    """
    row = await locked_deal(connection, deal_id)
    if row.state != "open":
        raise DealStateError(f"the deal {row.title!r} is not open")
    ends_us = min(row.ends_us, max(at_us, row.opens_us))
    await connection.execute(
        deal.update().where(deal.c.id == deal_id).values(state="ended", ends_us=ends_us, ended_reason=reason)
    )
    await record_change(connection, deal_id, "ended", at_us=at_us, by=by, reason=reason)
    await record_deal_prices(connection, row.shop_id, deal_id, at_us=ends_us, opened=False)
    return await deal_view(connection, deal_id)
