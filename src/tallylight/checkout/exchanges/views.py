"""Exchanges as they are shown, from their rows."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from tallylight.checkout.desk.events import items_in_words
from tallylight.checkout.exchanges.schemas import ExchangeView
from tallylight.checkout.receipt import receipt_token
from tallylight.checkout.refunds.schemas import TakeBackLine
from tallylight.deals import Quote
from tallylight.foundation.money import Money

T = TypeVar("T")


def exchange_view(row: Mapping[str, Any], of_number: str) -> ExchangeView:
    """A row of ``order_exchange`` beside its order's number, state, total_minor, hold_expires_us and quote."""
    currency, order_id, pending = row["currency"], row["order_id"], row["state"] == "payment_pending"
    token = receipt_token(row["refund_id"], order_id)
    exists = row["state"] != "quoted"
    return ExchangeView(
        row["refund_id"],
        row["state"],
        row["of_order_id"],
        of_number,
        _decoded(row["lines"], list[TakeBackLine]),
        items_in_words(_decoded(row["quote"], Quote)),
        Money(row["worth_minor"], currency),
        Money(row["total_minor"], currency),
        Money(row["total_minor"] - row["worth_minor"], currency),
        row["reason"],
        order_id if exists else None,
        str(row["number"]) if exists else None,
        row["hold_expires_us"] if pending else None,
        f"/receipt/{order_id}?token={token}" if pending else None,
    )


def _decoded(value: object, kind: type[T]) -> T:
    """A JSON column: text, or decoded already."""
    return msgspec.json.decode(value, type=kind) if isinstance(value, str) else msgspec.convert(value, kind)
