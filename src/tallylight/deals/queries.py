"""Reads of the deals room: views for the contract, and the facts that the price engine works on."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import product, variant
from tallylight.deals.explain import deal_terms
from tallylight.deals.facts import DealFact, Facts, FunderFact, VariantFact
from tallylight.deals.models import deal, funder
from tallylight.deals.schemas import Agreement, DealBudget, DealView, FunderView
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import DealId, ShopId
from tallylight.foundation.money import Money

RECENT_US = 600_000_000
"""How long after its end a deal still matters to a price: far over the longest delay and the grace."""


async def locked_deal(connection: AsyncConnection, deal_id: DealId) -> sa.Row[Any]:
    """The deal's row, locked until commit, after its shop's selling facts are: the sale desk's order of locks.

    Raises NotFoundError.
    """
    shop_id = (await _one(connection, deal_id)).shop_id
    await catalogue.touch_selling_facts(connection, shop_id)
    row = (
        await connection.execute(sa.select(deal).where(deal.c.id == deal_id).with_for_update(key_share=True))
    ).one_or_none()
    if row is None:
        raise NotFoundError("there is no such deal")
    return row


async def deal_view(connection: AsyncConnection, deal_id: DealId) -> DealView:
    """The deal as viewers see it. Raises NotFoundError."""
    return _view(await _one(connection, deal_id))


async def deal_budget(connection: AsyncConnection, deal_id: DealId) -> DealBudget:
    """The deal with its agreement. Raises NotFoundError."""
    row = await _one(connection, deal_id)
    return (await _budgets(connection, [row]))[0]


async def deals_by_id(connection: AsyncConnection, deal_ids: Sequence[UUID]) -> list[DealBudget]:
    """The deals in the order asked for; unknown ids are left out."""
    rows = (await connection.execute(sa.select(deal).where(deal.c.id.in_(deal_ids)))).all()
    found = {each.id: each for each in await _budgets(connection, rows)}
    return [found[deal_id] for deal_id in deal_ids if deal_id in found]


async def deals_of_shop(connection: AsyncConnection, shop_id: ShopId, *, limit: int = 200) -> list[DealBudget]:
    """The shop's newest deals, at most 500."""
    rows = await connection.execute(
        sa.select(deal).where(deal.c.shop_id == shop_id).order_by(deal.c.id.desc()).limit(min(limit, 500))
    )
    return await _budgets(connection, rows.all())


async def deals_of_products(
    connection: AsyncConnection, product_ids: Sequence[UUID], *, at_us: int
) -> dict[UUID, DealView]:
    """By product, the deal that holds at programme time ``at_us``."""
    rows = await connection.execute(
        sa.select(deal).where(deal.c.product_id.in_(product_ids), deal.c.opens_us <= at_us, deal.c.ends_us > at_us)
    )
    return {row.product_id: _view(row) for row in rows}


async def deals_to_end(connection: AsyncConnection, *, now_us: int) -> list[DealId]:
    """Open deals whose programme time is over at ``now_us``."""
    rows = await connection.execute(
        sa.select(deal.c.id).where(deal.c.state == "open", deal.c.ends_us <= now_us).order_by(deal.c.ends_us)
    )
    return [DealId(row.id) for row in rows]


async def deal_fact(connection: AsyncConnection, deal_id: DealId) -> DealFact:
    """One opened deal as the price engine sees it. Raises NotFoundError."""
    return (await _deal_facts(connection, [await _one(connection, deal_id)]))[0]


async def selling_facts(
    connection: AsyncConnection, shop_id: ShopId, *, now_us: int, variant_ids: Collection[UUID] | None = None
) -> Facts:
    """Facts for prices seen within the last minutes: of the whole shop, or of some variants."""
    statement = (
        sa.select(variant.c.id, variant.c.product_id, product.c.title, variant.c.title, variant.c.price_minor)
        .join(product, product.c.id == variant.c.product_id)
        .where(product.c.shop_id == shop_id)
    )
    if variant_ids is not None:
        statement = statement.where(variant.c.id.in_(variant_ids))
    variants = {row[0]: VariantFact(*row) for row in await connection.execute(statement)}
    rows = await connection.execute(
        sa.select(deal)
        .where(deal.c.shop_id == shop_id, deal.c.state.in_(("open", "ended")), deal.c.ends_us > now_us - RECENT_US)
        .order_by(deal.c.opens_us)
    )
    deals: dict[UUID, tuple[DealFact, ...]] = {}
    for fact in await _deal_facts(connection, rows.all()):
        deals[fact.product_id] = (*deals.get(fact.product_id, ()), fact)
    terms = await catalogue.terms_of_shop(connection, shop_id)
    return Facts(
        await catalogue.shop_currency(connection, shop_id),
        variants,
        deals,
        terms.shipping_fee_minor,
        terms.free_shipping_over_minor,
    )


async def _one(connection: AsyncConnection, deal_id: DealId) -> sa.Row[Any]:
    row = (await connection.execute(sa.select(deal).where(deal.c.id == deal_id))).one_or_none()
    if row is None:
        raise NotFoundError("there is no such deal")
    return row


async def _funders(connection: AsyncConnection, deal_ids: Sequence[UUID]) -> dict[UUID, list[sa.Row[Any]]]:
    found: dict[UUID, list[sa.Row[Any]]] = defaultdict(list)
    rows = await connection.execute(sa.select(funder).where(funder.c.deal_id.in_(deal_ids)).order_by(funder.c.position))
    for row in rows:
        found[row.deal_id].append(row)
    return found


async def _deal_facts(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[DealFact]:
    funders = await _funders(connection, [row.id for row in rows])
    return [
        DealFact(
            row.id,
            row.product_id,
            row.kind,
            row.title,
            next(each for each in (row.price_minor, row.percentage_bps, row.amount_minor) if each is not None),
            row.opens_us,
            row.ends_us,
            None if row.total_limit is None else row.total_limit - row.sold - row.held,
            row.per_buyer_limit,
            tuple(
                FunderFact(
                    each.id,
                    each.party_id,
                    each.party_kind,
                    each.name,
                    each.share_bps,
                    each.budget_minor - each.spent_minor - each.held_minor,
                )
                for each in funders[row.id]
            ),
            deal_terms(row.ends_us, [(each.party_kind, each.share_bps) for each in funders[row.id]]),
        )
        for row in rows
    ]


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _view(row: sa.Row[Any]) -> DealView:
    return DealView(
        row.id,
        row.product_id,
        row.kind,
        row.title,
        _money(row.price_minor, row.currency),
        row.percentage_bps,
        _money(row.amount_minor, row.currency),
        row.opens_us,
        row.ends_us,
        row.total_limit,
        row.per_buyer_limit,
        row.sold,
    )


async def _budgets(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[DealBudget]:
    funders = await _funders(connection, [row.id for row in rows])
    return [
        DealBudget(
            **msgspec.structs.asdict(_view(row)),
            state=row.state,
            agreement=Agreement(
                [
                    FunderView(
                        each.party_kind,
                        each.name,
                        each.share_bps,
                        Money(each.budget_minor, row.currency),
                        Money(each.spent_minor, row.currency),
                        Money(each.held_minor, row.currency),
                        each.accepted_us is not None,
                    )
                    for each in funders[row.id]
                ]
            ),
        )
        for row in rows
    ]
