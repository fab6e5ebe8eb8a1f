"""Puts an agreed deal on the calendar, and takes it off again."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.errors import DealStateError
from tallylight.deals.models import deal
from tallylight.deals.opening import check_agreed, check_funded, check_reference, check_unambiguous
from tallylight.deals.queries import deal_view, locked_deal
from tallylight.deals.record_change import record_change
from tallylight.deals.schemas import DealView
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import DealId, PersonId

AHEAD_US_MAX = 366 * 86_400 * MICROSECONDS


async def schedule_deal(
    connection: AsyncConnection, deal_id: DealId, opens_us: int, *, by: PersonId | None, now_us: int
) -> DealView:
    """The deal will open by itself at programme time ``opens_us``. Scheduling again moves it.

    Raises InvalidInputError for a moment that is past or over a year ahead, and what ``open_deal`` raises.
    """
    row = await locked_deal(connection, deal_id)
    await check_agreed(connection, row)
    if not now_us <= opens_us <= now_us + AHEAD_US_MAX:
        raise InvalidInputError("a deal is scheduled for a moment that is yet to come, within a year", field="opens_us")
    ends_us = opens_us + row.duration_s * MICROSECONDS
    await check_unambiguous(connection, row, opens_us, ends_us)
    await check_funded(connection, row, opens_us, ends_us)
    await check_reference(connection, row, opens_us)
    await connection.execute(
        deal.update().where(deal.c.id == deal_id).values(state="scheduled", opens_us=opens_us, ends_us=ends_us)
    )
    await record_change(connection, deal_id, "scheduled", at_us=now_us, by=by, reason="scheduled")
    return await deal_view(connection, deal_id)


async def unschedule_deal(
    connection: AsyncConnection, deal_id: DealId, *, by: PersonId | None, now_us: int, reason: str
) -> DealView:
    """The deal waits for a new moment. Raises DealStateError unless it is scheduled, NotFoundError."""
    row = await locked_deal(connection, deal_id)
    if row.state != "scheduled":
        raise DealStateError(f"the deal {row.title!r} is not scheduled")
    await connection.execute(
        deal.update().where(deal.c.id == deal_id).values(state="agreed", opens_us=None, ends_us=None)
    )
    await record_change(connection, deal_id, "agreed", at_us=now_us, by=by, reason=reason)
    return await deal_view(connection, deal_id)
