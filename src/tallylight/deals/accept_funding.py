"""A funder accepts its share of a deal: the agreement that funds it."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.decide_agreement import accept_agreement
from tallylight.deals.errors import DealStateError
from tallylight.deals.models import funder
from tallylight.deals.queries import deal_budget, locked_deal
from tallylight.deals.schemas import DealBudget
from tallylight.deals.types import FunderKind
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import DealId, PersonId


async def accept_funding(
    connection: AsyncConnection, deal_id: DealId, party: FunderKind, *, accepted_by: PersonId | None, at_us: int
) -> DealBudget:
    """Every funder of the kind ``party`` accepts; the last acceptance makes the deal agreed. Again is no change.

    ``at_us`` is wall time. Raises NotFoundError when the deal has no such funder, DealStateError once it is over.
    """
    row = await locked_deal(connection, deal_id)
    if row.state == "ended":
        raise DealStateError("the deal has ended; its funding cannot be accepted any more")
    mine = sa.select(funder.c.party_id).where(funder.c.agreement_id == row.agreement_id, funder.c.party_kind == party)
    parties = (await connection.execute(mine)).scalars().all()
    if not parties:
        raise NotFoundError(f"the {party} does not fund this deal")
    for party_id in parties:
        await accept_agreement(connection, row.agreement_id, party_id, by=accepted_by, at_us=at_us)
    return await deal_budget(connection, deal_id)
