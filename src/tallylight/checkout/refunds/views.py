"""Refunds as they are shown, from their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from tallylight.checkout.refunds.schemas import RefundLineView, RefundView
from tallylight.foundation.money import Money


def refund_view(row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> RefundView:
    """A row of ``order_refund`` with its rows of ``order_refund_line``."""
    currency = row["currency"]
    return RefundView(
        row["id"],
        row["kind"],
        row["reason"],
        Money(row["amount_minor"], currency),
        Money(row["shipping_minor"], currency),
        Money(row["tax_minor"], currency),
        Money(row["discount_minor"], currency),
        row["money"],
        row["problem"],
        row["made_us"],
        [
            RefundLineView(
                line["position"],
                line["pieces"],
                line["restocked"],
                Money(line["list_minor"] - sum(line["discounts_minor"]), currency),
                line["variant_id"],
            )
            for line in lines
        ],
        Money(row["credited_minor"], currency),
    )
