"""Lets a person see and decide a party's agreements, and nothing else of the shop."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.models import party_member
from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.ledger.models import party

MEMBERS_MAX = 20


async def invite_to_party(
    connection: AsyncConnection, shop_id: ShopId, party_id: UUID, person_id: PersonId, *, by: PersonId
) -> None:
    """``person_id`` decides for the party from now on. Raises NotFoundError for a party of another shop."""
    found = sa.select(party.c.id).where(
        party.c.id == party_id, party.c.shop_id == shop_id, party.c.kind.in_(("platform", "creator", "supplier"))
    )
    if (await connection.execute(found)).first() is None:
        raise NotFoundError("there is no such party; the brand's own finance people need no invitation")
    many = sa.select(sa.func.count()).where(party_member.c.party_id == party_id)
    if (await connection.execute(many)).scalar_one() >= MEMBERS_MAX:
        raise ConflictError(f"at most {MEMBERS_MAX} people decide for one party")
    row = {"party_id": party_id, "person_id": person_id, "invited_by": by}
    await connection.execute(insert(party_member).values(row).on_conflict_do_nothing())
