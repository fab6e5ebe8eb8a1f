"""Ends the ways in that somebody else was shown."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId
from tallylight.members.models import session, sign_in_link


async def end_shown_ways(connection: AsyncConnection, person_id: PersonId) -> bool:
    """Sign the person out and void their links, if one of these was ever shown to an owner who handed it over; whether.

    That owner may hold it still, or a session that it opened, and would come along into another shop that takes the
    person on. Spent links are kept for as long as a session lasts that they opened (``delete_expired``).
    """
    of_person = sign_in_link.c.person_id == person_id
    shown = sa.exists().where(of_person, sign_in_link.c.issued_by.is_not(None))
    if not await connection.scalar(sa.select(shown)):
        return False
    await connection.execute(session.delete().where(session.c.person_id == person_id))
    await connection.execute(sign_in_link.delete().where(of_person, sign_in_link.c.used_at.is_(None)))
    return True
