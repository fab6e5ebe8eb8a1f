"""Decides one order from memory: its price, whether it fits, and what it takes. Changes memory only when it fits."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from tallylight.checkout.address_rules import place_of
from tallylight.checkout.desk.holds_nothing import holds_nothing
from tallylight.checkout.desk.memory import DeskMemory, code_of
from tallylight.checkout.desk.price_memo import Priced
from tallylight.checkout.desk.requests import SaleRequest
from tallylight.checkout.errors import (
    BudgetExhaustedError,
    BuyerLimitReachedError,
    DealLimitReachedError,
    PaymentDeclinedError,
    PriceChangedError,
    SoldOutError,
)
from tallylight.deals import DealUse, Quote, RefusalCode, priced_at
from tallylight.foundation.errors import ConflictError, InvalidInputError

_REFUSALS: dict[RefusalCode, tuple[type[ConflictError], str]] = {
    "deal_limit_reached": (DealLimitReachedError, "the deal's pieces are gone; the list price can be confirmed"),
    "buyer_limit_reached": (BuyerLimitReachedError, "the deal's pieces for one buyer are used up"),
    "budget_exhausted": (BudgetExhaustedError, "the deal's budget is used up; the list price can be confirmed"),
}


class Sale(msgspec.Struct, frozen=True, gc=False):
    """A decided order. ``quote.at_us`` is of whoever asked first for this price; ``priced_us`` is its own.

    ``pending``: stock and funding are held until the payment's outcome is known; or, where it is ``unheld``, nothing
    is, and who pays first is served first.

    Of an exchange: ``credit_minor`` of its price is paid by what comes back, and its hold ends when it says.
    """

    asked: SaleRequest
    number: int
    priced: Priced
    quote: Quote
    takes: tuple[DealUse, ...]
    units: int
    priced_us: int
    placed_us: int
    pending: bool
    unheld: bool = False
    credit_minor: int = 0
    hold_expires_us: int | None = None


def decide_sale(memory: DeskMemory, asked: SaleRequest, *, now_us: int) -> Sale:
    """The sale of ``asked`` at wall time ``now_us``, taken from ``memory``.

    Raises SoldOutError, PriceChangedError, DealLimitReachedError, BuyerLimitReachedError, BudgetExhaustedError,
    PaymentDeclinedError, NotShippedError, ShippingMethodError, NotFoundError, InvalidInputError.
    """
    request = asked.request
    if request.expected_total.currency != memory.facts.currency:
        raise InvalidInputError(f"the shop sells in {memory.facts.currency}", field="expected_total")
    check_stock(memory, asked)
    priced_us = priced_moment(asked, now_us=now_us)
    priced = _priced(memory, asked, priced_us)
    if asked.at_once == "declined":
        raise PaymentDeclinedError("the payment was declined; try another card")
    pending = asked.at_once is None
    unheld = pending and holds_nothing(memory.facts.first_paid, priced)
    if not unheld:
        _take(memory, asked, priced, hold=pending)
    memory.next_number += 1
    return Sale(
        asked,
        memory.next_number - 1,
        priced,
        priced.quote,
        priced.takes,
        priced.units,
        priced_us,
        now_us,
        pending,
        unheld,
    )


def priced_moment(asked: SaleRequest, *, now_us: int) -> int:
    """The programme time whose prices hold for ``asked``."""
    request, show = asked.request, asked.show
    delay_us = show.delay_us
    if request.broadcast_id is not None:
        delay_us = show.delays_us.get(request.broadcast_id, delay_us)
    return priced_at(request.at_us, now_us=now_us, delay_us=delay_us)


def _take(memory: DeskMemory, asked: SaleRequest, priced: Priced, *, hold: bool) -> None:
    for line in asked.request.lines:
        memory.available[line.variant_id] -= line.quantity
    for deal_id, use in priced.uses.items():
        memory.deals[deal_id].take(use, asked.buyer_hash, code_of(use, asked.voucher), hold=hold)


def check_stock(memory: DeskMemory, asked: SaleRequest) -> None:
    """Raises SoldOutError when a line asks for more pieces than there are."""
    for line in asked.request.lines:
        available = memory.available.get(line.variant_id)
        if available is not None and available < line.quantity:
            message = "sold out" if available <= 0 else f"only {available} left"
            raise SoldOutError(message, variant_id=str(line.variant_id), available=max(0, available))


def _priced(memory: DeskMemory, asked: SaleRequest, priced_us: int) -> Priced:
    """The price that the buyer agreed to: with every deal, or without the deals that are used up."""
    request = asked.request
    voucher = asked.voucher
    address = request.buyer.address
    where = place_of(address.country, address.region, address.postal_code)
    method_id = request.shipping_method
    refused: Mapping[UUID, RefusalCode] = {}
    while True:
        # Leaving a deal out may let another one in: each turn leaves one out, so there is an end.
        priced = memory.prices.price(
            request.lines, priced_us, without=refused, voucher=voucher, where=where, method_id=method_id
        )
        more, uses = memory.fit(priced.uses, asked.buyer_hash, voucher)
        if not more:
            break
        refused = {**refused, **more}
    total = priced.quote.total
    if total != request.expected_total:
        if refused:
            kind, message = _REFUSALS[next(iter(refused.values()))]
            raise kind(message, total_minor=total.minor, deal_id=str(next(iter(refused))))
        problem = priced.quote.code_problem
        why = "the price has changed" if problem is None else f"the code does not apply ({problem})"
        message = f"{why}; please confirm the new total"
        raise PriceChangedError(message, total_minor=total.minor, code_problem=problem)
    return priced if uses is priced.uses else priced.borne_otherwise(uses)
