"""Whose fees a shop sends at, over HTTP: anyone of the shop reads it, finance people and owners choose."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from litestar import get, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.services import Services
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.deals.shipping.answers import (
    CarrierChoice,
    KeptFees,
    carrier_choice_of,
    kept_fees,
    set_carrier_choice,
)
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShopId
from tallylight.members.models import person
from tallylight.members.roles import require_role

SHOWN_MAX = 50


class CarrierServiceView(msgspec.Struct, frozen=True):
    """``offered``: services that this installation can ask. ``by``, ``at_us``: who chose and when; None: nobody yet.
    ``answers``: those of ``answers_count`` places to look at first.
    """

    offered: list[str]
    choice: CarrierChoice
    by: str | None
    at_us: int | None
    answers: list[KeptFees]
    answers_count: int


@get("/api/office/shops/{shop_id:uuid}/shipping/service")
async def view_service(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> CarrierServiceView:
    """Whose fees hold, and what the service said last."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await _view(connection, ShopId(shop_id), services)


@put("/api/office/shops/{shop_id:uuid}/shipping/service")
async def put_service(
    shop_id: FromPath[UUID], data: JSONBody[CarrierChoice], staff: SignedIn, services: Wired
) -> CarrierServiceView:
    """Send at the fees of this service (null: at the own ones) from now on. 422 names what is wrong."""
    require_role(staff, shop_id, "finance")
    if data.service is not None and data.service not in services.carrier_asker.services:
        offered = ", ".join(services.carrier_asker.services) or "none"
        raise InvalidInputError(f"this installation cannot ask {data.service}; it can ask: {offered}", field="service")
    async with services.database.transaction() as connection:
        now_us = services.clock.now_us()
        await set_carrier_choice(connection, ShopId(shop_id), data, by_person=staff.person.id, at_us=now_us)
        return await _view(connection, ShopId(shop_id), services)


async def _view(connection: AsyncConnection, shop_id: ShopId, services: Services) -> CarrierServiceView:
    made = await carrier_choice_of(connection, shop_id)
    count, answers = await kept_fees(connection, shop_id, limit=SHOWN_MAX)
    chosen_by = sa.select(person.c.name).where(person.c.id == (None if made is None else made.by_person))
    return CarrierServiceView(
        sorted(services.carrier_asker.services),
        CarrierChoice() if made is None else made.choice,
        await connection.scalar(chosen_by),
        None if made is None else made.at_us,
        answers,
        count,
    )


HANDLERS = [view_service, put_service]
