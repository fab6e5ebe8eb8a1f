"""A shop to test with: rows that other rooms own, made directly."""

from uuid import UUID

import sqlalchemy as sa

from tallylight.foundation.database import Database
from tallylight.foundation.ids import PersonId, ShopId, ShowId, new_id
from tallylight.members.models import person, shop
from tallylight.shows.models import broadcast, show, show_product

NOW_US = 1_750_000_000_000_000


async def make_shop(database: Database, *, currency: str = "USD", slug: str = "fern") -> ShopId:
    """A shop called Fern & Co."""
    shop_id = ShopId(new_id())
    async with database.transaction() as connection:
        await connection.execute(shop.insert().values(id=shop_id, slug=slug, name="Fern & Co", currency=currency))
    return shop_id


async def make_person(database: Database) -> PersonId:
    """Somebody who may accept agreements."""
    person_id = PersonId(new_id())
    async with database.transaction() as connection:
        await connection.execute(person.insert().values(id=person_id, email=f"{person_id}@example.com", name="Ada"))
    return person_id


async def make_show(
    database: Database, shop_id: ShopId, *, commission_bps: int = 1000, delay_ms: int = 8000, slug: str = "friday"
) -> ShowId:
    """A show of the shop with a paid creator, on air."""
    show_id = ShowId(new_id())
    async with database.transaction() as connection:
        await connection.execute(
            show.insert().values(
                id=show_id,
                shop_id=shop_id,
                slug=slug,
                title="Friday night",
                host_name="Mina Park",
                host_is_paid=True,
                creator_commission_bps=commission_bps,
                delay_ms=delay_ms,
            )
        )
        await connection.execute(
            broadcast.insert().values(
                id=new_id(), show_id=show_id, delay_ms=delay_ms, started_us=NOW_US - 60_000_000, ended_us=None
            )
        )
    return show_id


async def put_in_show(database: Database, show_id: ShowId, *product_ids: UUID) -> None:
    """Put the products on the show's shelf, in order."""
    async with database.transaction() as connection:
        await connection.execute(
            show_product.insert(),
            [
                {"show_id": show_id, "product_id": product_id, "position": position}
                for position, product_id in enumerate(product_ids, 1)
            ],
        )


async def fetch_value(database: Database, sql: str, **parameters: object) -> object:
    """The first column of the first row."""
    async with database.transaction() as connection:
        return (await connection.execute(sa.text(sql), parameters)).scalar()
