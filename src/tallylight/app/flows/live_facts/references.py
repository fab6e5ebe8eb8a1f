"""What an offer came down from: the lowest price before the reduction, and whether its reference price is genuine."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.live_facts.offers import Offer
from tallylight.catalogue.price_history import Before, PriorPrice, prior_prices, reductions
from tallylight.foundation.clock import MICROSECONDS

OFFERED_US_MIN = 7 * 86_400 * MICROSECONDS
"""A reference price was offered in earnest for so much of the 30 days before, or for half the time that the goods were
on sale (16 CFR 233.1: "for a reasonably substantial period of time, in the recent, regular course of business")."""


class Reference(msgspec.Struct, frozen=True):
    """``lowest_minor``: of the 30 days before the reduction, None when it was not on sale before; minor units."""

    lowest_minor: int | None
    substantiated: bool | None


async def references_of(connection: AsyncConnection, offers: Sequence[Offer], at_us: int) -> dict[Offer, Reference]:
    """By offer, what its price came down from."""
    variant_ids = list({each for offer in offers for each in offer.variant_ids})
    since = await reductions(connection, variant_ids, at_us)
    asked = {offer: [_before(offer, each, since, at_us) for each in offer.variant_ids] for offer in offers}
    prior = await prior_prices(connection, list({before for each in asked.values() for before in each}))
    return {offer: _reference([prior.get(each) for each in befores]) for offer, befores in asked.items()}


def _before(offer: Offer, variant_id: UUID, since: Mapping[UUID, int], at_us: int) -> Before:
    """The moment at which the price came down; that of the words, when it has not."""
    until_us = offer.deal.opens_us if offer.deal is not None else since.get(variant_id, at_us)
    return Before(variant_id, until_us, offer.reference_minor)


def _reference(prior: Sequence[PriorPrice | None]) -> Reference:
    known = [each for each in prior if each is not None]
    if len(known) < len(prior) or not known:
        return Reference(min((each.lowest_minor for each in known), default=None), None)
    genuine = all(each.offered_us > 0 and each.offered_us >= min(OFFERED_US_MIN, each.known_us // 2) for each in known)
    return Reference(min(each.lowest_minor for each in known), genuine)
