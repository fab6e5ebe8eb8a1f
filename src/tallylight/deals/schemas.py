"""What deals and prices look like to the outside, with the names of the HTTP contract."""

from uuid import UUID

import msgspec

from tallylight.deals.types import DealKind, DealState, FunderKind
from tallylight.foundation.money import Money


class DealView(msgspec.Struct, frozen=True):
    """A deal as viewers see it. Times are programme time; None until it opens."""

    id: UUID
    product_id: UUID
    kind: DealKind
    title: str
    price: Money | None
    percentage_bps: int | None
    amount: Money | None
    opens_us: int | None
    ends_us: int | None
    total_limit: int | None
    per_buyer_limit: int | None
    sold: int


class FunderView(msgspec.Struct, frozen=True):
    """``held`` is reserved for orders whose payment is pending."""

    party: FunderKind
    name: str
    share_bps: int
    budget: Money
    spent: Money
    held: Money
    accepted: bool


class Agreement(msgspec.Struct, frozen=True):
    funders: list[FunderView]


class DealBudget(DealView, frozen=True):
    """A deal as its staff and funders see it."""

    state: DealState
    agreement: Agreement


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why a line costs less: ``discount`` is of the whole line."""

    text: str
    deal_id: UUID | None
    discount: Money


class QuoteLine(msgspec.Struct, frozen=True):
    """``unit_price`` = ``unit_list`` less the discount of one piece; ``discount`` and ``total`` are of the line."""

    variant_id: UUID
    product_title: str
    variant_title: str
    quantity: int
    unit_list: Money
    unit_price: Money
    discount: Money
    total: Money
    reasons: list[Reason]


class Quote(msgspec.Struct, frozen=True):
    """What a cart costs at programme time ``at_us``: total = subtotal - discount + shipping + tax."""

    lines: list[QuoteLine]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    at_us: int
