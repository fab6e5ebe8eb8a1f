"""Issues a one-time sign-in link."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import Clock, to_datetime
from tallylight.foundation.ids import PersonId
from tallylight.members.models import sign_in_link
from tallylight.members.tokens import hash_of, new_token


async def issue_sign_in_link(
    connection: AsyncConnection, person_id: PersonId, ttl: timedelta, clock: Clock, *, issued_by: PersonId | None = None
) -> str:
    """A token for ``/signin/{token}`` that signs this person in once, within ``ttl``. Only its hash is kept.

    ``issued_by``: to whom it is shown, who hands it over; None: the operator, or nobody, since a mail brings it.
    """
    token = new_token()
    await connection.execute(
        sign_in_link.insert().values(
            token_hash=hash_of(token),
            person_id=person_id,
            expires_at=to_datetime(clock.now_us()) + ttl,
            issued_by=issued_by,
        )
    )
    return token
