"""What the desk decides on: prices, stock, deals and budgets of one shop, in memory.

The desk is the only writer of what it counts here, and it reloads when ``shop_terms.version`` says that somebody
changed a fact. Amounts in minor units.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from tallylight.checkout.desk.price_memo import PriceMemo
from tallylight.checkout.sale_postings import Books
from tallylight.deals import DealBudget, DealFact, DealUse, Facts, FunderView, RefusalCode, refusal_of
from tallylight.foundation.money import Money
from tallylight.foundation.row_bytes import RowFormat


class DealMemory(msgspec.Struct):
    """A deal's counters. ``spent`` and ``held_minor`` by funder, in the agreement's order."""

    fact: DealFact
    view: DealBudget
    sold: int
    held: int
    spent: list[int]
    held_minor: list[int]
    bought: dict[bytes, int]

    def refusal(self, use: DealUse, buyer_hash: bytes) -> RefusalCode | None:
        """Why ``use`` does not fit what is left for this buyer; None when it fits."""
        limit = self.view.total_limit
        return refusal_of(
            use,
            left=None if limit is None else limit - self.sold - self.held,
            bought=self.bought.get(buyer_hash, 0),
            budgets_left=[
                funder.budget.minor - spent - held
                for funder, spent, held in zip(self.view.agreement.funders, self.spent, self.held_minor, strict=True)
            ],
        )

    def take(self, use: DealUse, buyer_hash: bytes, *, hold: bool) -> None:
        """Count ``use`` as sold, or as held."""
        self.bought[buyer_hash] = self.bought.get(buyer_hash, 0) + use.quantity
        if hold:
            self.held += use.quantity
        else:
            self.sold += use.quantity
        amounts = self.held_minor if hold else self.spent
        for index, part in enumerate(use.parts):
            amounts[index] += part

    def settle(self, quantity: int, parts: list[int], buyer_hash: bytes, *, paid: bool) -> None:
        """Turn a hold into a sale, or give it back."""
        self.held -= quantity
        if paid:
            self.sold += quantity
        else:
            self.bought[buyer_hash] = max(0, self.bought.get(buyer_hash, 0) - quantity)
        for index, part in enumerate(parts):
            self.held_minor[index] -= part
            self.spent[index] += part if paid else 0

    def current_view(self) -> DealBudget:
        """The deal as its staff sees it now."""
        funders: list[FunderView] = [
            msgspec.structs.replace(
                funder, spent=Money(spent, funder.budget.currency), held=Money(held, funder.budget.currency)
            )
            for funder, spent, held in zip(self.view.agreement.funders, self.spent, self.held_minor, strict=True)
        ]
        return msgspec.structs.replace(
            self.view, sold=self.sold, agreement=msgspec.structs.replace(self.view.agreement, funders=funders)
        )


class DeskMemory(msgspec.Struct):
    """``available`` by variant: on hand less held. ``version``: of the selling facts that this was read at.
    ``formats``: how rows travel to the database, by table.
    """

    shop_id: UUID
    version: int
    facts: Facts
    available: dict[UUID, int]
    deals: dict[UUID, DealMemory]
    books: Books
    next_number: int
    prices: PriceMemo
    formats: Mapping[str, RowFormat]
