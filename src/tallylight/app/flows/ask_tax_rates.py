"""Asks tax services for the rates of a place."""

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.app.flows.ask_places import PlaceAsker, Told, Wanted
from tallylight.catalogue.models import product
from tallylight.deals.tax.answers import TAX_ANSWERS, choice_of
from tallylight.deals.tax.rates_at import taxed_at
from tallylight.deals.tax.service import TaxQuestion, TaxService, asked_place
from tallylight.deals.tax.settings import tax_facts
from tallylight.deals.tax.types import STANDARD, Place
from tallylight.foundation.ids import ShopId

CLASSES_MAX = 50


class TaxAsker(PlaceAsker[TaxService, TaxQuestion]):
    """See ``PlaceAsker``."""

    rows = TAX_ANSWERS

    async def wanted(
        self, connection: AsyncConnection, shop_id: ShopId, where: Place | None
    ) -> Wanted[TaxQuestion] | None:
        """What each of the shop's classes bears at ``where``."""
        facts, made = await tax_facts(connection, shop_id), await choice_of(connection, shop_id)
        if facts is None or made is None or made.choice.service is None:
            return None
        taxed = taxed_at(facts, where or facts.origin)
        asked = None if taxed is None else asked_place(taxed[0])
        if taxed is None or asked is None:
            return None
        used = await connection.scalars(
            sa.select(product.c.tax_class).distinct().where(product.c.shop_id == shop_id).limit(CLASSES_MAX)
        )
        codes = {each: made.choice.codes.get(each, "") for each in sorted({STANDARD, *made.choice.codes, *used})}
        currency = await catalogue.shop_currency(connection, shop_id)
        question = TaxQuestion(asked, facts.origin, currency, taxed[1].included, codes)
        return Wanted(shop_id, made.id, made.choice.service, asked, question)

    async def ask(self, service: TaxService, question: TaxQuestion, *, now_us: int) -> Told:
        found = await service.rates_for(question, now_us=now_us)
        return Told(msgspec.to_builtins(found.rates), found.until_us)
