"""Redeems a one-time sign-in link."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import Clock, to_datetime
from tallylight.foundation.ids import PersonId
from tallylight.members.errors import LinkSpentError
from tallylight.members.models import sign_in_link
from tallylight.members.tokens import hash_of


async def redeem_sign_in_link(connection: AsyncConnection, token: str, clock: Clock) -> PersonId:
    """Whom the link signs in; from now on it is spent. LinkSpentError when unknown, expired or used before.

    One UPDATE decides, so that of two simultaneous clicks one wins.
    """
    now = to_datetime(clock.now_us())
    row = (
        await connection.execute(
            sign_in_link.update()
            .where(
                sign_in_link.c.token_hash == hash_of(token),
                sign_in_link.c.used_at.is_(None),
                sign_in_link.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(sign_in_link.c.person_id)
        )
    ).first()
    if row is None:
        raise LinkSpentError("this sign-in link was used or has expired; ask for a new one")
    return PersonId(row.person_id)
