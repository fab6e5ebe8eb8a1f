"""Those who change who works for a shop take turns, so that each decides about what the one before has left."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import ForbiddenError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.errors import LastOwnerError
from tallylight.members.models import membership, shop
from tallylight.members.queries import roles_of


async def lock_people(connection: AsyncConnection, shop_id: ShopId, by: PersonId) -> None:
    """Until commit nobody else changes them. ForbiddenError when ``by`` came to be no owner while they waited."""
    await take_turn(connection, shop_id)
    if "owner" not in await roles_of(connection, shop_id, by):
        raise ForbiddenError("you are no owner of this shop any more")


async def take_turn(connection: AsyncConnection, shop_id: ShopId) -> None:
    """Not against those who only refer to the shop: its sales go on."""
    await connection.execute(sa.select(shop.c.id).where(shop.c.id == shop_id).with_for_update(key_share=True))


async def require_other_owner(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId) -> None:
    """LastOwnerError when nobody but this person is an owner of the shop."""
    other = sa.exists().where(
        membership.c.shop_id == shop_id, membership.c.role == "owner", membership.c.person_id != person_id
    )
    if not await connection.scalar(sa.select(other)):
        raise LastOwnerError("a shop has an owner: make somebody else one first")
