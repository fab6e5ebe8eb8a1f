"""The lines of each party's statement, in the field's words, each with its definition.

Every entry of a party with statements falls under exactly one of its lines that are not for reference, or on one of the
accounts in NOT_IN_STATEMENTS. docs/algorithms/books.md holds the worked example that the tests use.
"""

import msgspec

from tallylight.ledger.schemas import Section
from tallylight.ledger.types import PartyKind, Purpose, TransferKind

BACK_KINDS: tuple[TransferKind, ...] = (
    "refund", "chargeback", "commission_refund", "fee_refund", "reserve_release", "reinstatement",
    "dispute_release",
)  # fmt: skip
"""Transfers that take back, or give again, what others posted."""
NOT_IN_STATEMENTS: tuple[Purpose, ...] = ("reserve_held", "payout", "cash")
"""Where a reserve lies until its release, and what statements are paid from."""
CARRIED_FORWARD = "carried_forward"


class LineRule(msgspec.Struct, frozen=True):
    """Which entries make a line: those of ``purpose`` on accounts of parties of ``party_kind``.

    ``back``: only of transfers that take back (True), only of the others (False), of all (None). ``sign`` turns
    debits and
    credits into the line's amount: -1 shows a credit as a plus. A line without entries is shown only when ``always``.
    """

    key: str
    label: str
    definition: str
    section: Section
    party_kind: PartyKind
    purpose: Purpose
    sign: int = -1
    back: bool | None = None
    always: bool = False

    def takes(self, purpose: str, back: bool) -> bool:
        """Whether entries of ``purpose`` belong here; ``back``: those of transfers that take back."""
        return self.purpose == purpose and self.back in (None, back)


def _fees(party_kind: PartyKind, section: Section) -> tuple[LineRule, ...]:
    """The fees, as the one who pays them or the one who earns them sees them."""
    named: tuple[tuple[Purpose, str, str], ...] = (
        ("referral_fee", "Referral fee", "The platform's share of the goods sold, at the rate in force at the sale."),
        ("transaction_fee", "Transaction fee", "What the payment provider takes of each payment."),
        ("co_funded_service_fee", "Co-funded service fee", "Of goods on deals that the platform co-funds."),
        ("flash_sale_service_fee", "Flash-sale service fee", "Of goods sold on a deal."),
        ("refund_administration_fee", "Refund administration fee", "Of the referral fee that refunds give back."),
    )
    return tuple(
        LineRule(purpose, label, f"{text} Less what refunds took back.", section, party_kind, purpose)
        for purpose, label, text in named
    )


def _adjustment(party_kind: PartyKind) -> LineRule:
    return LineRule(
        "adjustment", "Adjustments", "Corrections by agreement, each a transfer with its reason.",
        "adjustments", party_kind, "adjustment",
    )  # fmt: skip


_BRAND = (
    LineRule(
        "subtotal_before_discount", "Subtotal before discount",
        "List price of the pieces paid for in the period, by payment time, before any discount.",
        "revenue", "brand", "subtotal", back=False, always=True,
    ),
    LineRule(
        "seller_discount", "Seller discount",
        "The brand's own share of the discounts, as agreed in each deal's funding agreement.",
        "revenue", "brand", "seller_discount", back=False, always=True,
    ),
    LineRule(
        "refund_of_subtotal", "Refund of subtotal", "List price of the pieces that were refunded in the period.",
        "revenue", "brand", "subtotal", back=True,
    ),
    LineRule(
        "refund_of_seller_discount", "Refund of seller discount",
        "The brand's share of the discounts on refunded pieces, which it gets back.",
        "revenue", "brand", "seller_discount", back=True,
    ),
    LineRule(
        "shipping", "Shipping paid by customers", "Shipping fees that customers paid; the brand ships.",
        "revenue", "brand", "shipping", back=False, always=True,
    ),
    LineRule(
        "refund_of_shipping", "Refund of shipping", "Shipping fees that were refunded.",
        "revenue", "brand", "shipping", back=True,
    ),
    LineRule(
        "tax_included", "Tax within prices",
        "Tax that prices hold already; it is owed to the authorities. Less what refunds took back.",
        "revenue", "brand", "tax_included",
    ),
    LineRule(
        "affiliate_commission", "Affiliate commission",
        "The creator's commission, by its plan or else the show's rate, on the goods after all discounts "
        "unless the plan "
        "says list price; before shipping and tax. Less what refunds took back.",
        "fees", "brand", "affiliate_commission", always=True,
    ),
    LineRule(
        "affiliate_ads_commission", "Affiliate ads commission", "Commission on sales through a creator's ads.",
        "fees", "brand", "affiliate_ads_commission",
    ),
    *_fees("brand", "fees"),
    LineRule(
        "dispute_fee", "Dispute fee", "What the payment provider takes for handling a payment that was disputed.",
        "fees", "brand", "dispute_fee",
    ),
    _adjustment("brand"),
    LineRule(
        "reserve_withheld", "Reserve withheld",
        "Held back against refunds until its days are over, and of disputed payments until the bank has decided.",
        "reserve", "brand", "reserve", back=False,
    ),
    LineRule(
        "reserve_released", "Reserve released",
        "Reserves whose days were over, what refunds took from reserves, and disputes that have ended.",
        "reserve", "brand", "reserve", back=True,
    ),
    LineRule(
        "customer_payment", "Customer payment",
        "What customers paid: subtotal less every discount, with shipping and tax.",
        "reference", "processor", "customer_payment", 1, back=False, always=True,
    ),
    LineRule(
        "customer_refund", "Customer refund", "What went back to customers.",
        "reference", "processor", "customer_payment", 1, back=True,
    ),
    LineRule(
        "platform_discount", "Platform discount",
        "Discounts that the platform funds. They lower what the customer pays, not what the seller earns.",
        "reference", "platform", "platform_discount", back=False, always=True,
    ),
    LineRule(
        "refund_of_platform_discount", "Refund of platform discount", "The platform's discounts on refunded pieces.",
        "reference", "platform", "platform_discount", back=True,
    ),
    LineRule(
        "creator_co_funded_discount", "Creator co-funded discount",
        "Discounts that the creator funds. They lower what the customer pays, not what the seller earns.",
        "reference", "creator", "creator_discount", back=False, always=True,
    ),
    LineRule(
        "refund_of_creator_co_funded_discount", "Refund of creator co-funded discount",
        "The creator's discounts on refunded pieces.",
        "reference", "creator", "creator_discount", back=True,
    ),
    LineRule(
        "supplier_co_funded_discount", "Supplier co-funded discount",
        "Discounts that a supplier funds. They lower what the customer pays, not what the seller earns.",
        "reference", "supplier", "supplier_discount", back=False,
    ),
    LineRule(
        "refund_of_supplier_co_funded_discount", "Refund of supplier co-funded discount",
        "The supplier's discounts on refunded pieces.",
        "reference", "supplier", "supplier_discount", back=True,
    ),
)  # fmt: skip
_PLATFORM = (
    *_fees("platform", "revenue"),
    LineRule(
        "platform_discount", "Platform discount",
        "The platform's share of the discounts, as agreed in each deal's funding agreement; owed to the "
        "brand. Less what "
        "refunds gave back.",
        "fees", "platform", "platform_discount", always=True,
    ),
    _adjustment("platform"),
)  # fmt: skip
_CREATOR = (
    LineRule(
        "affiliate_commission", "Affiliate commission",
        "By plan, or else the show's rate, on the goods after all discounts unless the plan says list price; before "
        "shipping and tax. Less what refunds took back.",
        "revenue", "creator", "affiliate_commission", always=True,
    ),
    LineRule(
        "affiliate_ads_commission", "Affiliate ads commission", "Commission on sales through the creator's ads.",
        "revenue", "creator", "affiliate_ads_commission",
    ),
    LineRule(
        "creator_co_funded_discount", "Creator co-funded discount",
        "The creator's share of the discounts, as agreed in each deal's funding agreement. Less what "
        "refunds gave back.",
        "fees", "creator", "creator_discount", always=True,
    ),
    _adjustment("creator"),
)  # fmt: skip
_SUPPLIER = (
    LineRule(
        "supplier_co_funded_discount", "Supplier co-funded discount",
        "The supplier's share of the discounts, as agreed in each deal's funding agreement. Less what "
        "refunds gave back.",
        "fees", "supplier", "supplier_discount", always=True,
    ),
    _adjustment("supplier"),
)  # fmt: skip

_TAX = (
    LineRule(
        "tax", "Tax collected", "Tax on sales in the period, within prices or on top of them.",
        "revenue", "tax", "tax", back=False, always=True,
    ),
    LineRule("refund_of_tax", "Refund of tax", "Tax that went back to customers.", "revenue", "tax", "tax", back=True),
    _adjustment("tax"),
)  # fmt: skip

LINES_BY_PARTY: dict[PartyKind, tuple[LineRule, ...]] = {
    "brand": _BRAND,
    "platform": _PLATFORM,
    "creator": _CREATOR,
    "supplier": _SUPPLIER,
    "tax": _TAX,
}
