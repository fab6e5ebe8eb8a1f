"""Sale desk, orders, payments, receipts.

Invariants: no oversell and no overspend under any concurrency or crash; an acknowledged order is never lost; the same
idempotency key never makes two.
"""

from tallylight.checkout.errors import (
    BudgetExhaustedError,
    BuyerLimitReachedError,
    DealLimitReachedError,
    KeyReusedError,
    PaymentDeclinedError,
    PriceChangedError,
    SoldOutError,
)
from tallylight.checkout.payments import Charge, OutcomeUnknownError, PaymentProvider, ProviderEvent
from tallylight.checkout.queries import (
    order_by_token,
    order_detail,
    orders_of_shop,
    orders_of_show,
    quote_of_row,
    shop_of_order,
    statement_entries,
    totals_of_show,
    with_orders,
)
from tallylight.checkout.quote_cart import quote_cart
from tallylight.checkout.receipt import buyer_hash
from tallylight.checkout.sale_desk import SaleDesk
from tallylight.checkout.schemas import (
    Address,
    Buyer,
    BuyerOrder,
    BuyerView,
    CartQuote,
    Follow,
    FunderAmount,
    Order,
    OrderDetail,
    OrderLine,
    OrderMoment,
    OrderPage,
    OrderTotals,
    OwnVoucher,
    PaymentMeans,
    PlaceOrder,
    ShippingOption,
    StatementEntry,
    TranscriptWord,
)
from tallylight.checkout.test_provider import TestProvider

__all__ = [
    "Address",
    "BudgetExhaustedError",
    "Buyer",
    "BuyerLimitReachedError",
    "BuyerOrder",
    "BuyerView",
    "CartQuote",
    "Charge",
    "DealLimitReachedError",
    "Follow",
    "FunderAmount",
    "KeyReusedError",
    "Order",
    "OrderDetail",
    "OrderLine",
    "OrderMoment",
    "OrderPage",
    "OrderTotals",
    "OutcomeUnknownError",
    "OwnVoucher",
    "PaymentDeclinedError",
    "PaymentMeans",
    "PaymentProvider",
    "PlaceOrder",
    "PriceChangedError",
    "ProviderEvent",
    "SaleDesk",
    "ShippingOption",
    "SoldOutError",
    "StatementEntry",
    "TestProvider",
    "TranscriptWord",
    "buyer_hash",
    "order_by_token",
    "order_detail",
    "orders_of_shop",
    "orders_of_show",
    "quote_cart",
    "quote_of_row",
    "shop_of_order",
    "statement_entries",
    "totals_of_show",
    "with_orders",
]
