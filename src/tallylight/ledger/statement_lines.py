"""The lines of each party's statement, in the field's words, each with its definition.

docs/algorithms/money.md holds the worked example that the tests use.
"""

import msgspec

from tallylight.ledger.schemas import Section
from tallylight.ledger.types import PartyKind, Purpose


class LineRule(msgspec.Struct, frozen=True):
    """Which entries make a line: those of ``purpose`` on accounts of parties of ``party_kind``.

    ``sign`` turns debits and credits into the line's amount: -1 shows a credit as a plus.
    """

    key: str
    label: str
    definition: str
    section: Section
    party_kind: PartyKind
    purpose: Purpose
    sign: int = -1


_BRAND = (
    LineRule(
        "subtotal_before_discount", "Subtotal before discount",
        "List price of the pieces paid for in the period, by payment time, before any discount.",
        "revenue", "brand", "subtotal",
    ),
    LineRule(
        "seller_discount", "Seller discount",
        "The brand's own share of the discounts, as agreed in each deal's funding agreement.",
        "revenue", "brand", "seller_discount",
    ),
    LineRule(
        "shipping", "Shipping paid by customers", "Shipping fees that customers paid; the brand ships.",
        "revenue", "brand", "shipping",
    ),
    LineRule(
        "affiliate_commission", "Affiliate commission",
        "The creator's commission: the show's rate on the goods after all discounts, before shipping and tax.",
        "fees", "brand", "affiliate_commission",
    ),
    LineRule(
        "customer_payment", "Customer payment",
        "What customers paid: subtotal less every discount, with shipping and tax.",
        "reference", "processor", "customer_payment", 1,
    ),
    LineRule(
        "platform_discount", "Platform discount",
        "Discounts that the platform funds. They lower what the customer pays, not what the seller earns.",
        "reference", "platform", "platform_discount",
    ),
    LineRule(
        "creator_co_funded_discount", "Creator co-funded discount",
        "Discounts that the creator funds. They lower what the customer pays, not what the seller earns.",
        "reference", "creator", "creator_discount",
    ),
)  # fmt: skip
_PLATFORM = (
    LineRule(
        "platform_discount", "Platform discount",
        "The platform's share of the discounts, as agreed in each deal's funding agreement; owed to the brand.",
        "fees", "platform", "platform_discount",
    ),
)  # fmt: skip
_CREATOR = (
    LineRule(
        "affiliate_commission", "Affiliate commission",
        "The show's rate on the goods after all discounts, before shipping and tax.",
        "revenue", "creator", "affiliate_commission",
    ),
    LineRule(
        "creator_co_funded_discount", "Creator co-funded discount",
        "The creator's share of the discounts, as agreed in each deal's funding agreement.",
        "fees", "creator", "creator_discount",
    ),
)  # fmt: skip

LINES_BY_PARTY: dict[PartyKind, tuple[LineRule, ...]] = {"brand": _BRAND, "platform": _PLATFORM, "creator": _CREATOR}
