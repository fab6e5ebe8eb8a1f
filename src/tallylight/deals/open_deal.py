"""Opens an agreed deal from a moment of programme time on."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.models import deal
from tallylight.deals.opening import check_agreed, check_funded, check_reference, check_unambiguous
from tallylight.deals.queries import deal_view, locked_deal
from tallylight.deals.record_change import record_change
from tallylight.deals.record_deal_prices import record_deal_prices
from tallylight.deals.schemas import DealView
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import DealId, PersonId


async def open_deal(
    connection: AsyncConnection,
    deal_id: DealId,
    at_us: int,
    *,
    by: PersonId | None = None,
    reason: str = "opened by hand",
) -> DealView:
    """The deal holds from programme time ``at_us`` for its duration; a scheduled one keeps its end when it opens late.

    Raises NotAcceptedError while a funder has not accepted, DealOverlapError while a deal runs that it could be taken
    for, ReferencePriceError
    when what it comes down from is not genuine, DealStateError when it was opened before, NotFoundError.
    """
    row = await locked_deal(connection, deal_id)
    await check_agreed(connection, row)
    ends_us = at_us + row.duration_s * MICROSECONDS
    if row.state == "scheduled" and row.opens_us <= at_us < row.ends_us:
        ends_us = row.ends_us
    await check_unambiguous(connection, row, at_us, ends_us)
    await check_funded(connection, row, at_us, ends_us)
    await check_reference(connection, row, at_us)
    await connection.execute(
        deal.update().where(deal.c.id == deal_id).values(state="open", opens_us=at_us, ends_us=ends_us)
    )
    await record_change(connection, deal_id, "open", at_us=at_us, by=by, reason=reason)
    await record_deal_prices(connection, row.shop_id, deal_id, at_us=at_us, opened=True)
    return await deal_view(connection, deal_id)
