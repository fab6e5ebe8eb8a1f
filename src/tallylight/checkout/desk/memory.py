"""What the desk decides on: prices, stock, deals and budgets of one shop, in memory.

The desk is the only writer of what it counts here, and it reloads when ``shop_terms.version`` says that somebody
changed a fact. Amounts in minor units.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight.catalogue.price_history import DAY_US
from tallylight.checkout.desk.price_memo import PriceMemo
from tallylight.checkout.sale_postings import Books
from tallylight.deals import (
    DealBudget,
    DealFact,
    DealUse,
    Facts,
    FunderView,
    RefusalCode,
    VoucherFact,
    fitted_parts,
    refusal_of,
)
from tallylight.foundation.money import Money
from tallylight.foundation.row_bytes import RowFormat, RowTemplate


class FunderCounts(msgspec.Struct):
    """An agreement's counters, by funder in its order, minor units. ``today``: of ``day`` (since 1970)."""

    spent: list[int]
    held: list[int]
    today: list[int]
    day: int

    @classmethod
    def of(cls, fact: DealFact, view: DealBudget) -> "FunderCounts":
        """As the database has them."""
        funders = view.agreement.funders
        day = max((each.day for each in fact.funders), default=0)
        return cls(
            [each.spent.minor for each in funders],
            [each.held.minor for each in funders],
            [each.day_minor if each.day == day else 0 for each in fact.funders],
            day,
        )

    def turn(self, day: int) -> None:
        """A new day has begun: nothing is spent on it yet."""
        if day > self.day:
            self.day = day
            self.today = [0] * len(self.today)

    def rooms(self, deal: DealFact, budgets: Sequence[int], taken: Sequence[int]) -> list[int]:
        """What each funder can bear of one order that has ``taken`` from it already."""
        return [
            each.room(budget - spent - held - before, today + before)
            for each, budget, spent, held, today, before in zip(
                deal.funders, budgets, self.spent, self.held, self.today, taken, strict=True
            )
        ]


class DealMemory(msgspec.Struct):
    """A deal's counters. ``funders`` are its agreement's, and may be other deals' too; ``bought`` by buyer, and by code
    where there is one.
    """

    fact: DealFact
    view: DealBudget
    sold: int
    held: int
    funders: FunderCounts
    bought: dict[bytes, int]

    def refusal(self, use: DealUse, buyer_hash: bytes, rooms: Sequence[int]) -> RefusalCode | None:
        """Why ``use`` does not fit what is left for this buyer; None when it fits."""
        limit = self.view.total_limit
        left = None if limit is None else limit - self.sold - self.held
        return refusal_of(use, left=left, bought=self.bought.get(buyer_hash, 0), rooms=rooms)

    def rooms(self, taken: Sequence[int] | None = None) -> list[int]:
        """What each funder can bear of one order, after ``taken`` for other deals of it; minor units."""
        funders = self.view.agreement.funders
        budgets = [funder.budget.minor for funder in funders]
        return self.funders.rooms(self.fact, budgets, taken or [0] * len(budgets))

    def take(self, use: DealUse, buyer_hash: bytes, code_hash: bytes | None, *, hold: bool) -> None:
        """Count ``use`` as sold, or as held; by the buyer, and by the code that was used."""
        self.bought[buyer_hash] = self.bought.get(buyer_hash, 0) + use.quantity
        if code_hash is not None:
            self.bought[code_hash] = self.bought.get(code_hash, 0) + 1
        self.take_times(use, 1, hold=hold)

    def take_times(self, use: DealUse, times: int, *, hold: bool = False) -> None:
        """Count ``use`` so many times, less than none to give it back; not by who buys."""
        if hold:
            self.held += use.quantity * times
        else:
            self.sold += use.quantity * times
        amounts = self.funders.held if hold else self.funders.spent
        for index, part in enumerate(use.parts):
            amounts[index] += part * times
            self.funders.today[index] += part * times

    def settle(
        self, quantity: int, parts: list[int], buyer_hash: bytes, code_hash: bytes | None, *, paid: bool, today: bool
    ) -> None:
        """Turn a hold into a sale, or give it back; ``today``: it was held on the day that counts."""
        self.held -= quantity
        if paid:
            self.sold += quantity
        else:
            self.bought[buyer_hash] = max(0, self.bought.get(buyer_hash, 0) - quantity)
            if code_hash is not None:
                self.bought[code_hash] = max(0, self.bought.get(code_hash, 0) - 1)
        for index, part in enumerate(parts):
            self.funders.held[index] -= part
            self.funders.spent[index] += part if paid else 0
            if not paid and today:
                self.funders.today[index] -= part

    def give_back(
        self, quantity: int, parts: Sequence[int], buyer_hash: bytes, code_hash: bytes | None, *, today: bool
    ) -> None:
        """Take a sale's pieces and its funders' parts back; ``today``: it was sold on the day that counts."""
        self.sold -= quantity
        self.bought[buyer_hash] = max(0, self.bought.get(buyer_hash, 0) - quantity)
        if code_hash is not None:
            self.bought[code_hash] = max(0, self.bought.get(code_hash, 0) - 1)
        for index, part in enumerate(parts):
            self.funders.spent[index] -= part
            if today:
                self.funders.today[index] = max(0, self.funders.today[index] - part)

    def current_view(self) -> DealBudget:
        """The deal as its staff sees it now."""
        funders: list[FunderView] = [
            msgspec.structs.replace(
                funder, spent=Money(spent, funder.budget.currency), held=Money(held, funder.budget.currency)
            )
            for funder, spent, held in zip(
                self.view.agreement.funders, self.funders.spent, self.funders.held, strict=True
            )
        ]
        agreement = msgspec.structs.replace(self.view.agreement, funders=funders)
        return msgspec.structs.replace(self.view, sold=self.sold, held=self.held, agreement=agreement)


class DeskMemory(msgspec.Struct):
    """``available`` by variant: on hand less held. ``version``: of the selling facts that this was read at.
    ``formats``: how rows travel to the database, by table; ``own``: how what is a sale's own does.
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
    own: RowTemplate

    def turn(self, now_us: int) -> None:
        """Let a new day (UTC) begin for what funders bear in a day."""
        day = now_us // DAY_US
        for deal in self.deals.values():
            deal.funders.turn(day)

    def refusals(
        self, uses: Mapping[UUID, DealUse], buyer_hash: bytes, voucher: VoucherFact | None
    ) -> dict[UUID, RefusalCode]:
        """Which of the deals that an order takes from cannot bear it, and why."""
        return self.fit(uses, buyer_hash, voucher)[0]

    def fit(
        self, uses: Mapping[UUID, DealUse], buyer_hash: bytes, voucher: VoucherFact | None
    ) -> tuple[dict[UUID, RefusalCode], Mapping[UUID, DealUse]]:
        """The same, and ``uses`` with the parts that the funders bear: at a cap the next ones may."""
        refused: dict[UUID, RefusalCode] = {}
        moved: dict[UUID, DealUse] = {}
        taken: dict[UUID | None, list[int]] = {}
        for deal_id, use in uses.items():
            deal = self.deals[deal_id]
            agreement_id = deal.fact.agreement_id
            rooms = deal.rooms(taken.get(agreement_id))
            code = deal.refusal(use, buyer_hash, rooms)
            if code is None and voucher is not None and voucher.deal_id == deal_id and voucher.uses_max is not None:
                used = deal.bought.get(voucher.code_hash, 0)
                code = "buyer_limit_reached" if used >= voucher.uses_max else None
            if code is not None:
                refused[deal_id] = code
                continue
            parts = fitted_parts(use, rooms)
            if parts is not None and parts is not use.parts:
                moved[deal_id] = msgspec.structs.replace(use, parts=parts)
            if len(uses) > 1 and parts is not None:
                before = taken.get(agreement_id, [0] * len(parts))
                taken[agreement_id] = [one + part for one, part in zip(before, parts, strict=True)]
        return refused, {**uses, **moved} if moved else uses


def code_of(use: DealUse, voucher: VoucherFact | None) -> bytes | None:
    """The code that ``use`` is counted by, beside its buyer."""
    return voucher.code_hash if voucher is not None and voucher.deal_id == use.deal.deal_id else None
