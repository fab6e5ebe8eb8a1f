"""Reads of agreements: for the shop, and for a party, which sees its own alone."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.deals.models import agreement, cap_request, deal, funder, opt_out, party_member
from tallylight.deals.queries import funder_view
from tallylight.deals.schemas import AgreedProduct, AgreementDeal, AgreementView, CapRequest
from tallylight.deals.types import GlideStep
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.ledger.models import party
from tallylight.members.models import shop

AGREEMENTS_MAX = 200
DEALS_SHOWN = 50
REQUESTS_SHOWN = 10


async def agreements_of_shop(connection: AsyncConnection, shop_id: ShopId) -> list[AgreementView]:
    """The shop's newest agreements."""
    rows = await connection.execute(_agreements().where(agreement.c.shop_id == shop_id))
    return await _views(connection, rows.all(), None)


async def agreements_of_person(connection: AsyncConnection, person_id: PersonId) -> list[AgreementView]:
    """The newest agreements of the parties that the person decides for, each as its party may see it: terms and totals,
    and of the other funders the shares, not the money.
    """
    mine = sa.select(party_member.c.party_id).where(party_member.c.person_id == person_id)
    of_mine = sa.select(funder.c.agreement_id).where(funder.c.party_id.in_(mine))
    rows = await connection.execute(_agreements().where(agreement.c.id.in_(of_mine)))
    parties = {row.party_id for row in await connection.execute(mine)}
    return await _views(connection, rows.all(), parties)


async def agreement_view(connection: AsyncConnection, agreement_id: UUID) -> AgreementView:
    """One agreement in full. Raises NotFoundError."""
    rows = (await connection.execute(_agreements().where(agreement.c.id == agreement_id))).all()
    if not rows:
        raise NotFoundError("there is no such agreement")
    return (await _views(connection, rows, None))[0]


async def party_of_person(connection: AsyncConnection, agreement_id: UUID, person_id: PersonId) -> UUID:
    """The party of the agreement that the person decides for. Raises NotFoundError: they must not learn of others'."""
    found = (
        await connection.execute(
            sa.select(funder.c.party_id)
            .join(party_member, party_member.c.party_id == funder.c.party_id)
            .where(funder.c.agreement_id == agreement_id, party_member.c.person_id == person_id)
            .order_by(funder.c.position)
        )
    ).first()
    if found is None:
        raise NotFoundError("there is no such agreement")
    return UUID(str(found.party_id))


async def brand_of_agreement(connection: AsyncConnection, agreement_id: UUID) -> tuple[ShopId, UUID | None]:
    """The agreement's shop, and the party of the shop's own brand in it. Raises NotFoundError."""
    row = (
        await connection.execute(
            sa.select(agreement.c.shop_id, funder.c.party_id)
            .outerjoin(funder, sa.and_(funder.c.agreement_id == agreement.c.id, funder.c.party_kind == "brand"))
            .where(agreement.c.id == agreement_id)
        )
    ).first()
    if row is None:
        raise NotFoundError("there is no such agreement")
    return ShopId(row.shop_id), row.party_id


async def parties_with_members(connection: AsyncConnection, shop_id: ShopId) -> set[UUID]:
    """The shop's parties that somebody decides for."""
    rows = await connection.execute(
        sa.select(party_member.c.party_id)
        .join(party, party.c.id == party_member.c.party_id)
        .where(party.c.shop_id == shop_id)
    )
    return {row.party_id for row in rows}


def _agreements() -> sa.Select[Any]:
    return (
        sa.select(agreement, shop.c.name.label("shop_name"), shop.c.slug.label("shop_slug"))
        .join(shop, shop.c.id == agreement.c.shop_id)
        .order_by(agreement.c.id.desc())
        .limit(AGREEMENTS_MAX)
    )


async def _views(
    connection: AsyncConnection, rows: Sequence[sa.Row[Any]], parties: set[UUID] | None
) -> list[AgreementView]:
    """``parties``: whose view it is; None is the shop's, which sees all of it."""
    ids = [row.id for row in rows]
    funders = defaultdict(list)
    for each in await connection.execute(
        sa.select(funder).where(funder.c.agreement_id.in_(ids)).order_by(funder.c.position)
    ):
        funders[each.agreement_id].append(each)
    deals = await _deals(connection, ids)
    out = await _opt_outs(connection, ids)
    requests = await _requests(connection, ids)
    products = await _products(connection, {product_id for row in rows for product_id in row.product_ids})
    made = []
    for row in rows:
        whole = [funder_view(each, row.currency) for each in funders[row.id]]
        mine = [parties is None or each.party_id in parties for each in funders[row.id]]
        made.append(
            AgreementView(
                row.id,
                row.shop_name,
                row.shop_slug,
                row.title,
                row.currency,
                row.standing,
                row.from_us,
                row.until_us,
                row.at_cap,
                [products[product_id] for product_id in row.product_ids if product_id in products],
                list(msgspec.convert(row.steps, tuple[GlideStep, ...])),
                [
                    each if own else msgspec.structs.replace(each, budget=None, spent=None, held=None, today=None)
                    for each, own in zip(whole, mine, strict=True)
                ],
                [place for place, own in enumerate(mine) if own],
                out[row.id],
                deals[row.id],
                [each for each in requests[row.id] if mine[each.funder]][:REQUESTS_SHOWN],
                row.created_us,
            )
        )
    return made


async def _deals(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[AgreementDeal]]:
    found: dict[UUID, list[AgreementDeal]] = defaultdict(list)
    rows = await connection.execute(
        sa.select(deal).where(deal.c.agreement_id.in_(ids)).order_by(deal.c.id.desc()).limit(AGREEMENTS_MAX)
    )
    for row in rows:
        if len(found[row.agreement_id]) < DEALS_SHOWN:
            found[row.agreement_id].append(
                AgreementDeal(row.id, row.title, row.form, row.state, row.opens_us, row.ends_us, row.sold)
            )
    return found


async def _requests(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[CapRequest]]:
    found: dict[UUID, list[CapRequest]] = defaultdict(list)
    place = sa.func.row_number().over(partition_by=funder.c.agreement_id, order_by=funder.c.position) - 1
    places = sa.select(funder.c.id, place.label("place")).where(funder.c.agreement_id.in_(ids)).subquery()
    rows = await connection.execute(
        sa.select(
            funder.c.agreement_id,
            places.c.place,
            deal.c.title,
            cap_request,
        )
        .join(funder, funder.c.id == cap_request.c.funder_id)
        .join(places, places.c.id == funder.c.id)
        .join(deal, deal.c.id == cap_request.c.deal_id)
        .where(funder.c.agreement_id.in_(ids))
        .order_by(cap_request.c.asked_us.desc(), cap_request.c.id)
        .limit(AGREEMENTS_MAX)
    )
    for row in rows:
        found[row.agreement_id].append(
            CapRequest(row.place, row.title, row.cap, row.cap_minor, row.asked_us, row.answered_us, row.answer)
        )
    return found


async def _opt_outs(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[AgreedProduct]]:
    found: dict[UUID, list[AgreedProduct]] = defaultdict(list)
    rows = await connection.execute(
        sa.select(opt_out.c.agreement_id, product.c.id, product.c.title)
        .join(product, product.c.id == opt_out.c.product_id)
        .where(opt_out.c.agreement_id.in_(ids))
        .order_by(product.c.title)
    )
    for row in rows:
        found[row.agreement_id].append(AgreedProduct(row.id, row.title))
    return found


async def _products(connection: AsyncConnection, ids: set[UUID]) -> dict[UUID, AgreedProduct]:
    rows = await connection.execute(sa.select(product.c.id, product.c.title).where(product.c.id.in_(ids)))
    return {row.id: AgreedProduct(row.id, row.title) for row in rows}
