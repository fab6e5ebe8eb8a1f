"""The price of a cart with the deals that what is left of them can bear. Pure."""

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from tallylight.deals.deal_use import DealUse, deal_uses
from tallylight.deals.facts import CartLine, Facts, VoucherFact
from tallylight.deals.ground import Ground
from tallylight.deals.price_engine import price
from tallylight.deals.schemas import Quote
from tallylight.deals.types import RefusalCode

Refusals = Callable[[Mapping[UUID, DealUse]], dict[UUID, RefusalCode]]
"""Which of the deals that a cart takes from cannot bear it, and why."""


def fitting_price(
    cart: Sequence[CartLine],
    facts: Facts,
    at_us: int,
    refusals: Refusals,
    *,
    voucher: VoucherFact | None = None,
    refused: Mapping[UUID, RefusalCode] | None = None,
    ground: Ground | None = None,
) -> tuple[Quote, dict[UUID, DealUse], dict[UUID, RefusalCode]]:
    """The quote without the deals that cannot bear it, what it takes from the others, and why those cannot.

    Leaving a deal out may let another one in, which is asked in turn: each turn leaves one out, so there is an end.
    """
    out = dict(refused or {})
    while True:
        quote = price(cart, facts, at_us, without=out, voucher=voucher, ground=ground)
        uses = deal_uses(quote, facts)
        more = refusals(uses)
        if not more:
            return quote, uses, out
        out.update(more)
