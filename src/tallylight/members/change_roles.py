"""Changes what a person may do in a shop."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.create_person import grant_roles
from tallylight.members.errors import OwnAccountError
from tallylight.members.lock_people import lock_people, require_other_owner
from tallylight.members.models import ROLES, membership
from tallylight.members.people import colleague
from tallylight.members.types import Role


def check_roles(roles: Collection[str]) -> None:
    """InvalidInputError unless it is at least one role, and each is one."""
    if not roles or not set(roles) <= set(ROLES):
        raise InvalidInputError(f"choose at least one of the roles {', '.join(ROLES)}", field="roles")


async def change_roles(
    connection: AsyncConnection, shop_id: ShopId, person_id: PersonId, roles: Collection[Role], *, by: PersonId
) -> None:
    """The person has these roles and no others.

    Raises InvalidInputError; NotFoundError for somebody who does not work there; ForbiddenError when ``by`` is no
    owner any more; OwnAccountError when they would take their own owner's role; LastOwnerError.
    """
    check_roles(roles)
    await lock_people(connection, shop_id, by)
    held = (await colleague(connection, shop_id, person_id)).roles
    if "owner" in held and "owner" not in roles:
        if person_id == by:
            raise OwnAccountError("nobody takes the role of owner from themselves; another owner can", field="roles")
        await require_other_owner(connection, shop_id, person_id)
    await grant_roles(connection, shop_id, person_id, sorted(roles))
    theirs = sa.and_(membership.c.shop_id == shop_id, membership.c.person_id == person_id)
    await connection.execute(membership.delete().where(theirs, membership.c.role.not_in(list(roles))))
