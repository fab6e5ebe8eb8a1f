"""Takes a person out of a shop."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.errors import OwnAccountError
from tallylight.members.lock_people import lock_people, require_other_owner
from tallylight.members.models import membership, session, sign_in_link
from tallylight.members.people import colleague, works_for_others


async def remove_person(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId, *, by: PersonId) -> None:
    """From the commit on nothing of the shop opens to them. They are signed out, unless they work for another shop;
    what they did stays on record in their name.

    Raises NotFoundError for somebody who does not work there; ForbiddenError when ``by`` is no owner any more;
    OwnAccountError; LastOwnerError.
    """
    await lock_people(connection, shop_id, by)
    held = (await colleague(connection, shop_id, person_id)).roles
    if person_id == by:
        raise OwnAccountError("nobody removes themselves from a shop; another owner can")
    if "owner" in held:
        await require_other_owner(connection, shop_id, person_id)
    await connection.execute(
        membership.delete().where(membership.c.shop_id == shop_id, membership.c.person_id == person_id)
    )
    if not await works_for_others(connection, shop_id, person_id):
        await connection.execute(session.delete().where(session.c.person_id == person_id))
        await void_links(connection, person_id)


async def void_links(connection: AsyncConnection, person_id: PersonId) -> None:
    """The links that this person has not used open nothing any more."""
    await connection.execute(
        sign_in_link.delete().where(sign_in_link.c.person_id == person_id, sign_in_link.c.used_at.is_(None))
    )
