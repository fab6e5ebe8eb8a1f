"""A small shop with its people and one show."""

import argon2
import msgspec

from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.price_history import DAY_US
from tallylight.catalogue.queries import products_by_id
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.deals import NewDeal, NewFunder, create_deal
from tallylight.foundation.database import Database
from tallylight.foundation.ids import CueId, DealId, ProductId, VariantId
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.create_shop import create_shop
from tallylight.members.models import person as person_table
from tallylight.members.types import Person, Role, Shop
from tallylight.shows.create_show import add_cue, create_show, set_show_products
from tallylight.shows.types import Show

PASSWORD = "correct horse battery"
_HASH = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
"""A hash says itself how much work it is to compare: this one little."""


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
            person = await create_person(connection, email=f"{role}@{slug}.test", name=role.title())
            mine = person_table.c.id == person.id
            await connection.execute(person_table.update().where(mine).values(password_hash=_HASH))
            await grant_roles(connection, shop.id, person.id, [role])
            people[role] = person
        show = await create_show(
            connection, shop_id=shop.id, slug=f"{slug}-live", title="Evening glow", host_name="Mara"
        )
    return SmallShop(shop, show, people)


class Shelf(msgspec.Struct):
    """A product on the show's shelf, its deal at 15.00 instead of 20.00, and the cues for both."""

    product_id: ProductId
    variant_id: VariantId
    deal_id: DealId
    pin: CueId
    unpin: CueId
    deal: CueId


async def fill_shelf(database: Database, small: SmallShop, *, on_hand: int = 10, now_us: int) -> Shelf:
    """Puts one product with an accepted deal into the small shop's show."""
    async with database.transaction() as connection:
        new = NewProduct(handle="serum", title="Dew Serum", variants=(NewVariant(price_minor=2000, on_hand=on_hand),))
        product_id = await create_product(connection, small.shop.id, new, at_us=now_us - 40 * DAY_US)
        await set_show_products(connection, small.show.id, [product_id])
        deal_id = await create_deal(
            connection,
            small.shop.id,
            NewDeal(
                product_id=product_id,
                kind="price",
                title="Five off",
                duration_s=60,
                price_minor=1500,
                total_limit=5,
                per_buyer_limit=2,
                funders=(NewFunder(party="brand", name="Aurora", share_bps=10_000, budget_minor=100_000),),
            ),
        )
        show = small.show.id
        pin = await add_cue(connection, show, kind="pin", label="Serum", product_id=product_id)
        unpin = await add_cue(connection, show, kind="unpin", label="Away")
        deal = await add_cue(connection, show, kind="deal", label="Five off", deal_id=deal_id)
        products = await products_by_id(connection, [product_id])
    variant_id = VariantId(products[0].variants[0].id)
    return Shelf(product_id, variant_id, deal_id, pin.id, unpin.id, deal.id)
