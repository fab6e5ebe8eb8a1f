"""Offers, the price engine, funding agreements and budgets.

Invariants: no deal opens without every funder's acceptance; no budget is overspent; a price explains itself.
"""

from tallylight.deals.accept_funding import accept_funding
from tallylight.deals.create_deal import create_deal
from tallylight.deals.end_deal import end_deal
from tallylight.deals.errors import DealOverlapError, DealStateError, NotAcceptedError
from tallylight.deals.facts import CartLine, DealFact, Facts, FunderFact, VariantFact
from tallylight.deals.open_deal import open_deal
from tallylight.deals.price_engine import (
    DealUse,
    deal_at,
    deal_uses,
    funder_parts,
    price,
    refusal_of,
    unchanged_around,
    unit_discount,
)
from tallylight.deals.price_window import FUTURE_US_MAX, GRACE_US, priced_at
from tallylight.deals.queries import (
    deal_budget,
    deal_view,
    deals_by_id,
    deals_of_products,
    deals_of_shop,
    deals_to_end,
    selling_facts,
)
from tallylight.deals.schemas import Agreement, DealBudget, DealView, FunderView, Quote, QuoteLine, Reason
from tallylight.deals.types import DealKind, DealState, FunderKind, NewDeal, NewFunder, RefusalCode

__all__ = [
    "FUTURE_US_MAX",
    "GRACE_US",
    "Agreement",
    "CartLine",
    "DealBudget",
    "DealFact",
    "DealKind",
    "DealOverlapError",
    "DealState",
    "DealStateError",
    "DealUse",
    "DealView",
    "Facts",
    "FunderFact",
    "FunderKind",
    "FunderView",
    "NewDeal",
    "NewFunder",
    "NotAcceptedError",
    "Quote",
    "QuoteLine",
    "Reason",
    "RefusalCode",
    "VariantFact",
    "accept_funding",
    "create_deal",
    "deal_at",
    "deal_budget",
    "deal_uses",
    "deal_view",
    "deals_by_id",
    "deals_of_products",
    "deals_of_shop",
    "deals_to_end",
    "end_deal",
    "funder_parts",
    "open_deal",
    "price",
    "priced_at",
    "refusal_of",
    "selling_facts",
    "unchanged_around",
    "unit_discount",
]
