"""The rows of one batch, and how they reach the database.

New rows go by COPY, counters by one statement. Counters are guarded by CHECK constraints and not by WHERE clauses:
a refused counter aborts the whole batch, and no row of it is ever left behind.
"""

import asyncpg
import msgspec

from tallylight import ledger
from tallylight.foundation.outbox import NewEvent, publish_many

Row = tuple[object, ...]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "customer_order": (
        "id", "shop_id", "number", "show_id", "broadcast_id", "state", "placed_us", "at_us", "priced_us", "currency",
        "total_minor", "discount_minor", "units", "commission_bps", "creator_name", "quote", "buyer_email",
        "buyer_name", "buyer_hash", "address", "receipt_hash", "key_hash", "body_hash", "hold_expires_us",
    ),
    "order_line": (
        "order_id", "position", "variant_id", "product_id", "product_title", "variant_title", "quantity",
        "unit_list_minor", "discount_minor", "deal_id",
    ),
    "order_funding": ("order_id", "funder_id", "deal_id", "amount_minor"),
    "payment": ("order_id", "provider", "reference", "state", "amount_minor", "currency", "changed_us"),
    "test_charge": ("key", "token", "amount_minor", "currency", "state"),
    "stock_movement": ("variant_id", "delta", "reason", "order_id", "moved_us"),
    "transfer": ledger.TRANSFER_COLUMNS,
    "entry": ledger.ENTRY_COLUMNS,
}  # fmt: skip

_COUNT = """
with stock as (
    update stock_level as t set on_hand = t.on_hand + u.on_hand, held = t.held + u.held
    from unnest($1::uuid[], $2::int[], $3::int[]) as u(id, on_hand, held) where t.variant_id = u.id returning 1
), deals as (
    update deal as t set sold = t.sold + u.sold, held = t.held + u.held
    from unnest($4::uuid[], $5::int[], $6::int[]) as u(id, sold, held) where t.id = u.id returning 1
), funders as (
    update funder as t set spent_minor = t.spent_minor + u.spent, held_minor = t.held_minor + u.held
    from unnest($7::uuid[], $8::bigint[], $9::bigint[]) as u(id, spent, held) where t.id = u.id returning 1
), bought as (
    insert into deal_buyer as t (deal_id, buyer_hash, quantity, quantity_max)
    select * from unnest($10::uuid[], $11::bytea[], $12::int[], $13::int[])
    on conflict (deal_id, buyer_hash) do update set quantity = t.quantity + excluded.quantity
), returned as (
    update deal_buyer as t set quantity = t.quantity - u.quantity
    from unnest($14::uuid[], $15::bytea[], $16::int[]) as u(deal_id, buyer_hash, quantity)
    where t.deal_id = u.deal_id and t.buyer_hash = u.buyer_hash returning 1
)
select (select count(*) from stock), (select count(*) from deals), (select count(*) from funders),
    (select count(*) from returned)
"""


class MissingRowError(RuntimeError):
    """A counter that the batch changes is not in the database."""


class _Pair(msgspec.Struct):
    first: int = 0
    second: int = 0


class Batch:
    """Collects rows and changes of counters; ``write`` sends them in the caller's transaction."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {table: [] for table in _COLUMNS}
        self.events: list[NewEvent] = []
        self._stock: dict[object, _Pair] = {}
        self._deals: dict[object, _Pair] = {}
        self._funders: dict[object, _Pair] = {}
        self._bought: dict[tuple[object, bytes], tuple[int, int | None]] = {}
        self._returned: dict[tuple[object, bytes], int] = {}

    def count_stock(self, variant_id: object, *, on_hand: int, held: int) -> None:
        _add(self._stock, variant_id, on_hand, held)

    def count_deal(self, deal_id: object, *, sold: int, held: int) -> None:
        _add(self._deals, deal_id, sold, held)

    def count_funder(self, funder_id: object, *, spent: int, held: int) -> None:
        _add(self._funders, funder_id, spent, held)

    def count_bought(self, deal_id: object, buyer_hash: bytes, quantity: int, most: int | None) -> None:
        before, _ = self._bought.get((deal_id, buyer_hash), (0, None))
        self._bought[deal_id, buyer_hash] = (before + quantity, most)

    def count_returned(self, deal_id: object, buyer_hash: bytes, quantity: int) -> None:
        self._returned[deal_id, buyer_hash] = self._returned.get((deal_id, buyer_hash), 0) + quantity

    async def write(self, connection: asyncpg.Connection) -> None:
        """Send everything. Raises asyncpg's integrity errors, and MissingRowError."""
        for table, rows in self.rows.items():
            if rows:
                await connection.copy_records_to_table(table, records=rows, columns=_COLUMNS[table])
        if self._stock or self._deals:
            await self._write_counters(connection)
        await publish_many(connection, self.events)

    async def _write_counters(self, connection: asyncpg.Connection) -> None:
        # Bought and returned pieces of one buyer in one statement would meet in one row: net them first.
        for place, quantity in list(self._returned.items()):
            if place in self._bought:
                before, most = self._bought.pop(place)
                del self._returned[place]
                if before > quantity:
                    self._bought[place] = (before - quantity, most)
                elif before < quantity:
                    self._returned[place] = quantity - before
        written = await connection.fetchrow(
            _COUNT,
            *_columns(self._stock),
            *_columns(self._deals),
            *_columns(self._funders),
            [deal_id for deal_id, _ in self._bought],
            [buyer_hash for _, buyer_hash in self._bought],
            [quantity for quantity, _ in self._bought.values()],
            [most for _, most in self._bought.values()],
            [deal_id for deal_id, _ in self._returned],
            [buyer_hash for _, buyer_hash in self._returned],
            list(self._returned.values()),
        )
        expected = (len(self._stock), len(self._deals), len(self._funders), len(self._returned))
        if written is None or tuple(written) != expected:
            raise MissingRowError("a counter of the batch is not in the database")


def _add(counters: dict[object, _Pair], key: object, first: int, second: int) -> None:
    pair = counters.get(key)
    if pair is None:
        pair = counters[key] = _Pair()
    pair.first += first
    pair.second += second


def _columns(counters: dict[object, _Pair]) -> tuple[list[object], list[int], list[int]]:
    pairs = counters.values()
    return list(counters), [pair.first for pair in pairs], [pair.second for pair in pairs]
