"""A plan as the price engine sees it, and the stretches of time in which nothing about a price changes. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from uuid import UUID

import msgspec

from tallylight.deals.explain import deal_terms
from tallylight.deals.facts import DealFact, Facts, FunderFact, VariantFact
from tallylight.deals.ground import Ground, ground_of
from tallylight.deals.planner.check_plan import ends_us
from tallylight.deals.planner.types import Plan, PlannedDeal
from tallylight.deals.priority import PRICE_FORMS
from tallylight.deals.shipping.carried import carriers_to_plan_by
from tallylight.deals.shipping.types import CarrierFacts, ShippingZone
from tallylight.deals.tax.rates_at import taxes_to_plan_by
from tallylight.deals.tax.types import TaxFacts
from tallylight.deals.types import FunderKind, NewAgreement
from tallylight.foundation.clock import MICROSECONDS
from tallylight.ledger.charge_types import Fee
from tallylight.ledger.charge_types import Plan as CommissionPlan

DAY_US = 86_400 * MICROSECONDS
_OWN = 1 << 100
"""Names of agreements that deals have to themselves; no uuid that anybody makes looks like it."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What of the shop a plan depends on: its products and prices, shipping, taxes, and what the books charge.

    Orders are taken to be sent to the shop's own place.
    """

    currency: str
    variants: Mapping[UUID, VariantFact]
    shipping_fee_minor: int = 0
    free_shipping_over_minor: int | None = None
    commission_plans: Sequence[CommissionPlan] = ()
    fees: Sequence[Fee] = ()
    zones: tuple[ShippingZone, ...] = ()
    taxes: TaxFacts | None = None
    carriers: CarrierFacts | None = None


class PlannedFunder(msgspec.Struct, frozen=True):
    """A funder of one agreement. ``agreement``: its place among the plan's agreements and the deals' own."""

    agreement: int
    party: FunderKind
    name: str
    fact: FunderFact


class Stretch(msgspec.Struct, frozen=True):
    """[from_us, until_us) of the plan's show at ``show``, on one day (UTC, days since 1970)."""

    show: int
    from_us: int
    until_us: int

    @property
    def day(self) -> int:
        return self.from_us // DAY_US


class Scene(msgspec.Struct, frozen=True):
    """``deals`` in the plan's order; ``funders`` of all agreements; ``funders_of``: by deal, places in ``funders``."""

    facts: Facts
    ground: Ground | None
    deals: tuple[DealFact, ...]
    funders: tuple[PlannedFunder, ...]
    funders_of: tuple[tuple[int, ...], ...]
    stretches: tuple[Stretch, ...]


def scene_of(plan: Plan, around: Surroundings) -> Scene:
    """Everything of a checked plan that the price engine and the split of discounts need."""
    named = {line.variant_id for basket in plan.baskets for line in basket.lines}
    variants = {key: fact for key, fact in around.variants.items() if key in named}
    funders: list[PlannedFunder] = []
    places: dict[UUID, tuple[int, ...]] = {}
    agreements: dict[UUID, NewAgreement] = {each.id: each.terms for each in plan.agreements}
    deals, funders_of = [], []
    for number, planned in enumerate(plan.deals):
        key = planned.terms.agreement_id
        if key is None:
            key = UUID(int=_OWN + number)
            agreements[key] = NewAgreement(title=planned.terms.title, funders=planned.terms.funders)
        if key not in places:
            places[key] = _add_funders(funders, len(places), agreements[key])
        mine = tuple(funders[place].fact for place in places[key])
        deals.append(_deal_fact(number, planned, key, agreements[key], mine))
        funders_of.append(places[key])
    facts = Facts(
        around.currency,
        variants,
        _by_product(deals, {fact.product_id for fact in variants.values()}),
        around.shipping_fee_minor,
        around.free_shipping_over_minor,
        tuple(deal for deal in deals if deal.form not in PRICE_FORMS),
        around.zones,
        None if around.taxes is None else taxes_to_plan_by(around.taxes),
        carriers=carriers_to_plan_by(around.carriers, None if around.taxes is None else around.taxes.origin),
    )
    ground = ground_of(facts, None)
    taxed = () if ground is None else ground.edges()
    return Scene(facts, ground, tuple(deals), tuple(funders), tuple(funders_of), _stretches(plan, deals, taxed))


def _add_funders(funders: list[PlannedFunder], agreement: int, terms: NewAgreement) -> tuple[int, ...]:
    first = len(funders)
    for each in terms.funders:
        key = UUID(int=len(funders) + 1)
        fact = FunderFact(
            key, key, each.party, each.name, each.share_bps, each.budget_minor, each.cap_order_minor, each.cap_day_minor
        )
        funders.append(PlannedFunder(agreement, each.party, each.name, fact))
    return tuple(range(first, len(funders)))


def _deal_fact(
    number: int, planned: PlannedDeal, key: UUID, agreement: NewAgreement, funders: tuple[FunderFact, ...]
) -> DealFact:
    terms = planned.terms
    products = terms.product_ids if terms.product_id is None else (terms.product_id,)
    figures = (terms.price_minor, terms.percentage_bps, terms.amount_minor)
    return DealFact(
        deal_id=UUID(int=number + 1),
        product_id=products[0] if len(products) == 1 else None,
        kind=terms.kind,
        title=terms.title,
        figure=next(figure for figure in figures if figure is not None),
        opens_us=planned.opens_us,
        ends_us=ends_us(planned),
        left=terms.total_limit,
        per_buyer_limit=terms.per_buyer_limit,
        funders=funders,
        terms=deal_terms(ends_us(planned), [(each.party, each.share_bps) for each in funders]),
        form=terms.form,
        product_ids=frozenset(products),
        conditions=terms.conditions,
        counts=terms.counts,
        announces=terms.announces,
        agreement_id=key,
        at_cap=agreement.at_cap,
        steps=agreement.steps,
    )


def _by_product(deals: Sequence[DealFact], product_ids: set[UUID]) -> dict[UUID, tuple[DealFact, ...]]:
    found: dict[UUID, list[DealFact]] = {}
    of_pieces = [deal for deal in deals if deal.form in PRICE_FORMS]
    for deal in sorted(of_pieces, key=lambda deal: (PRICE_FORMS.index(deal.form), deal.opens_us)):
        for product_id in deal.product_ids or product_ids:
            found.setdefault(product_id, []).append(deal)
    return {product_id: tuple(each) for product_id, each in found.items()}


def _stretches(plan: Plan, deals: Sequence[DealFact], taxed: Sequence[int]) -> tuple[Stretch, ...]:
    """Each show, cut wherever a deal, a share, a tax or a day changes; in the order of time."""
    made = []
    for number, show in sorted(enumerate(plan.shows), key=lambda each: each[1].starts_us):
        begins, over = show.starts_us, show.starts_us + show.duration_s * MICROSECONDS
        edges = {*taxed, *(edge for deal in deals for edge in deal.edges())}
        edges |= {day * DAY_US for day in range(begins // DAY_US + 1, over // DAY_US + 1)}
        cuts = [begins, *sorted(edge for edge in edges if begins < edge < over), over]
        made += [Stretch(number, since, until) for since, until in pairwise(cuts)]
    return tuple(made)
