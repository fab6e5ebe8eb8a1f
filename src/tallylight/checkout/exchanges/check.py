"""Checks what is asked to be exchanged, before anything is looked up."""

from tallylight.checkout.check_request import LINES_MAX, QUANTITY_MAX
from tallylight.checkout.exchanges.schemas import Exchange
from tallylight.checkout.refunds.check import check_reason
from tallylight.foundation.errors import InvalidInputError


def check_exchange(asked: Exchange) -> None:
    """Raises InvalidInputError naming the field that is wrong."""
    if asked.difference is not None:
        check_reason(asked.reason)
    if not 1 <= len(asked.lines) <= LINES_MAX or any(line.variant_id is not None for line in asked.lines):
        raise InvalidInputError(f"name 1 to {LINES_MAX} lines that come back, by their position", field="lines")
    variants = {line.variant_id for line in asked.wanted}
    if not 1 <= len(asked.wanted) <= LINES_MAX or len(variants) < len(asked.wanted):
        raise InvalidInputError(f"name 1 to {LINES_MAX} variants that the buyer gets, each once", field="wanted")
    if any(not 1 <= line.quantity <= QUANTITY_MAX for line in asked.wanted):
        raise InvalidInputError(f"a quantity must be 1 to {QUANTITY_MAX}", field="wanted")
