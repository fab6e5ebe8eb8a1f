"""Signs a person in by e-mail and password."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.ids import PersonId
from tallylight.members.errors import WrongPasswordError
from tallylight.members.models import person
from tallylight.members.passwords import PASSWORD_LENGTH_MAX, password_matches


async def sign_in_by_password(connection: AsyncConnection, email: str, password: str) -> PersonId:
    """Whose password it is. WrongPasswordError, after the same work, for a wrong one and for an unknown e-mail.

    The caller limits the rate: by address and by e-mail.
    """
    address = email.strip().lower()
    query = sa.select(person.c.id, person.c.password_hash).where(
        person.c.email == address if address.isprintable() else sa.false()
    )
    row = (await connection.execute(query)).first()
    if not await password_matches(None if row is None else row.password_hash, password[: PASSWORD_LENGTH_MAX + 1]):
        raise WrongPasswordError("the e-mail or the password is wrong")
    assert row is not None
    return PersonId(row.id)
