"""Creates a shop."""

import re

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.members.errors import TakenError
from tallylight.members.models import shop
from tallylight.members.types import Shop

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ACCENT = re.compile(r"#[0-9a-f]{6}")
_CURRENCY = re.compile(r"[A-Z]{3}")
NAME_LENGTH_MAX = 100


async def create_shop(
    connection: AsyncConnection, *, slug: str, name: str, currency: str, accent: str = "#7c5cff"
) -> Shop:
    """A new shop. TakenError when the slug is in use, InvalidInputError naming a field that is wrong."""
    if not SLUG.fullmatch(slug):
        raise InvalidInputError("a slug has lower-case letters, digits and inner hyphens, at most 63", field="slug")
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX:
        raise InvalidInputError(f"a shop's name has 1 to {NAME_LENGTH_MAX} characters", field="name")
    if not _CURRENCY.fullmatch(currency):
        raise InvalidInputError("a currency is a three-letter ISO 4217 code such as USD", field="currency")
    if not _ACCENT.fullmatch(accent.lower()):
        raise InvalidInputError("an accent is a colour written #rrggbb", field="accent")
    made = Shop(ShopId(new_id()), slug, name.strip(), accent.lower(), currency)
    row = await connection.execute(
        insert(shop)
        .values(id=made.id, slug=made.slug, name=made.name, currency=made.currency, accent=made.accent)
        .on_conflict_do_nothing(index_elements=[shop.c.slug])
        .returning(sa.literal(1))
    )
    if row.first() is None:
        raise TakenError(f"the slug {slug} belongs to another shop; choose another", field="slug")
    return made
