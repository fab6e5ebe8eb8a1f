"""The cart while it is being priced: lines in an order of their own, and what each deal has taken off so far."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from tallylight.deals.facts import DealFact, VariantFact
from tallylight.foundation.money import split_minor


class WorkingLine(msgspec.Struct):
    """``unit_minor``: the piece's price after the deal on it; ``net_minor``: what the line costs so far.

    ``free``: pieces that no set has taken. ``lowered``: whether a deal has lowered its price.
    """

    variant: VariantFact
    quantity: int
    unit_minor: int
    net_minor: int
    free: int
    lowered: bool
    offs: list[tuple[DealFact, int]]
    at_us: int

    def is_for(self, deal: DealFact) -> bool:
        """Whether ``deal`` is for what the line sells, at the moment that is priced."""
        return deal.is_for(self.variant.product_id, self.at_us)

    def take_off(self, deal: DealFact, minor: int) -> None:
        """Lower what the line costs by ``minor`` of ``deal``."""
        if minor:
            self.net_minor -= minor
            self.lowered = True
            self.offs.append((deal, minor))


def eligible(lines: Sequence[WorkingLine], deal: DealFact) -> list[WorkingLine]:
    """The lines that ``deal`` is for; an exclusive one leaves those out that have been lowered."""
    exclusive = deal.conditions.exclusive
    return [line for line in lines if line.is_for(deal) and not (exclusive and line.lowered)]


def share_out(lines: Sequence[WorkingLine], deal: DealFact, minor: int, weights: Sequence[int]) -> None:
    """Take ``minor`` off ``lines`` by ``weights``, with the largest remainder, never more than a line costs."""
    if minor > 0 and sum(weights) > 0:
        for line, part in zip(lines, split_minor(minor, weights), strict=True):
            line.take_off(deal, part)


def by_product(lines: Sequence[WorkingLine], product_id: UUID) -> list[WorkingLine]:
    """The product's lines with free pieces, the dearest first."""
    found = [line for line in lines if line.variant.product_id == product_id and line.free]
    return sorted(found, key=lambda line: -line.unit_minor)
