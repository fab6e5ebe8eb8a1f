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
from tallylight.deals.models import agreement, deal, deal_change, funder, opt_out, voucher_code
from tallylight.deals.priority import CODE_FORMS, PRICE_FORMS
from tallylight.deals.schemas import Agreement, AgreementFunder, DealBudget, DealChange, DealView, FunderView
from tallylight.deals.shipping.answers import carrier_facts
from tallylight.deals.shipping.settings import shipping_zones
from tallylight.deals.tax.settings import tax_facts
from tallylight.deals.types import Conditions, GlideStep
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import DealId, ShopId
from tallylight.foundation.money import Money
from tallylight.members.models import person

FOR_VIEWERS_MAX = 100
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


async def deals_for_viewers(
    connection: AsyncConnection, shop_id: ShopId, product_ids: Sequence[UUID], *, from_us: int, until_us: int
) -> list[DealId]:
    """The shop's deals that held within [from_us, until_us) of programme time on these products, or on everything, and
    that viewers are told of without a cue; the newest FOR_VIEWERS_MAX, the first to open first.
    """
    by_itself = sa.and_(deal.c.form == "voucher", deal.c.conditions["audience"].astext == "follower")
    offered = deal.c.conditions["offered"].astext == "true"
    rows = await connection.execute(
        sa.select(deal.c.id)
        .where(
            deal.c.shop_id == shop_id,
            deal.c.state.in_(("open", "ended")),
            deal.c.opens_us < until_us,
            deal.c.ends_us > from_us,
            sa.or_(deal.c.product_ids == [], deal.c.product_ids.overlap(list(product_ids))),
            sa.or_(deal.c.form.not_in(CODE_FORMS), offered, by_itself),
        )
        .order_by(deal.c.opens_us.desc(), deal.c.id.desc())
        .limit(FOR_VIEWERS_MAX)
    )
    return [DealId(row.id) for row in rows][::-1]


async def shop_of_deal(connection: AsyncConnection, deal_id: DealId) -> ShopId:
    """The shop whose deal it is. Raises NotFoundError."""
    return ShopId((await _one(connection, deal_id)).shop_id)


async def deals_of_products(
    connection: AsyncConnection, product_ids: Sequence[UUID], *, at_us: int
) -> dict[UUID, DealView]:
    """By product, the deal on the price of a piece that applies at programme time ``at_us``."""
    rows = await connection.execute(
        sa.select(deal)
        .join(product, product.c.shop_id == deal.c.shop_id)
        .distinct()
        .where(
            product.c.id.in_(product_ids),
            sa.or_(deal.c.product_ids == [], deal.c.product_ids.overlap(list(product_ids))),
            deal.c.form.in_(PRICE_FORMS),
            deal.c.state.in_(("open", "ended")),
            deal.c.opens_us <= at_us,
            deal.c.ends_us > at_us,
        )
    )
    found: dict[UUID, DealView] = {}
    for row in sorted(rows, key=lambda row: PRICE_FORMS.index(row.form)):
        for product_id in product_ids:
            if not row.product_ids or product_id in row.product_ids:
                found.setdefault(product_id, _view(row))
    return found


async def deals_to_end(connection: AsyncConnection, *, now_us: int) -> list[DealId]:
    """Open deals whose programme time is over at ``now_us``."""
    rows = await connection.execute(
        sa.select(deal.c.id).where(deal.c.state == "open", deal.c.ends_us <= now_us).order_by(deal.c.ends_us)
    )
    return [DealId(row.id) for row in rows]


async def deals_to_open(connection: AsyncConnection, *, now_us: int) -> list[DealId]:
    """Scheduled deals whose programme time has come at ``now_us``."""
    rows = await connection.execute(
        sa.select(deal.c.id).where(deal.c.state == "scheduled", deal.c.opens_us <= now_us).order_by(deal.c.opens_us)
    )
    return [DealId(row.id) for row in rows]


async def changes_of(connection: AsyncConnection, deal_id: DealId) -> list[DealChange]:
    """Each step of the deal's life, the first one first."""
    rows = await connection.execute(
        sa.select(deal_change.c.state, deal_change.c.at_us, person.c.name, deal_change.c.reason)
        .outerjoin(person, person.c.id == deal_change.c.by_person)
        .where(deal_change.c.deal_id == deal_id)
        .order_by(deal_change.c.id)
    )
    return [DealChange(*row) for row in rows]


async def deal_fact(connection: AsyncConnection, deal_id: DealId) -> DealFact:
    """One opened deal as the price engine sees it. Raises NotFoundError."""
    return (await _deal_facts(connection, [await _one(connection, deal_id)]))[0]


async def selling_facts(
    connection: AsyncConnection, shop_id: ShopId, *, now_us: int, variant_ids: Collection[UUID] | None = None
) -> Facts:
    """Facts for prices seen within the last minutes: of the whole shop, or of some variants."""
    statement = (
        sa.select(
            variant.c.id,
            variant.c.product_id,
            product.c.title,
            variant.c.title,
            variant.c.price_minor,
            sa.func.coalesce(variant.c.weight_grams, 0),
            product.c.tax_class,
        )
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
    facts = await _deal_facts(connection, rows.all())
    terms = await catalogue.terms_of_shop(connection, shop_id)
    return Facts(
        await catalogue.shop_currency(connection, shop_id),
        variants,
        _by_product(facts, {each.product_id for each in variants.values()}),
        terms.shipping_fee_minor,
        terms.free_shipping_over_minor,
        tuple(fact for fact in facts if fact.form not in PRICE_FORMS),
        tuple(await shipping_zones(connection, shop_id)),
        await tax_facts(connection, shop_id),
        await catalogue.is_first_paid(connection, shop_id),
        await carrier_facts(connection, shop_id),
    )


def _by_product(facts: Sequence[DealFact], product_ids: Collection[UUID]) -> dict[UUID, tuple[DealFact, ...]]:
    """The deals on the price of a piece, by product, the first by priority first."""
    deals: dict[UUID, list[DealFact]] = {}
    for fact in sorted((fact for fact in facts if fact.form in PRICE_FORMS), key=_priority):
        for product_id in fact.product_ids or product_ids:
            deals.setdefault(product_id, []).append(fact)
    return {product_id: tuple(each) for product_id, each in deals.items()}


def _priority(fact: DealFact) -> tuple[int, int]:
    return PRICE_FORMS.index(fact.form), fact.opens_us


async def _one(connection: AsyncConnection, deal_id: DealId) -> sa.Row[Any]:
    row = (await connection.execute(sa.select(deal).where(deal.c.id == deal_id))).one_or_none()
    if row is None:
        raise NotFoundError("there is no such deal")
    return row


async def _funders(connection: AsyncConnection, deals: Sequence[sa.Row[Any]]) -> dict[UUID, list[sa.Row[Any]]]:
    """By agreement."""
    found: dict[UUID, list[sa.Row[Any]]] = defaultdict(list)
    ids = {row.agreement_id for row in deals}
    rows = await connection.execute(sa.select(funder).where(funder.c.agreement_id.in_(ids)).order_by(funder.c.position))
    for row in rows:
        found[row.agreement_id].append(row)
    return found


async def _agreements(connection: AsyncConnection, deals: Sequence[sa.Row[Any]]) -> dict[UUID, sa.Row[Any]]:
    ids = {row.agreement_id for row in deals}
    rows = await connection.execute(sa.select(agreement).where(agreement.c.id.in_(ids)))
    return {row.id: row for row in rows}


async def _opt_outs(connection: AsyncConnection, deals: Sequence[sa.Row[Any]]) -> dict[UUID, dict[UUID, int]]:
    """By agreement, the products that were taken out, and from which moment on."""
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    ids = {row.agreement_id for row in deals}
    for row in await connection.execute(sa.select(opt_out).where(opt_out.c.agreement_id.in_(ids))):
        found[row.agreement_id][row.product_id] = row.at_us
    return found


async def _deal_facts(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[DealFact]:
    funders = await _funders(connection, rows)
    agreements = await _agreements(connection, rows)
    opt_outs = await _opt_outs(connection, rows)
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
                    each.cap_order_minor,
                    each.cap_day_minor,
                    each.day,
                    each.day_minor,
                )
                for each in funders[row.agreement_id]
            ),
            deal_terms(
                row.ends_us,
                [(each.party_kind, each.share_bps) for each in funders[row.agreement_id]],
                opens_us=row.opens_us,
            ),
            row.form,
            frozenset(row.product_ids),
            msgspec.convert(row.conditions, Conditions),
            row.counts,
            row.announces,
            row.agreement_id,
            agreements[row.agreement_id].at_cap,
            msgspec.convert(agreements[row.agreement_id].steps, tuple[GlideStep, ...]),
            tuple(opt_outs.get(row.agreement_id, {}).items()),
            row.first_paid,
        )
        for row in rows
    ]


async def _codes(connection: AsyncConnection, deal_ids: Sequence[UUID]) -> dict[UUID, str]:
    """By deal, the code that everybody may know."""
    if not deal_ids:
        return {}
    rows = await connection.execute(
        sa.select(voucher_code.c.deal_id, voucher_code.c.code).where(
            voucher_code.c.deal_id.in_(deal_ids), voucher_code.c.code.is_not(None)
        )
    )
    return {row.deal_id: row.code for row in rows}


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
        row.form,
        list(row.product_ids),
        msgspec.convert(row.conditions, Conditions),
        row.counts,
        row.announces,
        row.held,
        first_paid=row.first_paid,
    )


async def _budgets(connection: AsyncConnection, rows: Sequence[sa.Row[Any]]) -> list[DealBudget]:
    funders = await _funders(connection, rows)
    codes = await _codes(connection, [row.id for row in rows if row.form in CODE_FORMS])
    return [
        DealBudget(
            **(msgspec.structs.asdict(_view(row)) | {"code": codes.get(row.id)}),
            state=row.state,
            agreement_id=row.agreement_id,
            market=row.market,
            ended_reason=row.ended_reason,
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
                    for each in funders[row.agreement_id]
                ]
            ),
        )
        for row in rows
    ]


def funder_view(row: sa.Row[Any], currency: str) -> AgreementFunder:
    """A party of an agreement, with its money."""
    return AgreementFunder(
        row.party_kind,
        row.party_id,
        row.name,
        row.share_bps,
        Money(row.budget_minor, currency),
        Money(row.spent_minor, currency),
        Money(row.held_minor, currency),
        Money(row.day_minor, currency),
        row.day,
        _money(row.cap_order_minor, currency),
        _money(row.cap_day_minor, currency),
        row.accepted_us,
        row.declined_us,
        row.declined_reason,
    )
