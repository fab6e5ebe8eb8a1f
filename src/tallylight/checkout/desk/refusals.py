"""What a buyer is told when the database refused what memory allowed: the last guard spoke."""

import asyncpg

from tallylight.checkout.errors import (
    BudgetExhaustedError,
    BuyerLimitReachedError,
    DealLimitReachedError,
    KeyReusedError,
    SoldOutError,
)
from tallylight.foundation.errors import TallyError, UnavailableError

_BY_CONSTRAINT: dict[str, tuple[type[TallyError], str]] = {
    "ck_stock_level_on_hand_not_negative": (SoldOutError, "sold out"),
    "ck_stock_level_held_fits": (SoldOutError, "sold out"),
    "ck_deal_total_limit_holds": (DealLimitReachedError, "the deal's pieces are gone"),
    "ck_funder_budget_holds": (BudgetExhaustedError, "the deal's budget is used up"),
    "ck_funder_day_cap_holds": (BudgetExhaustedError, "the deal's budget of the day is used up"),
    "ck_deal_buyer_per_buyer_limit_holds": (BuyerLimitReachedError, "the deal's pieces for one buyer are used up"),
    "uq_customer_order_key_hash": (KeyReusedError, "the key was used a moment ago; repeat it"),
}


def refusal_of_constraint(error: Exception) -> TallyError:
    """The refusal that a violated constraint stands for."""
    name = getattr(error, "constraint_name", None) if isinstance(error, asyncpg.PostgresError) else None
    kind, message = _BY_CONSTRAINT.get(str(name), (UnavailableError, "the order could not be written; try again"))
    return kind(message)
