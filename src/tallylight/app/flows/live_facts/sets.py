"""What several pieces cost together at a moment: sets that a product is sold as, and deals on several pieces.

The price engine itself says what a deal's set costs, on the price that one piece has in the offer that is meant.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight import deals
from tallylight.app.flows.live_facts.offers import ANNOUNCED_US, Offer
from tallylight.catalogue.schemas import Product
from tallylight.catalogue.set_pieces import pieces_of
from tallylight.deals import CartLine, DealFact, Facts

SET_FORMS = ("bundle", "buy_get", "tiers")


class SetPrice(msgspec.Struct, frozen=True):
    """``pieces`` together cost ``price_minor``."""

    pieces: int
    price_minor: int


def sets_of(product: Product, offer: Offer, selling: Facts, at_us: int) -> list[SetPrice] | None:
    """The sets of ``product`` at programme time ``at_us``, the smallest first.

    A deal counts from ``ANNOUNCED_US`` before it opens, since its cue may be on the way. None when a deal bundles the
    product with others for less than their prices: what that comes to depends on the others, so nothing is known.
    """
    found = {SetPrice(pieces, offer.price_minor) for pieces in _sold_as(product, offer)}
    for deal in selling.cart_deals:
        if deal.form not in SET_FORMS or not deal.opens_us - ANNOUNCED_US <= at_us < deal.ends_us:
            continue
        if deal.form == "bundle" and len(deal.conditions.parts) > 1:
            parts = deal.conditions.parts
            if product.id not in {part.product_id for part in parts}:
                continue
            if deal.kind != "price":
                return None
            found.add(SetPrice(sum(part.quantity for part in parts), deal.figure))
            continue
        found.update(_of_deal(product, offer, selling, deal, at_us))
    return sorted(found, key=lambda each: (each.pieces, each.price_minor))


def _of_deal(product: Product, offer: Offer, selling: Facts, deal: DealFact, at_us: int) -> list[SetPrice]:
    """What each size of set that ``deal`` makes of the product costs; none when it takes nothing off."""
    if deal.conditions.exclusive and offer.deal is not None:
        return []  # it leaves out what another deal has lowered
    when_us = max(at_us, deal.opens_us)
    found = []
    for variant_id in offer.variant_ids[:1]:
        variant = msgspec.structs.replace(selling.variants[variant_id], price_minor=offer.price_minor)
        facts = Facts(selling.currency, {variant_id: variant}, {}, cart_deals=(deal,))
        for pieces in _sizes(product.id, deal):
            quote = deals.price([CartLine(variant_id, pieces)], facts, when_us)
            if quote.discount.minor:
                found.append(SetPrice(pieces, quote.subtotal.minor - quote.discount.minor))
    return found


def _sizes(product_id: UUID, deal: DealFact) -> Sequence[int]:
    """How many pieces of the product make a set of the deal."""
    conditions = deal.conditions
    if deal.form == "bundle":
        return [part.quantity for part in conditions.parts if part.product_id == product_id]
    if deal.form == "buy_get":
        return [conditions.buy + conditions.get]
    return [tier.quantity for tier in conditions.tiers]


def _sold_as(product: Product, offer: Offer) -> Sequence[int]:
    """The pieces of a product that is itself sold as a set."""
    options: Mapping[str, str] = {
        name: value
        for variant in product.variants
        if variant.id in offer.variant_ids
        for name, value in variant.options.items()
    }
    stated = {**{name: str(value) for name, value in product.attributes.items()}, **options}
    pieces = pieces_of(product.title, stated)
    return [] if pieces is None else [pieces]
