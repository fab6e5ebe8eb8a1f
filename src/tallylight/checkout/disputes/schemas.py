"""Disputes as staff see them, with the names of the HTTP contract."""

from typing import Literal
from uuid import UUID

import msgspec

from tallylight.foundation.money import Money

DisputeStanding = Literal["opened", "evidence_sent", "won", "lost"]


class DisputeView(msgspec.Struct, frozen=True):
    """``amount``: what the bank wants back; ``held``: of it, what is (or was) held back from the brand. ``fee``: what
    the provider took for it, booked at its end. Times are wall time; ``due_us``: until when the bank takes evidence.
    """

    id: UUID
    provider: str
    reference: str
    reason: str
    state: DisputeStanding
    amount: Money
    held: Money
    fee: Money | None
    opened_us: int
    evidence_us: int | None
    ended_us: int | None
    due_us: int | None
