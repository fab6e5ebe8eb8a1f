"""Live facts from the shop itself: what the words of a host are compared with, at the programme time of the words.

Which product is meant: the pinned one, those pinned within SUBJECT_WINDOW_US around the words, and those that the
words name. When in doubt all of them count, and only what contradicts every one of them is a contradiction.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals
from tallylight.app.flows.product_names import spoken_names
from tallylight.catalogue.models import price_change, stock_movement
from tallylight.catalogue.queries import LowestPrice
from tallylight.catalogue.schemas import Product
from tallylight.compliance.claims import ApprovedClaim
from tallylight.compliance.competitors import competitors_of
from tallylight.compliance.facts import LiveFacts, ProductFacts, ShowSubject
from tallylight.compliance.library.queries import claims_in_force
from tallylight.compliance.library.types import WITHIN_S_DEFAULT
from tallylight.deals.facts import DealFact, Facts
from tallylight.deals.price_engine import unit_discount
from tallylight.foundation.clock import MICROSECONDS, to_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.shows import queries as shows
from tallylight.shows.models import cue_firing
from tallylight.shows.types import Show

SUBJECT_WINDOW_US = 10 * MICROSECONDS
"""A host speaks of a product a little before its pin and a little after the next one's."""

DEAL_ANNOUNCED_US = 5 * MICROSECONDS
"""A deal that opens within this time of the words may already be spoken of: its cue was on the way."""

LOWEST_PRICE_WINDOW_US = 30 * 86_400 * MICROSECONDS
"""Directive 98/6/EC article 6a: the lowest price of the last 30 days."""

HOUR_US = 3_600 * MICROSECONDS
NAME_SIMILARITY_PERCENT = 88


class _Sales(msgspec.Struct, frozen=True):
    """Pieces of a variant: what moved since the words, and what was sold in the hour before them."""

    moved_since: int = 0
    sold_last_hour: int = 0


class _Claims(msgspec.Struct, frozen=True):
    """Claims in force: wordings that clear as they are, and those that need a disclaimer."""

    plain: tuple[str, ...] = ()
    conditional: tuple[ApprovedClaim, ...] = ()


class _Candidate(msgspec.Struct, frozen=True):
    """A product or one of its variants as something the words may mean; amounts in minor units."""

    price_minor: int
    list_minor: int
    variant_ids: tuple[UUID, ...]
    deal: DealFact | None


class ShopFacts:
    """The facts provider of the speech process: reads catalogue, deals and shows in one consistent view."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def subject(self, show_id: UUID) -> ShowSubject:
        """What holds for the whole show. Raises NotFoundError for an unknown show."""
        async with self._database.reading() as connection:
            show = await shows.show_by(connection, show_id)
            products = await _products(connection, show)
            rivals = await competitors_of(connection, show.shop_id)
        return ShowSubject(
            market=show.market,
            host_is_paid=show.host_is_paid,
            product_names=tuple(product.title for product in products),
            brand_names=tuple(sorted({product.vendor for product in products if product.vendor})),
            competitors=tuple(rivals),
            delay_ms=show.delay_ms,
            hold_policy=show.hold_policy,
        )

    async def facts_at(self, show_id: UUID, at_us: int, spoken: str) -> Sequence[ProductFacts]:
        """Every product that ``spoken`` at programme time ``at_us`` may mean; the pinned one first."""
        async with self._database.reading() as connection:
            show = await shows.show_by(connection, show_id)
            products = await _products(connection, show)
            pinned = await _pinned_around(connection, show, at_us)
            names = spoken_names(products)
            meant = [product for product in products if product.id in pinned or _named(spoken, names[product.id])]
            meant.sort(key=lambda product: pinned.index(product.id) if product.id in pinned else len(pinned))
            rivals = await competitors_of(connection, show.shop_id)
            common = LiveFacts(now=_iso(at_us), host_is_paid=show.host_is_paid, competitors=rivals)
            return await product_facts(connection, show.shop_id, show.market, meant, names, at_us=at_us, common=common)


async def _products(connection: AsyncConnection, show: Show) -> list[Product]:
    return await catalogue.products_by_id(connection, await shows.products_of(connection, show.id))


async def _pinned_around(connection: AsyncConnection, show: Show, at_us: int) -> list[UUID]:
    """The product pinned at ``at_us``, then others pinned within the window around it."""
    pinned = await shows.pinned_at(connection, show.id, at_us)
    before = await shows.pinned_at(connection, show.id, at_us - SUBJECT_WINDOW_US)
    around = await connection.scalars(
        sa.select(cue_firing.c.product_id)
        .where(
            cue_firing.c.show_id == show.id,
            cue_firing.c.kind == "pin",
            cue_firing.c.at_us.between(at_us - SUBJECT_WINDOW_US, at_us + SUBJECT_WINDOW_US),
        )
        .order_by(cue_firing.c.at_us.desc())
        .limit(20)
    )
    return list(dict.fromkeys(each for each in (pinned, before, *around) if each is not None))


def _named(spoken: str, names: Iterable[str]) -> bool:
    text = spoken.casefold()
    return any(
        name in text or (" " in name and fuzz.partial_ratio(name, text) >= NAME_SIMILARITY_PERCENT) for name in names
    )


async def product_facts(
    connection: AsyncConnection,
    shop_id: ShopId,
    market: str,
    products: Sequence[Product],
    names: dict[UUID, tuple[str, ...]],
    *,
    at_us: int,
    common: LiveFacts,
) -> list[ProductFacts]:
    """The facts of ``products`` at ``at_us``, on top of what is ``common`` to all; the brand's own claims alone, when
    nothing in particular is meant.
    """
    claims = await _claims_in_force(connection, shop_id, [product.id for product in products], market, at_us)
    if not products:
        brand = claims[None]
        if not brand.plain and not brand.conditional:
            return []
        common = msgspec.structs.replace(common, approved_claims=list(brand.plain))
        return [ProductFacts(None, (), common, brand.conditional)]
    variant_ids = [variant.id for product in products for variant in product.variants]
    selling = await deals.selling_facts(connection, shop_id, now_us=at_us, variant_ids=variant_ids)
    lowest = await catalogue.lowest_prices(
        connection, variant_ids, since_us=at_us - LOWEST_PRICE_WINDOW_US, until_us=at_us
    )
    prior = await _lowest_before_deals(connection, products, selling, at_us)
    genuine = await _sold_at_list_price(connection, variant_ids, at_us)
    sales = await _sales(connection, variant_ids, at_us)
    found = []
    for product in products:
        available = {variant.id: variant.available for variant in product.variants}
        for candidate in _candidates(product, selling, at_us):
            ids = candidate.variant_ids
            lows = [lowest[each] for each in ids if each in lowest]
            before = prior[candidate.deal.deal_id] if candidate.deal else lowest
            lows_30d = [before[each].since_minor for each in ids if each in before]
            found.append(
                ProductFacts(
                    product_id=product.id,
                    names=names[product.id],
                    facts=msgspec.structs.replace(
                        common,
                        currency=selling.currency,
                        price=_decimal(candidate.price_minor, selling),
                        list_price=_decimal(candidate.list_minor, selling),
                        lowest_price_30d=_decimal(min(lows_30d), selling) if lows_30d else None,
                        lowest_price_ever=_decimal(min(low.ever_minor for low in lows), selling) if lows else None,
                        reference_price_substantiated=all(each in genuine for each in ids),
                        stock=sum(available[each] - sales.get(each, _Sales()).moved_since for each in ids),
                        sold_last_hour=sum(sales.get(each, _Sales()).sold_last_hour for each in ids),
                        deal_ends_at=_iso(candidate.deal.ends_us) if candidate.deal else None,
                        shipping_fee=_decimal(selling.shipping_fee_minor, selling),
                        free_shipping_over=_decimal(selling.free_shipping_over_minor, selling),
                        attributes=product.attributes,
                        approved_claims=list(claims[product.id].plain),
                    ),
                    claims=claims[product.id].conditional,
                )
            )
    return found


async def _lowest_before_deals(
    connection: AsyncConnection, products: Sequence[Product], selling: Facts, at_us: int
) -> dict[UUID, dict[UUID, LowestPrice]]:
    """By deal, the lowest prices of the 30 days before it opened: a reduction is not its own price before."""
    found: dict[UUID, dict[UUID, LowestPrice]] = {}
    for product in products:
        ids = [variant.id for variant in product.variants]
        for deal in _deals_spoken_of(selling, product.id, at_us):
            if deal is not None:
                found[deal.deal_id] = await catalogue.lowest_prices(
                    connection, ids, since_us=deal.opens_us - LOWEST_PRICE_WINDOW_US, until_us=deal.opens_us
                )
    return found


def _candidates(product: Product, selling: Facts, at_us: int) -> list[_Candidate]:
    """The product as a whole where its variants cost the same, and each variant where there are several."""
    found: list[_Candidate] = []
    for deal in _deals_spoken_of(selling, product.id, at_us):
        priced = {
            variant.id: variant.price.minor - (unit_discount(deal, variant.price.minor) if deal else 0)
            for variant in product.variants
        }
        ids = tuple(priced)
        if len(set(priced.values())) == 1 and len({variant.price.minor for variant in product.variants}) == 1:
            found.append(_Candidate(priced[ids[0]], product.variants[0].price.minor, ids, deal))
        if len(ids) > 1:
            found.extend(
                _Candidate(priced[variant.id], variant.price.minor, (variant.id,), deal) for variant in product.variants
            )
    return found


def _deals_spoken_of(selling: Facts, product_id: UUID, at_us: int) -> list[DealFact | None]:
    """The deal that holds at the words, or none, and one that opens right after them."""
    on_product = selling.deals.get(product_id, ())
    now = next((deal for deal in on_product if deal.opens_us <= at_us < deal.ends_us), None)
    soon = [deal for deal in on_product if at_us < deal.opens_us <= at_us + DEAL_ANNOUNCED_US]
    return [now, *soon]


async def _sold_at_list_price(connection: AsyncConnection, variant_ids: Sequence[UUID], at_us: int) -> set[UUID]:
    """Variants that really sold at their list price within the 30 days before (16 CFR 233.1)."""
    spans = (
        sa.select(
            price_change.c.variant_id,
            (price_change.c.selling_minor == price_change.c.list_minor).label("at_list"),
            sa.func.lead(price_change.c.at_us)
            .over(partition_by=price_change.c.variant_id, order_by=(price_change.c.at_us, price_change.c.id))
            .label("until_us"),
        )
        .where(price_change.c.variant_id.in_(variant_ids), price_change.c.at_us <= at_us)
        .subquery()
    )
    rows = await connection.scalars(
        sa.select(spans.c.variant_id)
        .distinct()
        .where(
            spans.c.at_list,
            sa.or_(spans.c.until_us.is_(None), spans.c.until_us > at_us - LOWEST_PRICE_WINDOW_US),
        )
    )
    return set(rows)


async def _sales(connection: AsyncConnection, variant_ids: Sequence[UUID], at_us: int) -> dict[UUID, _Sales]:
    since = stock_movement.c.moved_us > at_us
    sold = sa.and_(stock_movement.c.reason == "sale", sa.not_(since))
    rows = await connection.execute(
        sa.select(
            stock_movement.c.variant_id,
            sa.func.coalesce(sa.func.sum(stock_movement.c.delta).filter(since), 0).label("moved_since"),
            sa.func.coalesce(-sa.func.sum(stock_movement.c.delta).filter(sold), 0).label("sold"),
        )
        .where(stock_movement.c.variant_id.in_(variant_ids), stock_movement.c.moved_us > at_us - HOUR_US)
        .group_by(stock_movement.c.variant_id)
    )
    return {row.variant_id: _Sales(row.moved_since, row.sold) for row in rows}


async def _claims_in_force(
    connection: AsyncConnection, shop_id: ShopId, product_ids: Sequence[UUID], market: str, at_us: int
) -> dict[UUID | None, _Claims]:
    """Claims by product, and the brand's under None; one that has expired at the words clears nothing."""
    held = await claims_in_force(connection, shop_id, product_ids, market, to_datetime(at_us))
    found: dict[UUID | None, _Claims] = {}
    for product_id in (None, *product_ids):
        own = [each for each in held if each.product_id in (None, product_id)]
        found[product_id] = _Claims(
            tuple(each.wording for each in own if each.disclaimer is None),
            tuple(
                ApprovedClaim(each.wording, each.disclaimer, each.disclaimer_within_s or WITHIN_S_DEFAULT)
                for each in own
                if each.disclaimer is not None
            ),
        )
    return found


def _decimal(minor: int | None, selling: Facts) -> str | None:
    return None if minor is None else Money(minor, selling.currency).decimal()


def _iso(at_us: int) -> str:
    return to_datetime(at_us).isoformat()
