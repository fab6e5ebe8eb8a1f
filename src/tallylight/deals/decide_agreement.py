"""A party accepts or declines an agreement, or raises its own cap."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.check_terms import BUDGET_MINOR_MAX, TEXT_MAX
from tallylight.deals.errors import DealStateError
from tallylight.deals.models import agreement, deal, funder
from tallylight.deals.record_change import record_change
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import DealId, PersonId, ShopId


async def accept_agreement(
    connection: AsyncConnection, agreement_id: UUID, party_id: UUID, *, by: PersonId | None, at_us: int
) -> None:
    """The party accepts at wall time ``at_us``; the last acceptance makes drafted deals agreed. Again is no change.

    Raises NotFoundError when the party is not one of the agreement's.
    """
    await locked_agreement(connection, agreement_id)
    mine = (funder.c.agreement_id == agreement_id, funder.c.party_id == party_id)
    if (await connection.execute(sa.select(funder.c.id).where(*mine))).first() is None:
        raise NotFoundError("there is no such agreement")
    await connection.execute(
        funder.update()
        .where(*mine, funder.c.accepted_us.is_(None))
        .values(accepted_us=at_us, accepted_by=by, declined_us=None, declined_reason=None)
    )
    waiting = sa.select(funder.c.id).where(funder.c.agreement_id == agreement_id, funder.c.accepted_us.is_(None))
    if (await connection.execute(waiting)).first() is None:
        await agree_drafts(connection, agreement_id, by=by, at_us=at_us)


async def agree_drafts(connection: AsyncConnection, agreement_id: UUID, *, by: PersonId | None, at_us: int) -> None:
    """Deals that wait for an agreement which everybody has accepted are agreed."""
    drafts = deal.update().where(deal.c.agreement_id == agreement_id, deal.c.state == "draft")
    for row in (await connection.execute(drafts.values(state="agreed").returning(deal.c.id))).all():
        reason = "every funder has accepted"
        await record_change(connection, DealId(row.id), "agreed", at_us=at_us, by=by, reason=reason)


async def decline_agreement(
    connection: AsyncConnection, agreement_id: UUID, party_id: UUID, *, reason: str, by: PersonId | None, at_us: int
) -> None:
    """The party declines, with a reason for the shop to read; it may accept later.

    Raises DealStateError when it has accepted already, NotFoundError, InvalidInputError.
    """
    await locked_agreement(connection, agreement_id)
    if len(reason) > TEXT_MAX * 5:
        raise InvalidInputError(f"a reason has at most {TEXT_MAX * 5} characters", field="reason")
    row = await _funder(connection, agreement_id, party_id)
    if row.accepted_us is not None:
        raise DealStateError("you have accepted this agreement; opt products out, or let it run out")
    await connection.execute(
        funder.update().where(funder.c.id == row.id).values(declined_us=at_us, declined_reason=reason.strip())
    )


async def raise_cap(connection: AsyncConnection, agreement_id: UUID, party_id: UUID, budget_minor: int) -> None:
    """The party lets its cap in all be ``budget_minor``: more than before.

    Raises InvalidInputError, NotFoundError.
    """
    await locked_agreement(connection, agreement_id)
    row = await _funder(connection, agreement_id, party_id)
    if not row.budget_minor < budget_minor <= BUDGET_MINOR_MAX:
        raise InvalidInputError("a cap can only be raised", field="budget_minor")
    await connection.execute(funder.update().where(funder.c.id == row.id).values(budget_minor=budget_minor))


async def locked_agreement(connection: AsyncConnection, agreement_id: UUID) -> sa.Row[Any]:
    """The agreement's row, after its shop's selling facts are locked: the sale desk's order of locks.

    Raises NotFoundError.
    """
    row = (await connection.execute(sa.select(agreement).where(agreement.c.id == agreement_id))).one_or_none()
    if row is None:
        raise NotFoundError("there is no such agreement")
    await catalogue.touch_selling_facts(connection, ShopId(row.shop_id))
    return row


async def _funder(connection: AsyncConnection, agreement_id: UUID, party_id: UUID) -> sa.Row[Any]:
    mine = sa.select(funder).where(funder.c.agreement_id == agreement_id, funder.c.party_id == party_id)
    row = (await connection.execute(mine)).one_or_none()
    if row is None:
        raise NotFoundError("there is no such agreement")
    return row
