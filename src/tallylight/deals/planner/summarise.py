"""From every run of a campaign to the figures that people read. Pure."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from tallylight.deals.planner.check_plan import check_plan
from tallylight.deals.planner.glide import glide_in_words
from tallylight.deals.planner.planned_facts import DAY_US, Surroundings
from tallylight.deals.planner.results import DayRange, DealRange, FunderRange, PlanResult, ProductRange, Range
from tallylight.deals.planner.simulate import Ints, Tally, simulate
from tallylight.deals.planner.types import Plan
from tallylight.deals.types import FunderKind
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.money import BASIS_POINTS, split_minor


def play_plan(plan: Plan, around: Surroundings) -> PlanResult:
    """Check ``plan``, play its campaign ``plan.runs`` times, and say what came out. Takes up to some seconds.

    Raises what ``check_plan`` raises.
    """
    check_plan(plan, around.variants)
    return _Sums(plan, around, simulate(plan, around)).result()


class _Sums:
    """Sums by run, int64 minor units. Days in order; funders as people know them, by party and name."""

    def __init__(self, plan: Plan, around: Surroundings, tally: Tally) -> None:
        self.plan, self.around, self.tally = plan, around, tally
        scene = tally.scene
        self.days = sorted({stretch.day for stretch in scene.stretches})
        self.names: list[tuple[FunderKind, str]] = sorted({(each.party, each.name) for each in scene.funders})
        self.products: list[UUID] = sorted({fact.product_id for fact in scene.facts.variants.values()})
        runs = plan.runs
        self.orders, self.revenue, self.margin = (_zeros(len(self.days), runs) for _ in range(3))
        self.discounts = _zeros(len(self.days), len(self.names), runs)
        self.commission, self.fees = _zeros(runs), _zeros(runs)
        self.deal_orders, self.deal_discounts = (_zeros(len(scene.deals), runs) for _ in range(2))
        self.short = np.zeros((len(scene.deals), runs), bool)
        self.pieces, self.product_margin = (_zeros(len(self.products), runs) for _ in range(2))
        self._add_all()
        for show in plan.shows:
            self.margin[self.days.index(show.starts_us // DAY_US)] -= show.fixed_cost_minor

    def _add_all(self) -> None:
        scene = self.tally.scene
        groups = [self.names.index((each.party, each.name)) for each in scene.funders]
        for sales in self.tally.sales:
            sold, runs, counts, stay = sales.sold, sales.runs, sales.counts, sales.counts - sales.returned
            day = self.days.index(sales.stretch.day)
            self.orders[day, runs] += counts
            self.revenue[day, runs] += counts * sold.paid_minor
            self.commission[runs] += stay * sold.commission_minor
            self.fees[runs] += stay * sold.fees_minor
            for group, part in zip(groups, sold.parts, strict=True):
                self.discounts[day, group, runs] += counts * part
            for place, discount in enumerate(sold.discounts):
                self.deal_orders[place, runs] += counts * bool(discount)
                self.deal_discounts[place, runs] += counts * discount
                self.short[place, runs] |= sold.short[place]
            for line, product_id in enumerate(sold.products):
                product = self.products.index(product_id)
                earned = stay * sold.margin[line] + sales.returned * sold.margin_back[line]
                self.pieces[product, runs] += counts * sold.pieces[line]
                self.product_margin[product, runs] += earned
                self.margin[day, runs] += earned

    def result(self) -> PlanResult:
        margin = self.margin.sum(axis=0)
        fixed = sum(show.fixed_cost_minor for show in self.plan.shows)
        orders = int(self.orders.sum())
        brand = [place for place, (party, _) in enumerate(self.names) if party == "brand"]
        return PlanResult(
            currency=self.around.currency,
            seed=self.plan.seed,
            runs=self.plan.runs,
            orders=_range(self.orders.sum(axis=0)),
            revenue=_range(self.revenue.sum(axis=0)),
            discount=_range(self.deal_discounts.sum(axis=0)),
            commission=_range(self.commission),
            fees=_range(self.fees),
            margin=_range(margin),
            loss_bps=_share(margin < 0),
            fixed_minor=fixed,
            brand_order_minor=_over(int(self.discounts[:, brand].sum()), orders),
            funders=tuple(self._funders()),
            days=tuple(self._day(number, day) for number, day in enumerate(self.days)),
            deals=tuple(
                DealRange(
                    deal.title,
                    _range(self.deal_orders[place]),
                    _range(self.deal_discounts[place]),
                    _share(self.short[place]),
                )
                for place, deal in enumerate(self.tally.scene.deals)
            ),
            products=tuple(self._products(fixed)),
            glide=tuple(glide_in_words(self.plan, self.around, self.tally.scene)),
        )

    def _funders(self) -> list[FunderRange]:
        budgets = dict.fromkeys(self.names, 0)
        for each in self.tally.scene.funders:
            budgets[each.party, each.name] += each.fact.left_minor
        return [
            FunderRange(*name, _range(self.discounts[:, place].sum(axis=0)), budgets[name])
            for place, name in enumerate(self.names)
        ]

    def _day(self, number: int, day: int) -> DayRange:
        return DayRange(
            datetime.fromtimestamp(day * DAY_US // MICROSECONDS, UTC).date().isoformat(),
            _range(self.orders[number]),
            _range(self.revenue[number]),
            _range(self.margin[number]),
            _range(self.discounts[number].sum(axis=0)),
            tuple(_range(each) for each in self.discounts[number]),
        )

    def _products(self, fixed: int) -> list[ProductRange]:
        """Fixed costs are spread over products as their pieces sell, at list prices."""
        titles = {fact.product_id: fact.product_title for fact in self.tally.scene.facts.variants.values()}
        lists = dict.fromkeys(self.products, 0)
        for sales in self.tally.sales:
            for line, key in enumerate(sales.sold.products):
                lists[key] += int(sales.counts.sum()) * sales.sold.lists[line]
        weights = list(lists.values())
        shares = split_minor(fixed, weights if any(weights) else [1] * len(weights))
        made = []
        for place, key in enumerate(self.products):
            pieces, margin = int(self.pieces[place].sum()), int(self.product_margin[place].sum())
            even = break_even(shares[place], margin, pieces)
            reached = np.zeros(self.plan.runs, bool) if even is None else self.pieces[place] >= even
            made.append(
                ProductRange(
                    key,
                    titles[key],
                    _range(self.pieces[place]),
                    _range(self.product_margin[place] - shares[place]),
                    _over(margin, pieces),
                    shares[place],
                    even,
                    _share(reached),
                )
            )
        return made


def break_even(fixed_minor: int, margin_minor: int, pieces: int) -> int | None:
    """The fewest pieces that earn ``fixed_minor``, when ``pieces`` earn ``margin_minor``; None: they never do."""
    if fixed_minor == 0 and margin_minor >= 0:
        return 0
    return None if margin_minor <= 0 else -(-fixed_minor * pieces // margin_minor)


def _range(values: Ints) -> Range:
    """Ranks, not interpolations: each figure is one that a run came to."""
    p10, p50, p90 = (int(each) for each in np.percentile(values, (10, 50, 90), method="inverted_cdf"))
    return Range(p10, p50, p90, _over(int(values.sum()), len(values)))


def _over(minor: int, count: int) -> int:
    """The mean, half a unit away from zero."""
    if not count:
        return 0
    half = (2 * abs(minor) + count) // (2 * count)
    return half if minor >= 0 else -half


def _share(which: NDArray[np.bool_]) -> int:
    return _over(int(which.sum()) * BASIS_POINTS, len(which))


def _zeros(*shape: int) -> NDArray[Any]:
    return np.zeros(shape, np.int64)
