"""Values of what is charged on an order: commission plans, fee rules, the order's facts, the charges."""

from typing import Literal, get_args
from uuid import UUID

import msgspec

PlanKind = Literal["open", "target", "partner"]
FeeKind = Literal[
    "referral_fee",
    "transaction_fee",
    "co_funded_service_fee",
    "flash_sale_service_fee",
    "refund_administration_fee",
    "reserve",
]
Base = Literal["goods", "subtotal", "payment"]
PRIORITY: tuple[PlanKind, ...] = ("partner", "target", "open")
"""Which plan counts when several fit."""
FEE_KINDS: tuple[FeeKind, ...] = get_args(FeeKind)


class NewPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A commission rate about to be recorded. ``creator_name`` None: every creator (kind open, and only open).

    ``product_id`` None: every product. ``base``: goods after all discounts, or the list price (subtotal).
    """

    kind: PlanKind
    rate_bps: int
    base: Literal["goods", "subtotal"] = "goods"
    creator_name: str | None = None
    product_id: UUID | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A commission rate in force from ``from_us`` until ``until_us`` (wall time; None: until it is ended)."""

    id: UUID
    kind: PlanKind
    rate_bps: int
    base: Literal["goods", "subtotal"]
    creator_name: str | None
    product_id: UUID | None
    from_us: int
    until_us: int | None


class NewFee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fee about to be set: ``rate_bps`` of ``base`` and ``fixed_minor`` an order. ``hold_days``: of a reserve."""

    kind: FeeKind
    rate_bps: int = 0
    fixed_minor: int = 0
    base: Base = "goods"
    kept_on_refund: bool = False
    hold_days: int | None = None


class Fee(msgspec.Struct, frozen=True, kw_only=True):
    """A fee in force from ``from_us`` until ``until_us`` (wall time; None: until it is ended)."""

    id: UUID
    kind: FeeKind
    rate_bps: int
    fixed_minor: int
    currency: str
    base: Base
    kept_on_refund: bool
    hold_days: int | None
    from_us: int
    until_us: int | None


class SoldLine(msgspec.Struct, frozen=True):
    """An order line as charges see it, minor units; ``position`` 1, 2, ..."""

    position: int
    product_id: UUID
    product_title: str
    subtotal: int
    discount: int
    on_deal: bool
    co_funded: bool

    @property
    def goods(self) -> int:
        """What the customer paid for the goods of the line: list price less every discount."""
        return self.subtotal - self.discount


class SoldOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A paid order as charges see it. ``sold_us``: wall time whose plans and fees hold.

    ``posted_us``: when its sale was posted. Its charges are posted as of then, so that a statement has both.
    """

    order_id: UUID
    shop_id: UUID
    number: int
    currency: str
    creator_name: str
    show_rate_bps: int
    sold_us: int
    posted_us: int
    at_us: int | None
    payment: int
    lines: tuple[SoldLine, ...]


class NewCharge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge about to be posted: what for, how much, and why. ``position`` 0: on the whole order."""

    kind: Literal["commission", "fee", "reserve"]
    purpose: str
    amount: int
    description: str
    position: int
    rule_id: UUID | None
    base: Base
    base_minor: int
    rate_bps: int
    kept_on_refund: bool = False
