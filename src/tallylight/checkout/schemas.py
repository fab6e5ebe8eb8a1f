"""What buyers send and what orders look like to the outside, with the names of the HTTP contract."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from tallylight.checkout.disputes.schemas import DisputeStanding, DisputeView
from tallylight.checkout.exchanges.schemas import ExchangeView
from tallylight.checkout.fulfilment.advance import Fulfilment, FulfilmentState
from tallylight.checkout.lost_because import LostBecause
from tallylight.checkout.payments import PaymentStep
from tallylight.checkout.refunds.schemas import LineLeftView, RefundView, Standing
from tallylight.deals import CartLine, FunderKind, GiftOffer, NextStep, Quote
from tallylight.foundation.money import Money
from tallylight.ledger import TransferView

OrderState = Literal["paid", "payment_pending", "declined", "cancelled"]


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to ship. ``country`` is an ISO 3166-1 alpha-2 code."""

    line1: str
    city: str
    postal_code: str
    country: str
    line2: str | None = None
    region: str | None = None


class Buyer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: str
    name: str
    address: Address


class PaymentMeans(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``token`` stands for the card at the provider; it is never stored."""

    provider: str
    token: str


class Follow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The buyer follows the shop as the viewer ``viewer_id``, their browser's own random id. ``deal_id``: the voucher
    for followers that the quote applied by itself.
    """

    viewer_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
    deal_id: UUID | None = None


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest's order. ``key``: random UUID made by the client; repeating it repeats the answer.

    ``at_us``: programme time the buyer saw. ``expected_total``: the total that the buyer agreed to.
    ``code``: a voucher's or a creator's, one an order. ``follow``: of a buyer who follows the shop.
    ``shipping_method``: None is the first of the place.
    """

    key: UUID
    show_id: UUID
    lines: list[CartLine]
    at_us: int
    expected_total: Money
    buyer: Buyer
    payment: PaymentMeans
    broadcast_id: UUID | None = None
    code: str | None = None
    shipping_method: UUID | None = None
    follow: Follow | None = None


class ShippingOption(msgspec.Struct, frozen=True):
    """A way of sending a cart. ``fee``: before deals on shipping; ``days_min``/``days_max``: None when not said."""

    id: UUID
    name: str
    fee: Money
    days_min: int | None
    days_max: int | None


class OwnVoucher(msgspec.Struct, frozen=True):
    """A voucher that applied by itself, since the viewer follows the shop."""

    deal_id: UUID
    title: str


class CartQuote(Quote, frozen=True):
    """A quote, with the ways in which the cart can be sent (none for a shop with one fee for everywhere), what a
    little more would bring, and the gifts that the cart has earned: those that are ``taken`` stand in its lines.
    """

    shipping_options: list[ShippingOption] = msgspec.field(default_factory=list)
    next_steps: list[NextStep] = msgspec.field(default_factory=list)
    gifts: list[GiftOffer] = msgspec.field(default_factory=list)
    by_follow: OwnVoucher | None = None


class BuyerView(msgspec.Struct, frozen=True, gc=False):
    email: str
    name: str


class Order(msgspec.Struct, frozen=True, gc=False):
    """An order as its buyer sees it. ``placed_us``: wall time; ``at_us``: programme time the buyer saw.

    ``kept``: while its payment is pending, whether its pieces are kept for it. ``cancelled_because``: what others had
    by the time that its money was sure; the money goes back. While it is pending, ``pay_by_us``: wall time until which
    its payment is waited for, and ``step``: what the buyer's bank wants of the buyer, when that was just asked.
    """

    id: UUID
    number: str
    state: OrderState
    placed_us: int
    at_us: int
    quote: Quote
    buyer: BuyerView
    receipt_url: str
    receipt_token: str
    moment_url: str
    kept: bool = True
    cancelled_because: LostBecause | None = None
    pay_by_us: int | None = None
    step: PaymentStep | None = None


class BuyerOrder(Order, frozen=True):
    """An order on its buyer's own page, with what was taken back of it, what for, and where its parcel is.

    ``address``: while its buyer is to pay for an exchange; whoever takes the payment wants to know it.
    """

    standing: Standing | None = None
    refunds: list[RefundView] = []
    fulfilment: Fulfilment | None = None
    exchanges: list[ExchangeView] = []
    address: Address | None = None


class OrderLine(msgspec.Struct, frozen=True):
    """An order as a line of a list: ``items`` is "2 × Dew Serum (30 ml)".

    ``standing`` and ``refunded``: of an order of which something was taken back. ``dispute``: of the newest dispute.
    """

    id: UUID
    number: str
    placed_us: int
    at_us: int
    buyer_name: str
    items: str
    total: Money
    discount: Money
    state: OrderState
    standing: Standing | None = None
    refunded: Money | None = None
    fulfilment: FulfilmentState | None = None
    dispute: DisputeStanding | None = None


class OrderPage(msgspec.Struct, frozen=True):
    """``next``: what to pass as ``before`` for the page after; None at the end."""

    orders: list[OrderLine]
    next: str | None


class OrderTotals(msgspec.Struct, frozen=True):
    """Of paid orders, by payment: ``gmv`` is what customers paid, cancelled and refunded orders included."""

    orders: int
    gmv: Money
    discount: Money
    units: int


class FunderAmount(msgspec.Struct, frozen=True):
    party: FunderKind
    name: str
    amount: Money


class TranscriptWord(msgspec.Struct, frozen=True):
    text: str
    start_us: int
    end_us: int


class OrderMoment(msgspec.Struct, frozen=True):
    show_slug: str
    at_us: int
    transcript: list[TranscriptWord]


class OrderDetail(msgspec.Struct, frozen=True):
    """An order as finance sees it; ``order`` has no receipt token, which only its buyer knows."""

    order: Order
    transfers: list[TransferView]
    moment: OrderMoment
    funders: list[FunderAmount]
    standing: Standing | None = None
    refunds: list[RefundView] = []
    left: list[LineLeftView] = []
    fulfilment: Fulfilment | None = None
    disputes: list[DisputeView] = []
    exchanges: list[ExchangeView] = []


class StatementEntry(msgspec.Struct, frozen=True):
    """One entry behind a statement line, with the order and the moment of video that it came from."""

    transfer_id: UUID
    order_id: UUID | None
    order_number: str | None
    at: str
    description: str
    amount: Money
    at_us: int | None
    show_slug: str | None
