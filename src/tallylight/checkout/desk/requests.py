"""What waits in the desk's queue."""

import asyncio
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.checkout.exchanges.schemas import Exchange, ExchangeView
from tallylight.checkout.payments import ChargeState
from tallylight.checkout.refunds.schemas import RefundView, TakeBack
from tallylight.checkout.schemas import Order, OrderState, PlaceOrder
from tallylight.deals import VoucherFact

Settlement = Literal["claimed", "paid", "declined", "cancelled"]
"""``claimed``: the bank said yes; what was not held for the order yet is to be held before the money is taken."""


class ShowFact(msgspec.Struct, frozen=True):
    """A show as a sale sees it. ``delays_us``: by broadcast, the newest few."""

    show_id: UUID
    shop_id: UUID
    slug: str
    delay_us: int
    commission_bps: int
    creator_name: str
    delays_us: dict[UUID, int]


class SaleRequest(msgspec.Struct):
    """A checked order that waits for its batch. ``at_once``: what the payment will do, when that is known.

    ``look_up``: whether its key made an order is to be asked of the database.
    """

    request: PlaceOrder
    show: ShowFact
    key_hash: bytes
    body_hash: bytes
    buyer_hash: bytes
    order_id: UUID
    receipt_token: str
    at_once: ChargeState | None
    answer: "asyncio.Future[Order]"
    voucher: VoucherFact | None = None
    look_up: bool = False


class SettleRequest(msgspec.Struct):
    """A pending order whose payment's outcome is known; answered with the state the order is in afterwards."""

    order_id: UUID
    outcome: Settlement
    answer: "asyncio.Future[OrderState]"


class TakeBackRequest(msgspec.Struct):
    """A paid order of which something is taken back. ``made_by``: the person; None for the payment provider."""

    order_id: UUID
    asked: TakeBack
    made_by: UUID | None
    answer: "asyncio.Future[RefundView]"


class ExchangeRequest(msgspec.Struct):
    """A paid order of which pieces are to be exchanged for what is ordered as ``new_order_id``."""

    order_id: UUID
    asked: Exchange
    made_by: UUID | None
    new_order_id: UUID
    answer: "asyncio.Future[ExchangeView]"


DeskRequest = SaleRequest | SettleRequest | TakeBackRequest | ExchangeRequest
