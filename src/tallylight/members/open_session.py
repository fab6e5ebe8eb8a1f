"""Opens and closes sessions."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import Clock, to_datetime
from tallylight.foundation.ids import PersonId
from tallylight.members.models import person, session
from tallylight.members.tokens import hash_of, new_token

SESSION_TTL = timedelta(days=7)


async def open_session(connection: AsyncConnection, person_id: PersonId, clock: Clock) -> str:
    """A fresh session for ``person_id``: the token that its cookie carries, valid for SESSION_TTL."""
    token, now_us = new_token(), clock.now_us()
    await connection.execute(person.update().where(person.c.id == person_id).values(signed_in_us=now_us))
    await connection.execute(
        session.insert().values(
            token_hash=hash_of(token),
            person_id=person_id,
            csrf_token=new_token(),
            expires_at=to_datetime(now_us) + SESSION_TTL,
        )
    )
    return token


async def close_session(connection: AsyncConnection, token: str) -> None:
    """End the session; an unknown token is nobody's and changes nothing."""
    await connection.execute(session.delete().where(session.c.token_hash == hash_of(token)))
