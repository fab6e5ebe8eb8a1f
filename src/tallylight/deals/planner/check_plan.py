"""Whether a plan makes sense. Pure. Deals and agreements are held to what real ones are held to."""

from collections.abc import Mapping
from itertools import combinations
from uuid import UUID

from tallylight.deals.check_terms import BUDGET_MINOR_MAX, check_terms, check_text
from tallylight.deals.create_agreement import check_agreement
from tallylight.deals.errors import DealOverlapError, NotFundedError
from tallylight.deals.facts import VariantFact
from tallylight.deals.planner.types import Plan, PlannedAgreement, PlannedDeal
from tallylight.deals.priority import Scope, ambiguous
from tallylight.deals.types import NewDeal
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.money import BASIS_POINTS

SHOWS_MAX, BASKETS_MAX, LINES_MAX, DEALS_MAX, AGREEMENTS_MAX = 60, 60, 20, 30, 10
RUNS_MIN, RUNS_MAX = 100, 2_000
ORDERS_DRAWN_MAX = 20_000_000
"""Orders a plan may expect, times its runs: about ten seconds of one core."""
_TIME_US_MAX = 4_102_444_800 * MICROSECONDS  # the year 2100


def check_plan(plan: Plan, variants: Mapping[UUID, VariantFact]) -> None:
    """Raises InvalidInputError naming what makes no sense, NotFoundError for a variant that the shop does not have,
    DealOverlapError and NotFundedError as opening the deals would.
    """
    _check_sizes(plan)
    _check_shows(plan)
    _check_assumptions(plan)
    _check_variants(plan, variants)
    _check_deals(plan)


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidInputError(f"{name} is {value}; it must be {least} to {most}", field=name)


def _check_sizes(plan: Plan) -> None:
    _within("shows", len(plan.shows), 1, SHOWS_MAX)
    _within("baskets", len(plan.baskets), 1, BASKETS_MAX)
    _within("deals", len(plan.deals), 0, DEALS_MAX)
    _within("agreements", len(plan.agreements), 0, AGREEMENTS_MAX)
    _within("runs", plan.runs, RUNS_MIN, RUNS_MAX)
    _within("seed", plan.seed, 0, 2**32 - 1)
    _within("shipping_cost_minor", plan.shipping_cost_minor or 0, 0, BUDGET_MINOR_MAX)
    orders = sum(show.viewers for show in plan.shows) * plan.assumptions.conversion_bps // BASIS_POINTS
    if orders * plan.runs > ORDERS_DRAWN_MAX:
        most = ORDERS_DRAWN_MAX // orders
        message = f"{orders} orders in {plan.runs} runs take too long; draw at most {most} runs"
        raise InvalidInputError(message, field="runs")


def _check_shows(plan: Plan) -> None:
    ends_us = 0
    for show in sorted(plan.shows, key=lambda show: show.starts_us):
        check_text("title", show.title)
        _within("starts_us", show.starts_us, 0, _TIME_US_MAX)
        _within("duration_s", show.duration_s, 60, 86_400)
        _within("viewers", show.viewers, 0, 10_000_000)
        _within("commission_bps", show.commission_bps, 0, 8_000)
        _within("fixed_cost_minor", show.fixed_cost_minor, 0, BUDGET_MINOR_MAX)
        if len(show.creator_name) > 80:
            raise InvalidInputError("a creator's name has at most 80 letters", field="creator_name")
        if show.starts_us < ends_us:
            raise InvalidInputError(f"{show.title!r} begins before the show before it is over", field="starts_us")
        ends_us = show.starts_us + show.duration_s * MICROSECONDS


def _check_assumptions(plan: Plan) -> None:
    given = plan.assumptions
    for name in ("conversion_bps", "repeat_bps", "return_bps", "code_bps"):
        _within(name, getattr(given, name), 0, BASIS_POINTS)
    for name in ("viewers_spread_bps", "conversion_spread_bps"):
        _within(name, getattr(given, name), 0, 2 * BASIS_POINTS)
    _within("lift_bps", given.lift_bps, 0, 1_000)
    _within("rests_on_shows", given.rests_on_shows, 0, 100_000)


def _check_variants(plan: Plan, variants: Mapping[UUID, VariantFact]) -> None:
    for basket in plan.baskets:
        _within("weight", basket.weight, 1, 1_000_000)
        _within("lines", len(basket.lines), 1, LINES_MAX)
        if len({line.variant_id for line in basket.lines}) < len(basket.lines):
            raise InvalidInputError("a basket names each variant once, with its quantity", field="baskets")
        for line in basket.lines:
            _within("quantity", line.quantity, 1, 1_000)
    for cost in plan.unit_costs:
        _within("cost_minor", cost.cost_minor, 0, BUDGET_MINOR_MAX)
    named = {line.variant_id for basket in plan.baskets for line in basket.lines}
    missing = (named | {cost.variant_id for cost in plan.unit_costs}) - set(variants)
    if missing:
        raise NotFoundError("there is no such variant in this shop", variant_id=str(min(missing)))
    costed = {cost.variant_id for cost in plan.unit_costs}
    for variant_id in sorted(named - costed):
        title = f"{variants[variant_id].product_title}, {variants[variant_id].variant_title}"
        raise InvalidInputError(f"say what a piece of {title} costs you: without it there is no margin", field="costs")


def _check_deals(plan: Plan) -> None:
    known = {each.id: each for each in plan.agreements}
    if len(known) < len(plan.agreements):
        raise InvalidInputError("two agreements have one name", field="agreements")
    for agreement in plan.agreements:
        check_agreement(agreement.terms)
    for deal in plan.deals:
        check_terms(deal.terms)
        _within("opens_us", deal.opens_us, 0, _TIME_US_MAX)
        if deal.terms.agreement_id is not None:
            _check_funded(deal, known.get(deal.terms.agreement_id))
    if sum(deal.terms.form in ("voucher", "creator_code") for deal in plan.deals) > 1:
        raise InvalidInputError(
            "a plan has one deal by code: nothing says which code a buyer would type", field="deals"
        )
    for one, other in combinations(plan.deals, 2):
        if _meet(one, other) and ambiguous(_scope(one.terms), _scope(other.terms)):
            raise DealOverlapError(
                f"{one.terms.title!r} and {other.terms.title!r} run on the same product at one time: nothing says which"
                " of the two applies; end one, move one, or give them different forms"
            )


def _check_funded(deal: PlannedDeal, agreement: PlannedAgreement | None) -> None:
    title = deal.terms.title
    if agreement is None:
        raise InvalidInputError(f"{title!r} names an agreement that is not in the plan", field="agreement_id")
    terms = agreement.terms
    after = terms.until_us is not None and ends_us(deal) > terms.until_us
    if after or (terms.from_us is not None and deal.opens_us < terms.from_us):
        raise NotFundedError(f"{title!r} runs when the agreement {terms.title!r} does not hold; move or shorten it")
    products = set(_scope(deal.terms).product_ids) | {part.product_id for part in deal.terms.conditions.parts}
    if terms.product_ids and (not products or not products <= set(terms.product_ids)):
        raise NotFundedError(f"{title!r} is for products that the agreement {terms.title!r} does not fund")


def ends_us(deal: PlannedDeal) -> int:
    """Programme time at which the deal is over."""
    return deal.opens_us + deal.terms.duration_s * MICROSECONDS


def _meet(one: PlannedDeal, other: PlannedDeal) -> bool:
    return one.opens_us < ends_us(other) and other.opens_us < ends_us(one)


def _scope(terms: NewDeal) -> Scope:
    products = terms.product_ids if terms.product_id is None else (terms.product_id,)
    return Scope(terms.form, products, terms.conditions)
