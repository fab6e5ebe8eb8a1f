"""The rows of one batch and its changes of counters, as they are collected; ``write_batch`` sends them."""

from collections.abc import Iterable

import msgspec

from tallylight.catalogue.price_history import DAY_US
from tallylight.checkout.desk.sale_template import SaleTemplate
from tallylight.foundation.outbox import NewEvent

Row = tuple[object, ...]


class _Pair(msgspec.Struct):
    first: int = 0
    second: int = 0
    today: int = 0
    day: int = 0


class Batch:
    """What one transaction of the desk writes.

    ``placed_us``: when its sales are placed; ``day``: what funders bear today counts for it (days since 1970).
    ``sold``: what is the sales' own, as bytes, by what they share. ``rows``: further rows, as tuples in the table's
    order.
    """

    def __init__(self) -> None:
        self.placed_us = 0
        self.day = 0
        self.sold: dict[SaleTemplate, list[bytes]] = {}
        self.rows: dict[str, list[Row]] = {"stock_movement": [], "transfer": []}
        self.events: list[NewEvent] = []
        self._stock: dict[object, _Pair] = {}
        self._deals: dict[object, _Pair] = {}
        self._funders: dict[object, _Pair] = {}
        self._bought: dict[tuple[object, bytes], tuple[int, int | None]] = {}
        self._returned: dict[tuple[object, bytes], int] = {}

    def turn(self, now_us: int) -> None:
        """It is ``now_us``: what follows is placed now, and counts for the day (UTC) that it is."""
        self.placed_us = now_us
        self.day = now_us // DAY_US

    def sell(self, template: SaleTemplate, own: bytes) -> None:
        """One more sale of the kind of ``template``, with what is its ``own``."""
        sold = self.sold.get(template)
        if sold is None:
            sold = self.sold[template] = []
        sold.append(own)

    def count_stock(self, variant_id: object, *, on_hand: int, held: int) -> None:
        _add(self._stock, variant_id, on_hand, held)

    def count_deal(self, deal_id: object, *, sold: int, held: int) -> None:
        _add(self._deals, deal_id, sold, held)

    def count_funder(self, funder_id: object, *, spent: int, held: int, today: int = 0, day: int = 0) -> None:
        """``today``: what this changes of what the funder bears on ``day`` (days since 1970)."""
        _add(self._funders, funder_id, spent, held)
        if today:
            counted = self._funders[funder_id]
            counted.today += today
            counted.day = day

    def count_bought(self, deal_id: object, buyer_hash: bytes, quantity: int, most: int | None) -> None:
        before, _ = self._bought.get((deal_id, buyer_hash), (0, None))
        self._bought[deal_id, buyer_hash] = (before + quantity, most)

    def count_returned(self, deal_id: object, buyer_hash: bytes, quantity: int) -> None:
        self._returned[deal_id, buyer_hash] = self._returned.get((deal_id, buyer_hash), 0) + quantity

    def counter_columns(self) -> list[list[object]]:
        """The changes of counters as columns: stock (id, on hand, held), deals (id, sold, held), funders (id, spent,
        held, today, day), bought (deal, buyer, pieces, most) and returned (deal, buyer, pieces). Once a batch.
        """
        for template, sold in self.sold.items():
            template.count(self, len(sold))
        self._net_buyers()
        bought = [(*place, *counts) for place, counts in self._bought.items()]
        returned = [(*place, quantity) for place, quantity in self._returned.items()]
        return [
            *_pair_columns(self._stock),
            *_pair_columns(self._deals),
            *_pair_columns(self._funders),
            [each.today for each in self._funders.values()],
            [each.day for each in self._funders.values()],
            *_columns(bought, 4),
            *_columns(returned, 3),
        ]

    def _net_buyers(self) -> None:
        """Bought and returned pieces of one buyer in one statement would meet in one row: net them first."""
        for place, quantity in list(self._returned.items()):
            if place in self._bought:
                before, most = self._bought.pop(place)
                del self._returned[place]
                if before > quantity:
                    self._bought[place] = (before - quantity, most)
                elif before < quantity:
                    self._returned[place] = quantity - before


def _columns(rows: Iterable[Row], width: int) -> list[list[object]]:
    """``rows`` turned on their side, ``width`` columns even when there are none."""
    turned = [list(column) for column in zip(*rows, strict=True)]
    return turned or [[] for _ in range(width)]


def _add(counters: dict[object, _Pair], key: object, first: int, second: int) -> None:
    pair = counters.get(key)
    if pair is None:
        pair = counters[key] = _Pair()
    pair.first += first
    pair.second += second


def _pair_columns(counters: dict[object, _Pair]) -> list[list[object]]:
    pairs = counters.values()
    return [list(counters), [pair.first for pair in pairs], [pair.second for pair in pairs]]
