"""The people of a shop, as its owners see them."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.models import membership, person
from tallylight.members.types import Role

PEOPLE_MAX = 200
"""Who work for one shop."""


class Colleague(msgspec.Struct, frozen=True):
    """Somebody who works for the shop. ``signed_in_us``: the last time, wherever; None: not that it were known.

    ``enters``: has signed in, or has a password, and so needs nobody's link for it.
    """

    id: PersonId
    name: str
    email: str
    roles: list[Role]
    signed_in_us: int | None
    enters: bool


async def people_of(connection: AsyncConnection, shop_id: ShopId) -> list[Colleague]:
    """All of them, by name."""
    return [_colleague(row) for row in await connection.execute(_people(shop_id))]


async def colleague(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId) -> Colleague:
    """NotFoundError for somebody who does not work for the shop."""
    row = (await connection.execute(_people(shop_id).where(person.c.id == person_id))).one_or_none()
    if row is None:
        raise NotFoundError("nobody of that name works for this shop")
    return _colleague(row)


async def works_for_others(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId) -> bool:
    """Whether they work for another shop too."""
    elsewhere = sa.exists().where(membership.c.person_id == person_id, membership.c.shop_id != shop_id)
    return bool(await connection.scalar(sa.select(elsewhere)))


def _people(shop_id: ShopId) -> "sa.Select[tuple[object, ...]]":
    return (
        sa.select(person, sa.func.array_agg(membership.c.role).label("roles"))
        .join(membership, membership.c.person_id == person.c.id)
        .where(membership.c.shop_id == shop_id)
        .group_by(person.c.id)
        .order_by(sa.func.lower(person.c.name), person.c.email)
    )


def _colleague(row: "sa.Row[tuple[object, ...]]") -> Colleague:
    enters = row.signed_in_us is not None or row.password_hash is not None
    return Colleague(PersonId(row.id), row.name, row.email, sorted(row.roles), row.signed_in_us, enters)
