"""Creates a person and gives them roles."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import PersonId, ShopId, new_id
from tallylight.members.errors import TakenError
from tallylight.members.models import ROLES, membership, person
from tallylight.members.passwords import hash_password
from tallylight.members.types import Person, Role

EMAIL_LENGTH_MAX = 254
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+")
NAME_LENGTH_MAX = 100


def clean_email(text: str) -> str:
    """The address in lower case, which is how it is kept and looked up. InvalidInputError when it is none."""
    email = text.strip().lower()
    if len(email) > EMAIL_LENGTH_MAX or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidInputError("that is not an e-mail address", field="email")
    return email


async def create_person(connection: AsyncConnection, *, email: str, name: str, password: str | None = None) -> Person:
    """A new person; without a password they sign in by link only. TakenError when the e-mail is in use."""
    address = clean_email(email)
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX:
        raise InvalidInputError(f"a person's name has 1 to {NAME_LENGTH_MAX} characters", field="name")
    made = Person(PersonId(new_id()), name.strip(), address)
    row = await connection.execute(
        insert(person)
        .values(
            id=made.id,
            email=made.email,
            name=made.name,
            password_hash=None if password is None else await hash_password(password),
        )
        .on_conflict_do_nothing(index_elements=[person.c.email])
        .returning(sa.literal(1))
    )
    if row.first() is None:
        raise TakenError(f"{address} already has a person", field="email")
    return made


async def grant_roles(
    connection: AsyncConnection, shop_id: ShopId, person_id: PersonId, roles: Sequence[Role | str]
) -> None:
    """Give a person roles in a shop; those they have already are left as they are."""
    for role in roles:
        if role not in ROLES:
            raise InvalidInputError(f"a role is one of {', '.join(ROLES)}", field="role")
        await connection.execute(
            insert(membership).values(shop_id=shop_id, person_id=person_id, role=role).on_conflict_do_nothing()
        )


async def set_password(connection: AsyncConnection, person_id: PersonId, password: str) -> None:
    """Replace a person's password."""
    await connection.execute(
        person.update().where(person.c.id == person_id).values(password_hash=await hash_password(password))
    )
