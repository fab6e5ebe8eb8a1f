"""A funder accepts its share of a deal."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.errors import DealStateError
from tallylight.deals.models import deal, funder
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
    mine = (funder.c.deal_id == deal_id, funder.c.party_kind == party)
    accepted = await connection.execute(
        funder.update()
        .where(*mine, funder.c.accepted_us.is_(None))
        .values(accepted_us=at_us, accepted_by=accepted_by)
        .returning(funder.c.id)
    )
    if not accepted.all() and (await connection.execute(funder.select().where(*mine))).first() is None:
        raise NotFoundError(f"the {party} does not fund this deal")
    open_ones = funder.select().where(funder.c.deal_id == deal_id, funder.c.accepted_us.is_(None))
    if row.state == "draft" and (await connection.execute(open_ones)).first() is None:
        await connection.execute(deal.update().where(deal.c.id == deal_id).values(state="agreed"))
    return await deal_budget(connection, deal_id)
