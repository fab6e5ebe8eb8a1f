"""Drafts a deal with its funding agreement."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import product, variant
from tallylight.deals.check_terms import check_terms, conditions_json
from tallylight.deals.codes import add_code
from tallylight.deals.create_agreement import create_agreement
from tallylight.deals.decide_agreement import agree_drafts
from tallylight.deals.discount import discount_of
from tallylight.deals.models import agreement, deal, funder
from tallylight.deals.priority import PRICE_FORMS
from tallylight.deals.record_change import record_change
from tallylight.deals.types import NewAgreement, NewDeal
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import DealId, PersonId, ShopId, new_id


async def create_deal(
    connection: AsyncConnection, shop_id: ShopId, new: NewDeal, *, by: PersonId | None = None, at_us: int = 0
) -> DealId:
    """Draft ``new`` at wall time ``at_us``. It cannot open before every funder has accepted; under an
    agreement that everybody has accepted already it is agreed at once.

    Raises InvalidInputError for terms that make no sense, NotFoundError for a product of another shop, CodeTakenError.
    """
    check_terms(new)
    currency = await catalogue.shop_currency(connection, shop_id)
    product_ids = (new.product_id,) if new.product_id is not None else new.product_ids
    await _check_products(connection, shop_id, new, product_ids)
    agreement_id = await _agreement(connection, shop_id, new, at_us)
    deal_id = DealId(new_id())
    await connection.execute(
        deal.insert().values(
            id=deal_id,
            shop_id=shop_id,
            agreement_id=agreement_id,
            product_id=product_ids[0] if len(product_ids) == 1 else None,
            product_ids=list(product_ids),
            form=new.form,
            conditions=conditions_json(new.conditions),
            kind=new.kind,
            title=new.title.strip(),
            currency=currency,
            price_minor=new.price_minor,
            percentage_bps=new.percentage_bps,
            amount_minor=new.amount_minor,
            duration_s=new.duration_s,
            counts=new.counts,
            total_limit=new.total_limit,
            per_buyer_limit=new.per_buyer_limit,
            market=new.market,
            announces=new.announces,
            first_paid=new.first_paid,
        )
    )
    await record_change(connection, deal_id, "draft", at_us=at_us, by=by, reason="drafted")
    if await _is_accepted(connection, agreement_id):
        await agree_drafts(connection, agreement_id, by=by, at_us=at_us)
    if new.code is not None:
        await add_code(connection, shop_id, deal_id, new.code)
    return deal_id


async def _check_products(
    connection: AsyncConnection, shop_id: ShopId, new: NewDeal, product_ids: Sequence[UUID]
) -> None:
    """Every product is the shop's, and a deal on their price takes something off."""
    named = {*product_ids, *(part.product_id for part in new.conditions.parts)}
    columns = sa.select(variant.c.id, variant.c.price_minor, product.c.id.label("product_id"))
    of_shop = columns.join(product, product.c.id == variant.c.product_id).where(product.c.shop_id == shop_id)
    rows = (await connection.execute(of_shop.where(product.c.id.in_(named)))).all()
    if {row.product_id for row in rows} != named:
        raise NotFoundError("there is no such product in this shop")
    gifts = new.conditions.gifts
    if gifts and len((await connection.execute(of_shop.where(variant.c.id.in_(gifts)))).all()) < len(gifts):
        raise NotFoundError("there is no such variant in this shop")
    figure = next(each for each in (new.price_minor, new.percentage_bps, new.amount_minor) if each is not None)
    listed = [row.price_minor for row in rows]
    if new.form in PRICE_FORMS and listed and not any(discount_of(new.kind, figure, each) for each in listed):
        message = "the deal's price is not below the list price" if new.kind == "price" else "it takes nothing off"
        raise InvalidInputError(message, field="price_minor" if new.kind == "price" else "percentage_bps")


async def _agreement(connection: AsyncConnection, shop_id: ShopId, new: NewDeal, at_us: int) -> UUID:
    """The agreement that funds the deal: a standing one of the shop, or one that is proposed for it alone."""
    if new.agreement_id is None:
        alone = NewAgreement(title=new.title, funders=new.funders)
        return await create_agreement(connection, shop_id, alone, at_us=at_us, standing=False)
    found = sa.select(agreement.c.id).where(
        agreement.c.id == new.agreement_id, agreement.c.shop_id == shop_id, agreement.c.standing
    )
    if (await connection.execute(found)).first() is None:
        raise NotFoundError("there is no such standing agreement in this shop")
    return new.agreement_id


async def _is_accepted(connection: AsyncConnection, agreement_id: UUID) -> bool:
    waiting = sa.select(funder.c.id).where(funder.c.agreement_id == agreement_id, funder.c.accepted_us.is_(None))
    return (await connection.execute(waiting)).first() is None
