"""What is asked to be exchanged, and what an exchange is, with the names of the HTTP contract."""

from typing import Literal
from uuid import UUID

import msgspec

from tallylight.checkout.refunds.schemas import TakeBackLine
from tallylight.deals import CartLine, Quote
from tallylight.foundation.money import Money

ExchangeState = Literal["quoted", "payment_pending", "paid", "declined", "cancelled"]
"""``quoted``: only asked about. ``payment_pending``: the buyer is to pay. The rest as the new order's."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``id``: random UUID made by the client; repeating it repeats the answer.

    ``lines`` come back, ``wanted`` the buyer gets instead, at today's price. ``difference``: what staff was told that
    the buyer pays, less than nothing where money goes back; None only asks for it.
    """

    id: UUID
    reason: str
    lines: list[TakeBackLine]
    wanted: list[CartLine]
    difference: Money | None = None


class ExchangeView(msgspec.Struct, frozen=True):
    """An exchange. ``worth``: what was paid for what comes back; ``difference``: what the buyer pays, less than nothing
    where it goes back; ``items``: what the buyer gets; ``pay_url``: where, until ``pay_by_us`` (wall time).

    ``quote``: the price of what the buyer gets, of one that was only asked about.
    """

    id: UUID
    state: ExchangeState
    of_order_id: UUID
    of_number: str
    lines: list[TakeBackLine]
    items: str
    worth: Money
    total: Money
    difference: Money
    reason: str
    order_id: UUID | None = None
    number: str | None = None
    pay_by_us: int | None = None
    pay_url: str | None = None
    quote: Quote | None = None
