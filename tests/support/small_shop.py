"""A small shop with its people and one show."""

import msgspec

from tallylight.foundation.database import Database
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.create_shop import create_shop
from tallylight.members.types import Person, Role, Shop
from tallylight.shows.create_show import create_show
from tallylight.shows.types import Show

PASSWORD = "correct horse battery"


class SmallShop(msgspec.Struct):
    shop: Shop
    show: Show
    people: dict[str, Person]


async def small_shop(database: Database, *roles: Role, slug: str = "aurora") -> SmallShop:
    """A shop with one show and one person a role, each with PASSWORD."""
    people: dict[str, Person] = {}
    async with database.transaction() as connection:
        shop = await create_shop(connection, slug=slug, name=slug.title(), currency="USD")
        for role in roles:
            person = await create_person(connection, email=f"{role}@{slug}.test", name=role.title(), password=PASSWORD)
            await grant_roles(connection, shop.id, person.id, [role])
            people[role] = person
        show = await create_show(
            connection, shop_id=shop.id, slug=f"{slug}-live", title="Evening glow", host_name="Mara"
        )
    return SmallShop(shop, show, people)
