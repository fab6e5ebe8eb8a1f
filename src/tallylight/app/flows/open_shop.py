"""Opens a shop: the shop, its first person and the link that signs them in. The first thing an installation does."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.clock import Clock
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.create_shop import create_shop
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.models import ROLES
from tallylight.members.queries import person_by_email
from tallylight.members.types import Person, Shop

FIRST_LINK_TTL = timedelta(hours=24)


class OpenedShop(msgspec.Struct, frozen=True):
    """``sign_in_token``: show it once, as ``/signin/{token}``; it is kept only as a hash."""

    shop: Shop
    person: Person
    sign_in_token: str


async def open_shop(
    connection: AsyncConnection,
    clock: Clock,
    *,
    slug: str,
    name: str,
    currency: str,
    person_name: str,
    email: str,
    roles: Sequence[str] = ROLES,
    accent: str = "#7c5cff",
) -> OpenedShop:
    """A new shop run by the person with this e-mail, who is created if need be. TakenError for a slug in use."""
    shop = await create_shop(connection, slug=slug, name=name, currency=currency, accent=accent)
    person = await person_by_email(connection, email) or await create_person(connection, email=email, name=person_name)
    await grant_roles(connection, shop.id, person.id, roles)
    return OpenedShop(shop, person, await issue_sign_in_link(connection, person.id, FIRST_LINK_TTL, clock))
