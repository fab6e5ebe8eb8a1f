"""What deals and prices look like to the outside, with the names of the HTTP contract."""

from uuid import UUID

import msgspec

from tallylight.deals.shipping.types import ShippingChoice
from tallylight.deals.types import (
    AtCap,
    Cap,
    CapAnswer,
    Conditions,
    Counts,
    DealForm,
    DealKind,
    DealState,
    FunderKind,
    GlideStep,
)
from tallylight.foundation.money import Money


class DealView(msgspec.Struct, frozen=True):
    """A deal as viewers see it. Times are programme time; None until it is scheduled.

    ``product_id``: the one product it is for; None when there are several (``product_ids``) or it is for all of them.
    ``announces``: whether the price before it may be shown beside it, struck through. ``held``: as ``sold``, by orders
    whose payment is pending. ``code``: to viewers, only where the deal offers it to them. ``first_paid``:
    whether who pays first is served first; None is as the shop does.
    """

    id: UUID
    product_id: UUID | None
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
    form: DealForm
    product_ids: list[UUID]
    conditions: Conditions
    counts: Counts
    announces: bool
    held: int = 0
    code: str | None = None
    first_paid: bool | None = None


class FunderView(msgspec.Struct, frozen=True):
    """``held`` is reserved for orders whose payment is pending."""

    party: FunderKind
    name: str
    share_bps: int
    budget: Money
    spent: Money
    held: Money
    accepted: bool


class AgreementFunder(msgspec.Struct, frozen=True):
    """A party of an agreement. Amounts are None to a party that they are no business of.

    ``today``: spent and held on ``day`` (days since 1970, UTC), which ``cap_day`` is for.
    """

    party: FunderKind
    party_id: UUID
    name: str
    share_bps: int
    budget: Money | None
    spent: Money | None
    held: Money | None
    today: Money | None
    day: int
    cap_order: Money | None
    cap_day: Money | None
    accepted_us: int | None
    declined_us: int | None
    declined_reason: str | None


class AgreedProduct(msgspec.Struct, frozen=True):
    id: UUID
    title: str


class AgreementDeal(msgspec.Struct, frozen=True):
    """A deal that the agreement funds."""

    id: UUID
    title: str
    form: DealForm
    state: DealState
    opens_us: int | None
    ends_us: int | None
    sold: int


class CapRequest(msgspec.Struct, frozen=True):
    """A funder was asked about a cap because a deal stands still. ``funder``: its place in the agreement; ``minor``:
    the cap as it was then. Times are wall time; None: not answered yet.
    """

    funder: int
    deal_title: str
    cap: Cap
    minor: int
    asked_us: int
    answered_us: int | None
    answer: CapAnswer | None


class AgreementView(msgspec.Struct, frozen=True):
    """An agreement. ``mine``: the places in ``funders`` that the reader decides for. ``requests``: what the reader's
    funders were asked at their caps, the newest first.

    ``products``: what it is for, empty is everything; ``opt_outs``: what was taken out again; ``steps``: the shares
    from later moments on, in the funders' order.
    """

    id: UUID
    shop_name: str
    shop_slug: str
    title: str
    currency: str
    standing: bool
    from_us: int | None
    until_us: int | None
    at_cap: AtCap
    products: list[AgreedProduct]
    steps: list[GlideStep]
    funders: list[AgreementFunder]
    mine: list[int]
    opt_outs: list[AgreedProduct]
    deals: list[AgreementDeal]
    requests: list[CapRequest]
    created_us: int


class Agreement(msgspec.Struct, frozen=True):
    funders: list[FunderView]


class DealBudget(DealView, frozen=True, kw_only=True):
    """A deal as its staff and funders see it. ``code``: the one that everybody may know."""

    state: DealState
    agreement_id: UUID
    market: str
    ended_reason: str | None
    agreement: Agreement


class DealChange(msgspec.Struct, frozen=True):
    """A step of a deal's life: who made it (None: its time had come), when (wall time) and why."""

    state: DealState
    at_us: int
    by: str | None
    reason: str


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why a line costs less: ``discount`` is of the whole line. ``announces``: the price before may be shown."""

    text: str
    deal_id: UUID | None
    discount: Money
    announces: bool = True


class QuoteLine(msgspec.Struct, frozen=True):
    """``unit_price`` = ``unit_list`` less the deal on a piece; ``discount`` and ``total`` are of the line, with its
    part of what several pieces or the order got.
    """

    variant_id: UUID
    product_title: str
    variant_title: str
    quantity: int
    unit_list: Money
    unit_price: Money
    discount: Money
    total: Money
    reasons: list[Reason]


class TaxPart(msgspec.Struct, frozen=True, gc=False):
    """The tax of one line (``of``: its position from 1) or of shipping (0) at one rate, in parts per million.

    ``base`` is what it is measured by, without tax. ``included``: the price holds it already; else it comes on top.
    ``text``: "VAT 19 % (DE), included".
    """

    of: int
    authority: str
    name: str
    rate_ppm: int
    base: Money
    tax: Money
    included: bool
    text: str


class Quote(msgspec.Struct, frozen=True):
    """What a cart costs at programme time ``at_us``: total = subtotal - discount + shipping + tax.

    ``tax`` is what comes on top; ``tax_parts`` is all of it, with what prices hold already. ``shipping`` is
    what is paid for it, by ``shipping_by``; ``shipping_reasons``: what a deal took off it. ``code_problem``: why the
    code that was typed took nothing off, in words for the buyer.
    """

    lines: list[QuoteLine]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    at_us: int
    shipping_reasons: list[Reason] = []
    code_problem: str | None = None
    tax_parts: list[TaxPart] = []
    shipping_by: ShippingChoice | None = None

    @property
    def shipping_off_minor(self) -> int:
        """What deals took off the shipping fee, minor units."""
        return sum(reason.discount.minor for reason in self.shipping_reasons)

    @property
    def tax_included_minor(self) -> int:
        """The tax that prices hold already, minor units."""
        return sum(part.tax.minor for part in self.tax_parts if part.included)

    def taxes(self) -> list[TaxPart]:
        """The tax by rate, each summed over lines and shipping; ``of`` is then 0."""
        sums: dict[tuple[str, bool], TaxPart] = {}
        for part in self.tax_parts:
            key = part.text, part.included
            before = sums.get(key)
            sums[key] = msgspec.structs.replace(
                part,
                of=0,
                base=part.base if before is None else before.base + part.base,
                tax=part.tax if before is None else before.tax + part.tax,
            )
        return list(sums.values())
