"""The facts of products at a moment, in the vocabulary that the judge compares words with."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals
from tallylight.app.flows.live_facts.deal_ends import DealEnd, deal_end
from tallylight.app.flows.live_facts.offers import ANNOUNCED_US, Offer, offers_of
from tallylight.app.flows.live_facts.references import references_of
from tallylight.app.flows.live_facts.sets import SetPrice, sets_of
from tallylight.app.flows.live_facts.stock import Moved, moved_around
from tallylight.catalogue.price_history import prices_between
from tallylight.catalogue.schemas import Product
from tallylight.compliance.claims import ApprovedClaim
from tallylight.compliance.facts import Bundle, LiveFacts, ProductFacts
from tallylight.compliance.library.queries import claims_in_force
from tallylight.compliance.library.types import WITHIN_S_DEFAULT
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money


class _Claims(msgspec.Struct, frozen=True):
    """Claims in force: wordings that clear as they are, and those that need a disclaimer."""

    plain: tuple[str, ...] = ()
    conditional: tuple[ApprovedClaim, ...] = ()


async def product_facts(
    connection: AsyncConnection,
    shop_id: ShopId,
    market: str,
    products: Sequence[Product],
    names: Mapping[UUID, tuple[str, ...]],
    *,
    at_us: int,
    common: LiveFacts,
    viewers: Mapping[UUID, int] | None = None,
) -> list[ProductFacts]:
    """The facts of ``products`` at ``at_us``, one for each offer that may be meant, on top of what is ``common``.

    ``viewers``: by product, how many look at it or hold it then; None: unknown.
    Without products: the brand's own claims alone, for when nothing in particular is meant.
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
    held = await prices_between(connection, variant_ids, at_us, at_us + ANNOUNCED_US)
    terms = await catalogue.terms_at(connection, shop_id, at_us)

    def decimal(minor: int | None) -> str | None:
        return None if minor is None else Money(minor, selling.currency).decimal()

    shop = msgspec.structs.replace(
        common,
        currency=selling.currency,
        shipping_fee=decimal(terms.shipping_fee_minor),
        free_shipping_over=decimal(terms.free_shipping_over_minor),
        delivery_days_min=terms.delivery_days_min,
    )
    offers = {product.id: offers_of(product, held, selling.deals.get(product.id, ()), at_us) for product in products}
    every = [offer for each in offers.values() for offer in each]
    came_from = await references_of(connection, every, at_us)
    lowest = await catalogue.lowest_prices(connection, variant_ids, since_us=at_us, until_us=at_us + 1)
    moved = await moved_around(connection, variant_ids, at_us)
    found = []
    for product in products:
        available = {variant.id: variant.available for variant in product.variants}
        ends = await _ends(connection, product, offers[product.id], at_us)
        for offer in offers[product.id]:
            ids = offer.variant_ids
            reference = came_from[offer]
            ever = [lowest[each].ever_minor for each in ids if each in lowest]
            end = ends.get(offer.deal.deal_id) if offer.deal else None
            found.append(
                ProductFacts(
                    product_id=product.id,
                    names=names[product.id],
                    facts=msgspec.structs.replace(
                        shop,
                        price=decimal(offer.price_minor),
                        list_price=decimal(offer.reference_minor),
                        lowest_price_30d=decimal(reference.lowest_minor),
                        lowest_price_ever=decimal(min(ever, default=None)),
                        reference_price_substantiated=reference.substantiated,
                        bundles=_bundles(sets_of(product, offer, selling, at_us), selling.currency),
                        stock=sum(available[each] - moved.get(each, Moved()).since for each in ids),
                        sold_last_hour=sum(moved.get(each, Moved()).sold_last_hour for each in ids),
                        viewers_of_item=viewers.get(product.id, 0) if viewers is not None else None,
                        deal_ends_at=to_datetime(offer.deal.ends_us).isoformat() if offer.deal else None,
                        deal_extended=end.extended if end else None,
                        returns_later=end.returns_later if end else None,
                        attributes=product.attributes,
                        approved_claims=list(claims[product.id].plain),
                    ),
                    claims=claims[product.id].conditional,
                )
            )
    return found


async def _ends(
    connection: AsyncConnection, product: Product, offers: Sequence[Offer], at_us: int
) -> dict[UUID, DealEnd]:
    """By deal of the offers, what is known about its end."""
    spoken_of = {offer.deal.deal_id: offer.deal for offer in offers if offer.deal is not None}
    return {deal_id: await deal_end(connection, product, each, at_us) for deal_id, each in spoken_of.items()}


def _bundles(sets: Sequence[SetPrice] | None, currency: str) -> list[Bundle] | None:
    if sets is None:
        return None
    return [Bundle(each.pieces, Money(each.price_minor, currency).decimal()) for each in sets]


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
