"""What is asked to be taken back of an order, and what was, with the names of the HTTP contract."""

from typing import Literal
from uuid import UUID

import msgspec

from tallylight.foundation.money import Money

RefundKind = Literal["cancel", "refund", "return", "exchange", "chargeback"]
MoneyState = Literal["none", "due", "sent", "failed"]
Standing = Literal["cancelled", "partly_refunded", "refunded", "disputed"]
"""What an order is called once something of it was taken back."""


class TakeBackLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pieces of the line at ``position`` (from 1). ``restock``: they go back on the shelf.

    ``variant_id``: for an exchange, what the buyer gets instead.
    """

    position: int
    quantity: int
    restock: bool = True
    variant_id: UUID | None = None


class TakeBack(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``id``: random UUID made by the client; repeating it repeats the answer.

    ``lines`` names pieces, ``amount`` money without pieces; neither means all that is left. ``shipping``: the fee goes
    back too (with all that is left it always does).
    """

    id: UUID
    kind: RefundKind
    reason: str
    lines: list[TakeBackLine] = []
    amount: Money | None = None
    shipping: bool = False


class RefundLineView(msgspec.Struct, frozen=True):
    """``quantity`` pieces, ``restocked`` of them on the shelf again; ``amount``: the goods' money that went back."""

    position: int
    quantity: int
    restocked: int
    amount: Money
    variant_id: UUID | None


class RefundView(msgspec.Struct, frozen=True):
    """A refund as it was posted. ``credited``: of ``amount``, what pays for the order that the buyer got in exchange.

    ``money``: whether the provider has sent the rest; ``problem``: why it has not.
    """

    id: UUID
    kind: RefundKind
    reason: str
    amount: Money
    shipping: Money
    tax: Money
    discount: Money
    money: MoneyState
    problem: str | None
    made_us: int
    lines: list[RefundLineView]
    credited: Money

    @property
    def sent(self) -> Money:
        """What goes back the way it was paid."""
        return Money(self.amount.minor - self.credited.minor, self.amount.currency)


class LineLeftView(msgspec.Struct, frozen=True):
    """What can still be taken back of the line at ``position``: pieces, and money before tax."""

    position: int
    product_id: UUID
    quantity: int
    amount: Money
