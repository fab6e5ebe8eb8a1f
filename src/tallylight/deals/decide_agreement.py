"""A party accepts or declines an agreement, or raises its own caps or leaves them when it is asked."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.check_terms import BUDGET_MINOR_MAX, TEXT_MAX
from tallylight.deals.errors import DealStateError
from tallylight.deals.models import agreement, cap_request, deal, funder
from tallylight.deals.record_change import record_change
from tallylight.deals.types import Cap
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


async def raise_cap(
    connection: AsyncConnection,
    agreement_id: UUID,
    party_id: UUID,
    minor: int,
    *,
    cap: Cap = "budget",
    by: PersonId | None = None,
    at_us: int,
) -> None:
    """The party lets its ``cap`` be ``minor``: more than before. What it was asked about that cap is answered so.

    Raises InvalidInputError, NotFoundError.
    """
    await locked_agreement(connection, agreement_id)
    row = await _funder(connection, agreement_id, party_id)
    column = {"budget": "budget_minor", "day": "cap_day_minor", "order": "cap_order_minor"}[cap]
    before = getattr(row, column)
    if before is None:
        raise InvalidInputError("you have no such cap", field="cap")
    if not before < minor <= BUDGET_MINOR_MAX:
        raise InvalidInputError("a cap can only be raised", field="minor")
    await connection.execute(funder.update().where(funder.c.id == row.id).values({column: minor}))
    await connection.execute(
        cap_request.update()
        .where(cap_request.c.funder_id == row.id, cap_request.c.answered_us.is_(None), cap_request.c.cap == cap)
        .values(answered_us=at_us, answered_by=by, answer="raised")
    )


async def keep_caps(
    connection: AsyncConnection, agreement_id: UUID, party_id: UUID, *, by: PersonId | None, at_us: int
) -> list[DealId]:
    """The party was asked and leaves its caps as they are; the deals that stood still, which are now to end.

    Raises DealStateError when nothing is asked, NotFoundError.
    """
    await locked_agreement(connection, agreement_id)
    row = await _funder(connection, agreement_id, party_id)
    kept = await connection.scalars(
        cap_request.update()
        .where(cap_request.c.funder_id == row.id, cap_request.c.answered_us.is_(None))
        .values(answered_us=at_us, answered_by=by, answer="kept")
        .returning(cap_request.c.deal_id)
    )
    deals = [DealId(each) for each in sorted(set(kept))]
    if not deals:
        raise DealStateError("nothing is asked of you any more")
    return deals


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
