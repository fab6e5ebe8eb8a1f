"""Plays a plan's campaign many times. Pure: the same plan, surroundings and seed give the same figures.

Orders are drawn in blocks. Where a whole block fits under every cap, each of its orders fits, because counters only
fall: it is counted at once, for all runs. Where it does not, its orders are sold one by one. Either way every order was
priced and split by the rules of the deals room (``sell_order``). How it is drawn: docs/algorithms/planner.md.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from tallylight.deals.planner.check_plan import ORDERS_DRAWN_MAX
from tallylight.deals.planner.planned_facts import Scene, Stretch, Surroundings, scene_of
from tallylight.deals.planner.sell_order import PLENTY, Kind, Sold, State, kinds_of, sell, untouched
from tallylight.deals.planner.types import Plan
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.money import BASIS_POINTS

Ints = NDArray[np.int64]
BLOCK = 64
_SHOWS, _ORDERS, _KINDS, _RETURNS = range(4)
"""Each thing that is drawn has a stream of its own, so that two plans with one seed meet the same viewers."""


class Sales(msgspec.Struct, frozen=True):
    """One kind of order that was sold: in ``runs`` (their numbers), ``counts`` of them, ``returned`` of those."""

    stretch: Stretch
    sold: Sold
    runs: Ints
    counts: Ints
    returned: Ints


class Tally(msgspec.Struct, frozen=True):
    """Everything that was sold in every run."""

    scene: Scene
    sales: tuple[Sales, ...]


def simulate(plan: Plan, around: Surroundings) -> Tally:
    """Every run of a checked plan. Raises InvalidInputError when the draws ask for too many orders."""
    return _Campaign(plan, around).play()


class _Campaign:
    def __init__(self, plan: Plan, around: Surroundings) -> None:
        self.plan, self.around = plan, around
        self.scene = scene_of(plan, around)
        self.kinds = kinds_of(plan, self.scene)
        deals, funders = self.scene.deals, self.scene.funders
        self.left: Ints = _rows(plan.runs, [each.fact.left_minor for each in funders])
        self.today: Ints = _rows(plan.runs, [0] * len(funders))
        self.deals_left: Ints = _rows(plan.runs, [PLENTY if deal.left is None else deal.left for deal in deals])
        self.ended: NDArray[np.bool_] = np.zeros((plan.runs, len(deals)), bool)
        # No order can use more than this: what lies beyond makes no difference to any.
        self.most = _most(self.scene, self.kinds)
        self.day = -1
        self.cap_day: Ints = np.array([_cap(each.fact.cap_day_minor) for each in funders], np.int64)
        self.cap_order: Ints = np.array([_cap(each.fact.cap_order_minor) for each in funders], np.int64)
        self.memo: dict[Any, int] = {}
        self.places: dict[Any, int] = {}
        self.sold: list[tuple[Stretch, Sold]] = []
        self.blocks: dict[int, Ints] = {}
        self.singles: dict[int, dict[int, int]] = {}

    def play(self) -> Tally:
        viewers, conversion = _demand(self.plan)
        for number, stretch in enumerate(self.scene.stretches):
            if stretch.day != self.day:
                self.day = stretch.day
                self.today[:] = 0
            weights, lift = self._wishes(number)
            show = self.plan.shows[stretch.show]
            share = (stretch.until_us - stretch.from_us) / (show.duration_s * MICROSECONDS)
            chance = np.minimum(conversion[stretch.show] * share * lift, 1.0)
            orders = _stream(self.plan, _ORDERS, number).binomial(viewers[stretch.show], chance)
            if orders.sum() > 3 * ORDERS_DRAWN_MAX:
                raise InvalidInputError("so many orders take too long to draw; draw fewer runs", field="runs")
            self._sell_all(number, orders, np.cumsum(weights) / sum(weights))
        return self._tally()

    def _wishes(self, number: int) -> tuple[list[float], float]:
        """How often each kind is bought in the stretch, and how much more is bought in all, with every deal at hand."""
        state = untouched(self.scene)
        weights = []
        for kind in self.kinds:
            sold = sell(self.plan, self.around, self.scene, self.scene.stretches[number], kind, state)
            percent_off = 100 * sum(sold.discounts) / max(1, sold.list_minor)
            weights.append(kind.weight * (1 + percent_off * self.plan.assumptions.lift_bps / BASIS_POINTS))
        return weights, sum(weights) / sum(kind.weight for kind in self.kinds)

    def _sell_all(self, number: int, orders: Ints, chances: NDArray[np.float64]) -> None:
        stream = _stream(self.plan, _KINDS, number)
        for first in range(0, int(orders.max(initial=0)), BLOCK):
            picked = np.searchsorted(chances, stream.random((self.plan.runs, BLOCK)), side="right")
            picked = np.minimum(picked, len(self.kinds) - 1)
            there = np.arange(first, first + BLOCK) < orders[:, None]
            self._sell_block(number, np.where(there, picked, -1))

    def _sell_block(self, number: int, picked: Ints) -> None:
        """``picked``: (runs, BLOCK) kinds, -1 where no order is."""
        runs, kinds = self.plan.runs, len(self.kinds)
        cells = (np.arange(runs)[:, None] * kinds + picked)[picked >= 0]
        counts = np.bincount(cells, minlength=runs * kinds).reshape(runs, kinds)
        room = np.minimum(self.left, self.cap_day - self.today)
        looks = np.hstack((self.ended, room > 0, self.deals_left > 0))
        patterns, which = np.unique(looks, axis=0, return_inverse=True)
        which = which.reshape(-1)
        for place, pattern in enumerate(patterns):
            rows = np.flatnonzero((which == place) & counts.any(axis=1))
            if len(rows):
                self._sell_alike(number, rows, counts[rows], room[rows], pattern, picked)

    def _sell_alike(
        self, number: int, rows: Ints, counts: Ints, room: Ints, pattern: NDArray[np.bool_], picked: Ints
    ) -> None:
        """The block in runs that look alike: each counter is empty or has something."""
        deals, funders = len(self.scene.deals), len(self.scene.funders)
        has_room = pattern[deals : deals + funders]
        state = State(
            tuple(int(cap) if has else 0 for cap, has in zip(self.cap_order, has_room, strict=True)),
            tuple(None if has else 0 for has in pattern[deals + funders :]),
            tuple(bool(each) for each in pattern[:deals]),
        )
        found = [self._outcome(number, kind, state) for kind in range(len(self.kinds))]
        sold = [self.sold[each][1] for each in found]
        parts = counts @ np.array([each.parts for each in sold], np.int64).reshape(len(sold), funders)
        pieces = counts @ np.array([each.counts for each in sold], np.int64).reshape(len(sold), deals)
        fits = all_fit(parts, room, pieces, self.deals_left[rows])
        done = rows[fits]
        self.left[done] -= parts[fits]
        self.today[done] += parts[fits]
        self.deals_left[done] -= np.where(self.deals_left[done] >= PLENTY, 0, pieces[fits])
        for kind, (outcome, each) in enumerate(zip(found, sold, strict=True)):
            tally = self.blocks.setdefault(outcome, np.zeros(self.plan.runs, np.int64))
            tally[done] += counts[fits, kind]
            for deal in each.ends:
                self.ended[done[counts[fits, kind] > 0], deal] = True
        for run in rows[~fits]:
            self._sell_one_by_one(number, int(run), [int(kind) for kind in picked[run] if kind >= 0])

    def _sell_one_by_one(self, number: int, run: int, picked: list[int]) -> None:
        left, today = self.left[run].tolist(), self.today[run].tolist()
        deals_left, ended = self.deals_left[run].tolist(), self.ended[run].tolist()
        facts = [each.fact for each in self.scene.funders]
        for kind in picked:
            rooms = tuple(
                min(self.most, fact.room(rest, spent)) for fact, rest, spent in zip(facts, left, today, strict=True)
            )
            pieces = sum(line.quantity for line in self.kinds[kind].cart)
            state = State(rooms, tuple(min(each, pieces) for each in deals_left), tuple(ended))
            outcome = self._outcome(number, kind, state)
            sold = self.sold[outcome][1]
            for place, part in enumerate(sold.parts):
                left[place] -= part
                today[place] += part
            for place, count in enumerate(sold.counts):
                if deals_left[place] < PLENTY:
                    deals_left[place] -= count
            for place in sold.ends:
                ended[place] = True
            tally = self.singles.setdefault(outcome, {})
            tally[run] = tally.get(run, 0) + 1
        self.left[run], self.today[run], self.deals_left[run], self.ended[run] = left, today, deals_left, ended

    def _outcome(self, number: int, kind: int, state: State) -> int:
        """The place in ``sold`` of what such an order comes to: worked out once."""
        key = (number, kind, state.rooms, state.left, state.ended)
        place = self.memo.get(key)
        if place is None:
            stretch = self.scene.stretches[number]
            made = sell(self.plan, self.around, self.scene, stretch, self.kinds[kind], state)
            alike = (number, msgspec.structs.astuple(made))
            place = self.places.get(alike)
            if place is None:
                place = self.places[alike] = len(self.sold)
                self.sold.append((stretch, made))
            self.memo[key] = place
        return place

    def _tally(self) -> Tally:
        stream = _stream(self.plan, _RETURNS, 0)
        chance = self.plan.assumptions.return_bps / BASIS_POINTS
        sales = []
        for place in sorted({*self.blocks, *self.singles}):
            counted = self.blocks.get(place, np.zeros(self.plan.runs, np.int64))
            for run, count in self.singles.get(place, {}).items():
                counted[run] += count
            runs = np.flatnonzero(counted)
            counts = counted[runs]
            sales.append(Sales(*self.sold[place], runs, counts, stream.binomial(counts, chance)))
        return Tally(self.scene, tuple(sales))


def all_fit(parts: Ints, room: Ints, pieces: Ints, left: Ints) -> NDArray[np.bool_]:
    """By run, whether a whole block fits what its funders and its deals have left."""
    return np.asarray((parts <= room).all(axis=1) & (pieces <= left).all(axis=1))


def _demand(plan: Plan) -> tuple[Ints, NDArray[np.float64]]:
    """By show and run: viewers, and orders of each viewer.

    Two things are uncertain: how shows differ from their mean, and, the fewer of them are known, the mean itself.
    """
    given = plan.assumptions
    known = max(1, given.rests_on_shows) ** 0.5
    about = _stream(plan, _SHOWS, len(plan.shows))
    viewers_mean = _scatter(about, given.viewers_spread_bps / known)(plan.runs)
    conversion_mean = _scatter(about, given.conversion_spread_bps / known)(plan.runs)
    viewers, conversion = [], []
    for number, show in enumerate(plan.shows):
        stream = _stream(plan, _SHOWS, number)
        spread = _scatter(stream, given.viewers_spread_bps)(plan.runs)
        viewers.append(np.rint(show.viewers * viewers_mean * spread).astype(np.int64))
        spread = _scatter(stream, given.conversion_spread_bps)(plan.runs)
        conversion.append(np.minimum(given.conversion_bps / BASIS_POINTS * conversion_mean * spread, 1.0))
    return np.array(viewers), np.array(conversion)


def _scatter(stream: np.random.Generator, spread_bps: float) -> Callable[[int], NDArray[np.float64]]:
    """Log-normal factors of mean 1 and standard deviation ``spread_bps``."""
    variance = float(np.log1p((spread_bps / BASIS_POINTS) ** 2))
    return lambda size: stream.lognormal(-variance / 2, variance**0.5, size)


def _most(scene: Scene, kinds: Sequence[Kind]) -> int:
    """The dearest order there can be, with its shipping, minor units."""
    prices = {key: fact.price_minor for key, fact in scene.facts.variants.items()}
    carts = [sum(prices[line.variant_id] * line.quantity for line in kind.cart) for kind in kinds]
    return max(*carts, *prices.values()) + scene.facts.shipping_fee_minor


def _stream(plan: Plan, what: int, number: int) -> np.random.Generator:
    return np.random.default_rng((plan.seed, what, number))


def _cap(minor: int | None) -> int:
    return PLENTY if minor is None else minor


def _rows(runs: int, row: list[int]) -> Ints:
    return np.tile(np.array(row, np.int64), (runs, 1))
