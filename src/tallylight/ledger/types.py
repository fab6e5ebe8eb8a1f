"""Values of the ledger: parties, account names, transfers about to be posted."""

from typing import Literal
from uuid import UUID

import msgspec

from tallylight.foundation.errors import TallyError

PartyKind = Literal["brand", "platform", "creator", "supplier", "processor", "tax", "bank"]
Purpose = Literal[
    "customer_payment",
    "subtotal",
    "seller_discount",
    "platform_discount",
    "creator_discount",
    "supplier_discount",
    "shipping",
    "tax",
    "tax_included",
    "affiliate_commission",
    "affiliate_ads_commission",
    "referral_fee",
    "transaction_fee",
    "co_funded_service_fee",
    "flash_sale_service_fee",
    "refund_administration_fee",
    "dispute_fee",
    "adjustment",
    "reserve",
    "reserve_held",
    "payout",
    "cash",
]
TransferKind = Literal[
    "sale",
    "commission",
    "fee",
    "reserve",
    "refund",
    "chargeback",
    "commission_refund",
    "fee_refund",
    "reserve_release",
    "reinstatement",
    "dispute_hold",
    "dispute_release",
    "adjustment",
    "payout",
    "collection",
    "correction",
]


class Party(msgspec.Struct, frozen=True):
    """Somebody who has accounts in a shop's books."""

    id: UUID
    kind: PartyKind
    name: str


class AccountName(msgspec.Struct, frozen=True):
    """An account before it has an id."""

    party_id: UUID
    purpose: Purpose
    currency: str


class NewEntry(msgspec.Struct, frozen=True, gc=False):
    """``amount_minor``: + debit, - credit, never 0."""

    account_id: UUID
    currency: str
    amount_minor: int


class NewTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """A movement between accounts. ``posted_us`` is wall time, ``at_us`` the programme time it was sold in."""

    id: UUID
    shop_id: UUID
    kind: TransferKind
    description: str
    entries: tuple[NewEntry, ...]
    posted_us: int
    order_id: UUID | None = None
    at_us: int | None = None


class UnbalancedTransferError(TallyError):
    """The entries of a transfer do not sum to zero in a currency. A mistake of ours, never of a caller."""

    code = "unbalanced_transfer"
    status = 500
