"""A small campaign: a serum at 25.00 and a mug at 12.00, one show on 28 February and one on 1 March 2027."""

from typing import Any
from uuid import UUID

from tallylight.deals.facts import VariantFact
from tallylight.deals.planner.planned_facts import Surroundings
from tallylight.deals.planner.types import (
    Assumptions,
    Basket,
    BasketLine,
    Plan,
    PlannedAgreement,
    PlannedDeal,
    PlannedShow,
    UnitCost,
)
from tallylight.deals.types import FunderKind, GlideStep, NewAgreement, NewDeal, NewFunder

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
MARCH_US = 1_803_859_200 * SECOND_US
"""1 March 2027, 00:00 UTC."""
SERUM, SMALL, MUG, MUG_ONLY, AGREED = (UUID(int=1000 + number) for number in range(5))


def surroundings(**change: Any) -> Surroundings:
    base: dict[str, Any] = {
        "currency": "EUR",
        "variants": {
            SMALL: VariantFact(SMALL, SERUM, "Dew Serum", "30 ml", 2500),
            MUG_ONLY: VariantFact(MUG_ONLY, MUG, "Mug", "Default", 1200),
        },
    }
    return Surroundings(**(base | change))


def show(day: int = -1, **change: Any) -> PlannedShow:
    base: dict[str, Any] = {
        "title": f"Show {day}",
        "starts_us": MARCH_US + day * DAY_US + 18 * 3600 * SECOND_US,
        "duration_s": 3600,
        "viewers": 1000,
    }
    return PlannedShow(**(base | change))


def funder(party: FunderKind, share_bps: int, budget_minor: int = 10**9, **change: Any) -> NewFunder:
    return NewFunder(party=party, name=party.title(), share_bps=share_bps, budget_minor=budget_minor, **change)


def agreement(*funders: NewFunder, **change: Any) -> PlannedAgreement:
    return PlannedAgreement(AGREED, NewAgreement(title="Spring", funders=funders, **change))


def glide() -> PlannedAgreement:
    """Half each; from 1 March the platform bears 30 %."""
    return agreement(funder("brand", 5000), funder("platform", 5000), steps=(GlideStep(MARCH_US, (7000, 3000)),))


def deal(amount_minor: int = 800, **change: Any) -> PlannedDeal:
    """8.00 off the serum, from before the first show until after the last."""
    base: dict[str, Any] = {
        "kind": "amount", "title": "Spring offer", "duration_s": 6 * 86_400, "agreement_id": AGREED,
        "product_id": SERUM, "form": "campaign", "amount_minor": amount_minor,
    }  # fmt: skip
    return PlannedDeal(MARCH_US - 3 * DAY_US, NewDeal(**(base | change)))


def plan(**change: Any) -> Plan:
    base: dict[str, Any] = {
        "shows": (show(-1), show(0)),
        "baskets": (Basket((BasketLine(SMALL, 1),), 1),),
        "assumptions": Assumptions(conversion_bps=1000),
        "unit_costs": (UnitCost(SMALL, 900), UnitCost(MUG_ONLY, 400)),
        "agreements": (glide(),),
        "deals": (deal(),),
        "runs": 200,
        "seed": 7,
    }
    return Plan(**(base | change))
