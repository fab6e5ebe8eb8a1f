"""Which offers the words may be about: each price that a product or a variant of it had around the words.

A list price that changes and a deal that opens right after the words may already be spoken of: the cue was on the way.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight.catalogue.price_history import PricePoint
from tallylight.catalogue.schemas import Product
from tallylight.deals.facts import DealFact
from tallylight.deals.price_engine import unit_discount
from tallylight.foundation.clock import MICROSECONDS

ANNOUNCED_US = 5 * MICROSECONDS
"""What begins within this time of the words may already be spoken of."""


class Offer(msgspec.Struct, frozen=True):
    """What one piece costs, and the price that it is said to have come down from; minor units."""

    price_minor: int
    reference_minor: int
    variant_ids: tuple[UUID, ...]
    deal: DealFact | None


def offers_of(
    product: Product, held: Mapping[UUID, Sequence[PricePoint]], deals: Sequence[DealFact], at_us: int
) -> list[Offer]:
    """The product as a whole where its variants cost the same, and each variant where there are several.

    ``held``: the list prices of each variant around the words; a variant without any has the price that it has now.
    """
    ids = tuple(variant.id for variant in product.variants)
    points = {
        variant.id: tuple(held.get(variant.id, ()))
        or (PricePoint(variant.price.minor, variant.compare_at.minor if variant.compare_at else None),)
        for variant in product.variants
    }
    found: list[Offer] = []
    for deal in _spoken_of(deals, at_us):
        if len(set(points.values())) == 1:
            found.extend(_offers(points[ids[0]], ids, deal))
        if len(ids) > 1:
            found.extend(offer for each in ids for offer in _offers(points[each], (each,), deal))
    return found


def _offers(points: Sequence[PricePoint], ids: tuple[UUID, ...], deal: DealFact | None) -> list[Offer]:
    found: list[Offer] = []
    for point in points:
        price = point.list_minor - (unit_discount(deal, point.list_minor) if deal else 0)
        struck = point.compare_at_minor
        above = struck if struck is not None and struck > point.list_minor else None
        references = [point.list_minor] if deal or above is None else []
        references += [above] if above is not None else []
        found.extend(Offer(price, reference, ids, deal) for reference in references)
    return found


def _spoken_of(deals: Sequence[DealFact], at_us: int) -> list[DealFact | None]:
    """The deal that holds at the words, or none, and one that opens right after them."""
    now = next((deal for deal in deals if deal.opens_us <= at_us < deal.ends_us), None)
    soon = [deal for deal in deals if at_us < deal.opens_us <= at_us + ANNOUNCED_US]
    return [now, *soon]
