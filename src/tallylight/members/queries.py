"""Reads of the members room."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import Clock, to_datetime
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.models import membership, person, session, shop
from tallylight.members.tokens import hash_of
from tallylight.members.types import Membership, Person, Role, Shop, Staff


async def session_of(connection: AsyncConnection, token: str, clock: Clock) -> Staff | None:
    """Who is signed in with this token and what they may do; None when nobody is, or no longer."""
    row = (
        await connection.execute(
            sa.select(person.c.id, person.c.name, person.c.email, session.c.csrf_token)
            .join(session, session.c.person_id == person.c.id)
            .where(session.c.token_hash == hash_of(token), session.c.expires_at > to_datetime(clock.now_us()))
        )
    ).first()
    if row is None:
        return None
    found = Person(PersonId(row.id), row.name, row.email)
    return Staff(found, row.csrf_token, await memberships_of(connection, found.id))


async def memberships_of(connection: AsyncConnection, person_id: PersonId) -> list[Membership]:
    """The shops a person works for, by name, each with their roles."""
    rows = await connection.execute(
        sa.select(shop, sa.func.array_agg(membership.c.role).label("roles"))
        .join(membership, membership.c.shop_id == shop.c.id)
        .where(membership.c.person_id == person_id)
        .group_by(shop.c.id)
        .order_by(shop.c.name, shop.c.id)
    )
    return [Membership(_shop(row), sorted(row.roles)) for row in rows]


async def roles_of(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId) -> list[Role]:
    """What a person may do in a shop; empty for somebody who does not work there."""
    rows = await connection.scalars(
        sa.select(membership.c.role).where(membership.c.shop_id == shop_id, membership.c.person_id == person_id)
    )
    return sorted(rows)


async def hosts_of(connection: AsyncConnection, shop_id: ShopId) -> list[Person]:
    """The shop's people with the role host, by name."""
    rows = await connection.execute(
        sa.select(person.c.id, person.c.name, person.c.email)
        .join(membership, membership.c.person_id == person.c.id)
        .where(membership.c.shop_id == shop_id, membership.c.role == "host")
        .order_by(sa.func.lower(person.c.name), person.c.email)
    )
    return [Person(PersonId(row.id), row.name, row.email) for row in rows]


async def shop_by_id(connection: AsyncConnection, shop_id: UUID) -> Shop:
    """NotFoundError when there is none."""
    row = (await connection.execute(sa.select(shop).where(shop.c.id == shop_id))).first()
    if row is None:
        raise NotFoundError("there is no such shop")
    return _shop(row)


async def shop_by_slug(connection: AsyncConnection, slug: str) -> Shop | None:
    row = (await connection.execute(sa.select(shop).where(shop.c.slug == slug))).first()
    return None if row is None else _shop(row)


async def shop_slugs(connection: AsyncConnection) -> list[str]:
    """Every shop's slug, in order."""
    return list((await connection.execute(sa.select(shop.c.slug).order_by(shop.c.slug))).scalars())


async def shop_ids(connection: AsyncConnection) -> list[ShopId]:
    """Every shop, the oldest first."""
    return [ShopId(each) for each in (await connection.execute(sa.select(shop.c.id).order_by(shop.c.id))).scalars()]


async def shops_by_id(connection: AsyncConnection, ids: set[ShopId]) -> dict[ShopId, Shop]:
    """Those of ``ids`` that exist."""
    rows = await connection.execute(sa.select(shop).where(shop.c.id.in_(ids)))
    return {ShopId(row.id): _shop(row) for row in rows}


async def person_by_email(connection: AsyncConnection, email: str) -> Person | None:
    """``email`` in any case."""
    row = (await connection.execute(sa.select(person).where(person.c.email == email.strip().lower()))).first()
    return None if row is None else Person(PersonId(row.id), row.name, row.email)


def _shop(row: sa.Row[tuple[object, ...]]) -> Shop:
    return Shop(ShopId(row.id), row.slug, row.name, row.accent, row.currency)
