"""Whether a shop serves first who pays first, over HTTP: anyone of the shop reads it, finance and owners set it."""

from uuid import UUID

import msgspec
from litestar import get, put
from litestar.params import FromPath, JSONBody

from tallylight import catalogue
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.foundation.ids import ShopId
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role


class FirstPaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """True: an order keeps no piece from anybody before its money is sure."""

    first_paid: bool


@get("/api/office/shops/{shop_id:uuid}/first-paid")
async def view_first_paid(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> FirstPaid:
    """What holds now."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return FirstPaid(await catalogue.is_first_paid(connection, ShopId(shop_id)))


@put("/api/office/shops/{shop_id:uuid}/first-paid")
async def put_first_paid(
    shop_id: FromPath[UUID], data: JSONBody[FirstPaid], staff: SignedIn, services: Wired
) -> FirstPaid:
    """From the next order on; what is held for orders by then stays held."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        await catalogue.set_first_paid(connection, shop.id, first_paid=data.first_paid)
    return data


HANDLERS = [view_first_paid, put_first_paid]
