"""What the ledger shows to the outside, with the names of the HTTP contract."""

from typing import Literal
from uuid import UUID

import msgspec

from tallylight.foundation.money import Money
from tallylight.ledger.types import Party

Section = Literal["balance", "revenue", "fees", "adjustments", "reserve", "reference"]


class EntryView(msgspec.Struct, frozen=True):
    """``account`` is what the account is for, ``party`` whose it is; the amount is + debit, - credit."""

    account: str
    party: str
    amount: Money


class TransferView(msgspec.Struct, frozen=True):
    """``at`` is when it was posted, ISO 8601 UTC."""

    id: UUID
    kind: str
    at: str
    description: str
    entries: list[EntryView]


class StatementLine(msgspec.Struct, frozen=True):
    """One line of a statement: + in the party's favour. Lines of the section ``reference`` are not in the payable."""

    key: str
    label: str
    definition: str
    amount: Money
    orders: int
    section: Section


class Statement(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What a party earned and owes by payment time in [from, to); ``payable`` < 0: the party owes it."""

    party: Party
    from_: str
    to: str
    lines: list[StatementLine]
    payable: Money


class LineEntry(msgspec.Struct, frozen=True):
    """One entry behind a statement line, signed as the line is. ``at_us``: the moment of video it was sold in."""

    transfer_id: UUID
    order_id: UUID | None
    description: str
    at: str
    amount: Money
    at_us: int | None
