"""Opens deals whose scheduled time has come, and tells everyone who sees them: viewers of the show, and its staff."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.deal_viewers import shows_that_see, viewers_deal
from tallylight.deals import DealView, NotAcceptedError, schedule_deal, unschedule_deal
from tallylight.deals.open_deal import open_deal
from tallylight.deals.queries import deal_budget, deal_view
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.ids import DealId, PersonId
from tallylight.foundation.outbox import publish
from tallylight.shows.queries import shows_of_deal


async def open_due_deal_and_tell(connection: AsyncConnection, deal_id: DealId, now_us: int) -> bool:
    """Open a scheduled deal at its own moment. One that cannot open goes back to agreed, and its record says why."""
    view = await deal_view(connection, deal_id)
    if view.opens_us is None or view.ends_us is None or view.opens_us > now_us:
        return False
    try:
        if view.ends_us <= now_us:
            raise NotAcceptedError("its time had passed before it could be opened")
        async with connection.begin_nested():
            opened = await open_deal(connection, deal_id, view.opens_us, reason="its time had come")
    except ConflictError as refusal:
        await unschedule_deal(connection, deal_id, by=None, now_us=now_us, reason=str(refusal))
        await tell_staff(connection, deal_id)
        return False
    await tell_opened(connection, opened)
    return True


async def open_deal_and_tell(connection: AsyncConnection, deal_id: DealId, at_us: int, *, by: PersonId) -> DealView:
    """``deals.open_deal`` by hand, with ``deal.opened`` for viewers and ``deal`` for staff."""
    opened = await open_deal(connection, deal_id, at_us, by=by)
    await tell_opened(connection, opened)
    return opened


async def schedule_deal_and_tell(
    connection: AsyncConnection, deal_id: DealId, opens_us: int, *, by: PersonId, now_us: int
) -> DealView:
    """``deals.schedule_deal``, with ``deal`` for staff."""
    view = await schedule_deal(connection, deal_id, opens_us, by=by, now_us=now_us)
    await tell_staff(connection, deal_id)
    return view


async def tell_opened(connection: AsyncConnection, opened: DealView) -> None:
    """``deal.opened`` for the viewers of each show that sees it, ``deal`` for the staff of those with a cue for it."""
    deal_id = DealId(opened.id)
    await tell_staff(connection, deal_id)
    await tell_viewers(connection, opened)


async def tell_viewers(connection: AsyncConnection, opened: DealView) -> None:
    """``deal.opened`` for the viewers of each show that sees it, from the programme time that it opened."""
    payload = {"deal": msgspec.to_builtins(viewers_deal(await deal_budget(connection, DealId(opened.id))))}
    for show_id in await shows_that_see(connection, opened):
        await publish(connection, f"show:{show_id}", "deal.opened", payload, at_us=opened.opens_us)


async def tell_staff(connection: AsyncConnection, deal_id: DealId) -> None:
    """``deal`` for the staff of each show that has a cue for it."""
    budget = msgspec.to_builtins(await deal_budget(connection, deal_id))
    for show_id in await shows_of_deal(connection, deal_id):
        await publish(connection, f"control:{show_id}", "deal", budget)
