"""Opens an agreed deal from a moment of programme time on."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.errors import DealOverlapError, DealStateError, NotAcceptedError
from tallylight.deals.models import deal, funder
from tallylight.deals.queries import deal_fact, deal_view, locked_deal
from tallylight.deals.record_deal_prices import record_deal_prices
from tallylight.deals.schemas import DealView
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import DealId


async def open_deal(connection: AsyncConnection, deal_id: DealId, at_us: int) -> DealView:
    """The deal holds from programme time ``at_us`` for its duration.

    Raises NotAcceptedError while a funder has not accepted, DealOverlapError while another deal on the product
    runs, DealStateError when it was opened before, NotFoundError.
    """
    row = await locked_deal(connection, deal_id)
    if row.state in ("open", "ended"):
        raise DealStateError(f"the deal {row.title!r} was opened before")
    missing = (
        await connection.execute(
            sa.select(funder.c.name)
            .where(funder.c.deal_id == deal_id, funder.c.accepted_us.is_(None))
            .order_by(funder.c.position)
        )
    ).scalars()
    names = ", ".join(missing)
    if names or row.state != "agreed":
        raise NotAcceptedError(f"the deal cannot open: {names} must accept its funding first", missing=names)
    ends_us = at_us + row.duration_s * MICROSECONDS
    other = (
        await connection.execute(
            sa.select(deal.c.title).where(
                deal.c.product_id == row.product_id,
                deal.c.id != deal_id,
                deal.c.opens_us < ends_us,
                deal.c.ends_us > at_us,
            )
        )
    ).first()
    if other is not None:
        raise DealOverlapError(f"{row.title!r} cannot open while {other.title!r} runs on the same product")
    await connection.execute(
        deal.update().where(deal.c.id == deal_id).values(state="open", opens_us=at_us, ends_us=ends_us)
    )
    fact = await deal_fact(connection, deal_id)
    await record_deal_prices(connection, fact, at_us=at_us, opened=True)
    return await deal_view(connection, deal_id)
