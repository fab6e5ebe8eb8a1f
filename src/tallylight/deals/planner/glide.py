"""What a step of an agreement changes, in words: ``from 1 March the platform pays 30 % instead of 50 %``. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from tallylight.deals.deal_use import funder_parts
from tallylight.deals.explain import in_words, percent
from tallylight.deals.facts import DealFact
from tallylight.deals.planner.planned_facts import Scene, Surroundings
from tallylight.deals.planner.sell_order import kinds_of, sell, untouched
from tallylight.deals.planner.types import Plan
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.money import Money


def glide_in_words(plan: Plan, around: Surroundings, scene: Scene) -> list[str]:
    """One sentence for each step of each agreement that falls in the campaign and changes a share."""
    orders = list(_orders(plan, around, scene))
    first = min(stretch.from_us for stretch in scene.stretches)
    last = max(stretch.until_us for stretch in scene.stretches)
    said = []
    for agreement in plan.agreements:
        deals = [place for place, deal in enumerate(scene.deals) if deal.agreement_id == agreement.id]
        if not deals:
            continue
        deal = scene.deals[deals[0]]
        for step in agreement.terms.steps:
            if first < step.from_us < last:
                said += _step(deal, step.from_us, _cost(deal, deals, orders, step.from_us), around.currency)
    return said


def _orders(plan: Plan, around: Surroundings, scene: Scene) -> Iterator[tuple[Sequence[int], int]]:
    """Every kind of order in every stretch, with no cap in the way: discounts by deal, and how often it is bought."""
    state = untouched(scene)
    for stretch in scene.stretches:
        for kind in kinds_of(plan, scene):
            weight = kind.weight * (stretch.until_us - stretch.from_us) // MICROSECONDS
            yield sell(plan, around, scene, stretch, kind, state).discounts, weight


def _cost(
    deal: DealFact, deals: Sequence[int], orders: Sequence[tuple[Sequence[int], int]], at_us: int
) -> tuple[int, int]:
    """The brand's mean part of an order on these deals, by the shares before ``at_us`` and by those from then on."""
    brand = [place for place, funder in enumerate(deal.funders) if funder.party == "brand"]
    sums, count = [0, 0], 0
    for discounts, weight in orders:
        discount = sum(discounts[place] for place in deals)
        if not discount:
            continue
        count += weight
        for place, moment in enumerate((at_us - 1, at_us)):
            parts = funder_parts(deal, discount, moment)
            sums[place] += weight * sum(parts[each] for each in brand)
    before, after = ((2 * each + count) // (2 * count) if count else 0 for each in sums)
    return before, after


def _step(deal: DealFact, at_us: int, cost: tuple[int, int], currency: str) -> list[str]:
    before, after = deal.shares_at(at_us - 1), deal.shares_at(at_us)
    changes = [
        f"the {funder.party} pays {percent(new)} instead of {percent(old)}"
        for funder, old, new in zip(deal.funders, before, after, strict=True)
        if new != old and funder.party != "brand"
    ]
    if not changes:
        return []
    was, becomes = (in_words(Money(each, currency)) for each in cost)
    goes = f"stays {was}" if was == becomes else f"goes from {was} to {becomes}"
    return [f"From {day_in_words(at_us)} {' and '.join(changes)}: the brand's cost of an order on the deal {goes}."]


def day_in_words(at_us: int) -> str:
    """``1 March``; with the time where it is not midnight (UTC)."""
    moment = datetime.fromtimestamp(at_us // MICROSECONDS, UTC)
    clock = f", {moment:%H:%M} UTC" if (moment.hour, moment.minute) != (0, 0) else ""
    return f"{moment.day} {moment:%B}{clock}"
