"""Checks what is asked to be taken back, before anything is looked up."""

from tallylight.checkout.refunds.schemas import TakeBack
from tallylight.foundation.errors import InvalidInputError

REASON_MAX = 300
LINES_MAX = 20
AMOUNT_MINOR_MAX = 1_000_000_000_000


def check_reason(reason: str) -> None:
    """Raises InvalidInputError for a reason that says nothing, or too much."""
    if not 1 <= len(reason.strip()) <= REASON_MAX or not reason.strip().isprintable():
        raise InvalidInputError(f"say why, in 1 to {REASON_MAX} characters", field="reason")


def check_take_back(asked: TakeBack) -> None:
    """Raises InvalidInputError naming the field that is wrong."""
    check_reason(asked.reason)
    if len(asked.lines) > LINES_MAX:
        raise InvalidInputError(f"at most {LINES_MAX} lines", field="lines")
    if asked.lines and asked.amount is not None:
        raise InvalidInputError("name pieces or an amount, not both", field="amount")
    if asked.amount is not None and not 1 <= asked.amount.minor <= AMOUNT_MINOR_MAX:
        raise InvalidInputError("an amount to refund is at least one minor unit", field="amount")
    if asked.kind == "cancel" and (asked.lines or asked.amount is not None):
        raise InvalidInputError("a cancellation takes the whole order; refund or return a part of it", field="kind")
    if asked.kind in ("return", "exchange") and asked.amount is not None:
        raise InvalidInputError(f"a {asked.kind} names pieces", field="lines")
    if asked.kind == "exchange" and (not asked.lines or any(line.variant_id is None for line in asked.lines)):
        raise InvalidInputError("an exchange names pieces and what the buyer gets instead", field="lines")
    if asked.kind != "exchange" and any(line.variant_id is not None for line in asked.lines):
        raise InvalidInputError("only an exchange names another variant", field="lines")
    if asked.kind == "exchange" and asked.shipping:
        raise InvalidInputError("an exchange sends no money back", field="shipping")
