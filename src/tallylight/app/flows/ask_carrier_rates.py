"""Asks services of carriers' rates what sending to a place costs."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.app.flows.ask_places import PlaceAsker, Told, Wanted
from tallylight.deals.shipping.answers import CARRIER_ANSWERS, carrier_choice_of
from tallylight.deals.shipping.carried import carried_place
from tallylight.deals.shipping.choose import NotShippedError, zone_of
from tallylight.deals.shipping.service import CarrierQuestion, CarrierService, understood
from tallylight.deals.shipping.settings import shipping_zones
from tallylight.deals.tax.settings import tax_facts
from tallylight.deals.tax.types import Place
from tallylight.foundation.ids import ShopId


class CarrierAsker(PlaceAsker[CarrierService, CarrierQuestion]):
    """See ``PlaceAsker``."""

    rows = CARRIER_ANSWERS

    async def wanted(
        self, connection: AsyncConnection, shop_id: ShopId, where: Place | None
    ) -> Wanted[CarrierQuestion] | None:
        """What the shop's parcels cost to ``where``, unless it does not ship there anyway."""
        made, facts = await carrier_choice_of(connection, shop_id), await tax_facts(connection, shop_id)
        if made is None or made.choice.service is None or facts is None:
            return None
        choice, where = made.choice, where or facts.origin
        asked = carried_place(where, facts.origin)
        if asked is None or not await _is_shipped_to(connection, shop_id, where):
            return None
        question = CarrierQuestion(
            asked,
            msgspec.structs.replace(facts.origin, postal_code=choice.from_postal_code),
            await catalogue.shop_currency(connection, shop_id),
            tuple(choice.parcels),
            frozenset(choice.levels.values()),
        )
        return Wanted(shop_id, made.id, choice.service or "", asked, question)

    async def ask(self, service: CarrierService, question: CarrierQuestion, *, now_us: int) -> Told:
        found = await service.rates_for(question, now_us=now_us)
        return Told(msgspec.to_builtins(understood(question, found.rates)), found.until_us)


async def _is_shipped_to(connection: AsyncConnection, shop_id: ShopId, where: Place) -> bool:
    try:
        zone_of(await shipping_zones(connection, shop_id), where)
    except NotShippedError:
        return False
    return True
