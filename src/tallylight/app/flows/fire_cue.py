"""A producer fires a cue: it holds from now at the camera, so viewers see it a delay later, at that very frame."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.open_deals import tell_viewers
from tallylight.deals.open_deal import open_deal
from tallylight.deals.queries import deal_budget
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import CueId, DealId, PersonId, ShowId
from tallylight.foundation.outbox import publish
from tallylight.shows.fire_cue import fire_cue
from tallylight.shows.queries import cue_by_id


async def fire_cue_and_tell(
    connection: AsyncConnection, show_id: ShowId, cue_id: CueId, at_us: int, fired_by: PersonId | None
) -> None:
    """Fire the cue at programme time ``at_us``; a deal cue opens its deal, or nothing happens at all.

    Raises what ``deals.open_deal`` raises (not accepted, opened before, another deal runs), NotFoundError.
    """
    cue = await cue_by_id(connection, show_id, cue_id)
    # The deal first: it takes the shop's selling facts, which everyone locks before any channel.
    deal = None
    if cue.kind == "deal":
        if cue.deal_id is None:
            raise NotFoundError("this cue names no deal")
        deal = await open_deal(connection, cue.deal_id, at_us, by=fired_by, reason="its cue was fired")
    await fire_cue(connection, show_id, cue_id, at_us, fired_by)
    if deal is not None:
        budget = msgspec.to_builtins(await deal_budget(connection, DealId(deal.id)))
        await publish(connection, f"control:{show_id}", "deal", budget)
    fired = {"cue_id": str(cue_id), "at_us": at_us}
    await publish(connection, f"control:{show_id}", "cue.fired", fired, at_us=at_us)
    if cue.kind == "pin":
        await publish(connection, f"show:{show_id}", "pin", {"product_id": str(cue.product_id)}, at_us=at_us)
    elif cue.kind == "unpin":
        await publish(connection, f"show:{show_id}", "unpin", {}, at_us=at_us)
    elif deal is not None:
        await tell_viewers(connection, deal)
