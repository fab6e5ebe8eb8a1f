"""Sends a batch to the database: one statement, one round trip, one transaction when none is open.

A batch's round trips are what a hot sale waits for, since the loop decides the next batch meanwhile. So everything is
clauses of one statement. The new rows come first: no other batch can meet them, so two batches write theirs side by
side. Then it waits for the batch before it to end, which may be slower than itself: each holds an advisory lock on its
link from its start. Then it locks the lease rows, and goes on only if the desk still holds its epoch, the facts are of
the version that it was decided on, and the batch before it is there; else it takes everything back. Under that lock
come the counters and last the events, whose channels are locked only when the rest is done.

Counters are guarded by CHECK constraints and not by WHERE clauses, and a counter that is missing raises: whatever the
database refuses aborts the whole batch, and no row of it is ever left behind.
"""

from collections.abc import Mapping
from uuid import UUID

import asyncpg
import msgspec

from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.sale_rows import HOLD_US
from tallylight.foundation.ids import new_ids
from tallylight.foundation.outbox import publish_arguments, publish_clauses
from tallylight.foundation.row_bytes import RowFormat, load_row_formats

_KIND = "k.{column}"
_SOLD: Mapping[str, Mapping[str, str]] = {
    "customer_order": {
        **dict.fromkeys(
            ("shop_id", "show_id", "broadcast_id", "state", "currency", "total_minor", "discount_minor", "units",
             "commission_bps", "creator_name", "quote_id", "unheld"),
            _KIND,
        ),
        **dict.fromkeys(
            ("id", "number", "at_us", "priced_us", "buyer_email", "buyer_name", "buyer_hash", "address", "receipt_hash",
             "key_hash", "body_hash"),
            "o.{column}",
        ),
        "placed_us": "{placed}",
        "hold_expires_us": "case when k.state = 'payment_pending' then coalesce(k.hold_expires_us, {expires}) end",
    },
    "order_line": {
        **dict.fromkeys(
            ("position", "variant_id", "product_id", "product_title", "variant_title", "quantity", "unit_list_minor",
             "discount_minor", "deal_id"),
            _KIND,
        ),
        "order_id": "o.id",
    },
    "order_funding": {
        **dict.fromkeys(("deal_id", "funder_ids", "amounts_minor", "quantity", "code_hash"), _KIND),
        "order_id": "o.id",
    },
    "payment": {
        **dict.fromkeys(("provider", "state", "amount_minor", "currency"), _KIND),
        "order_id": "o.id",
        "reference": "cast(o.id as text)",
        "changed_us": "{placed}",
    },
    "stock_movement": {
        **dict.fromkeys(("variant_id", "delta", "reason"), _KIND),
        "order_id": "o.id",
        "moved_us": "{placed}",
    },
    "transfer": {
        **dict.fromkeys(("shop_id", "kind", "account_ids", "currencies", "amounts_minor"), _KIND),
        "id": "o.transfer_id",
        "description": "k.description || o.number",
        "order_id": "o.id",
        "at_us": "o.at_us",
        "posted_us": "{placed}",
    },
}  # fmt: skip
"""What the columns of a sale's rows are: ``k`` is what all sales of its kind share, ``o`` what is its own."""

_ROW_BY_ROW = ("stock_movement", "transfer")
"""Settlements and refunds write these too, a row each with all that is in it."""

_OWN = "sold_order"
"""A type: what is a sale's own. Rows of it, and rows of tables, travel as bytes (``foundation.row_bytes``)."""

PLAN_SETTINGS: Mapping[str, str] = {
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""For the connection: the statement is planned once, maybe while the tables are empty, and each of its joins must go by
index ever after.
"""

CHAIN_BITS = 62
_OWN_COLUMNS = (
    "id, number, at_us, priced_us, buyer_hash, receipt_hash, key_hash, body_hash, buyer_email, buyer_name, address"
)
_LEASE_PARAMETERS = 5
_SALE_PARAMETERS = 7
_COUNTER_PARAMETERS = 18
_QUOTE_PARAMETERS = 2


class Lease(msgspec.Struct, frozen=True):
    """What the desk believes: its epoch, the version of the facts that it decided on, and the last batch's link.

    Each batch leaves a random link in ``chain`` and names the one before it. So a batch that was sent while the one
    before it was still being written is written after that one or not at all.
    """

    shop_id: UUID
    epoch: int
    version: int
    chain: int


def _insert_clauses(first: int) -> tuple[list[str], int]:
    """One insert a table, and the parameter after theirs (``_insert_arguments``).

    Sales come kind by kind, their own columns in one array. For each table there is an array of the rows that the
    sales of a kind share, what differs left null, and one that tells the kind of each: it is joined with the slice of
    the sales that are of its kind.
    """
    placed, expires, own, firsts, lasts, ids, id_firsts = (f"${first + place}" for place in range(_SALE_PARAMETERS))
    following = first + _SALE_PARAMETERS
    clauses = []
    for table, columns in _SOLD.items():
        values = [
            form.format(column=column, placed=f"{placed}::bigint", expires=f"{expires}::bigint")
            for column, form in columns.items()
        ]
        shared, kinds = f"${following}::{table}_rows::{table}[]", f"(${following + 1}::int[])[k.ordinality]"
        since, until = f"({firsts}::int[])[{kinds}]", f"({lasts}::int[])[{kinds}]"
        sold = f"unnest(({own}::{_OWN}_rows::{_OWN}[])[{since}:{until}]) as o"
        if table == "transfer":
            start = f"({id_firsts}::int[])[k.ordinality]"
            fresh = f"unnest(({ids}::uuid[])[{start}:{start} + {until} - {since}])"
            sold = f"rows from ({sold.removesuffix(' as o')}, {fresh}) as o({_OWN_COLUMNS}, transfer_id)"
        select = f"select {', '.join(values)} from unnest({shared}) with ordinality as k cross join lateral {sold}"
        following += 2
        if table in _ROW_BY_ROW:
            select += f" union all select {', '.join(columns)} from unnest(${following}::{table}_rows::{table}[])"
            following += 1
        clauses.append(f"new_{table} as (insert into {table} ({', '.join(columns)}) {select} returning 1)")
    return clauses, following


def _counter_clauses(first: int) -> str:
    parameter = [f"${first + place}" for place in range(_COUNTER_PARAMETERS)]
    return """
stock as (
    update stock_level as t set on_hand = t.on_hand + u.on_hand, held = t.held + u.held
    from mine, unnest({0}::uuid[], {1}::int[], {2}::int[]) as u(id, on_hand, held)
    where t.variant_id = u.id returning 1
), deals as (
    update deal as t set sold = t.sold + u.sold, held = t.held + u.held
    from mine, unnest({3}::uuid[], {4}::int[], {5}::int[]) as u(id, sold, held) where t.id = u.id returning 1
), funders as (
    update funder as t set spent_minor = t.spent_minor + u.spent, held_minor = t.held_minor + u.held,
        day_minor = greatest(0, case when t.day >= u.day then t.day_minor else 0 end + u.today),
        day = greatest(t.day, u.day)
    from mine, unnest({6}::uuid[], {7}::bigint[], {8}::bigint[], {9}::bigint[], {10}::int[])
        as u(id, spent, held, today, day)
    where t.id = u.id returning 1
), bought as (
    insert into deal_buyer as t (deal_id, buyer_hash, quantity, quantity_max)
    select u.* from mine, unnest({11}::uuid[], {12}::bytea[], {13}::int[], {14}::int[]) as u
    on conflict (deal_id, buyer_hash) do update set quantity = t.quantity + excluded.quantity returning 1
), returned as (
    update deal_buyer as t set quantity = t.quantity - u.quantity
    from mine, unnest({15}::uuid[], {16}::bytea[], {17}::int[]) as u(deal_id, buyer_hash, quantity)
    where t.deal_id = u.deal_id and t.buyer_hash = u.buyer_hash returning 1
), counted as materialized (
    select expect_turn((select count(*) from mine)),
        expect_rows((select count(*) from stock), cardinality({0})),
        expect_rows((select count(*) from deals), cardinality({3})),
        expect_rows((select count(*) from funders), cardinality({6})),
        expect_rows((select count(*) from bought), cardinality({11})),
        expect_rows((select count(*) from returned), cardinality({15}))
)""".format(*parameter)


def _quote_clause(first: int) -> str:
    """Prices that no order was sold at before. Under the lease rows' lock: of two batches that write the same one, the
    later would else make the earlier wait for it, and itself wait for the earlier.
    """
    return f"""
quotes as (
    insert into order_quote (id, quote)
    select u.id, u.quote::json from mine, unnest(${first}::uuid[], ${first + 1}::text[]) as u(id, quote)
    on conflict do nothing
)"""


def _statement() -> str:
    inserts, following = _insert_clauses(_LEASE_PARAMETERS + 1)
    counters = _counter_clauses(following)
    following += _COUNTER_PARAMETERS
    quotes = _quote_clause(following)
    following += _QUOTE_PARAMETERS
    rows = " + ".join(f"(select count(*) from new_{table})" for table in _SOLD)
    clauses = [
        "begun as materialized (select pg_advisory_xact_lock($5::bigint))",
        *inserts,
        # From left to right: nobody may overtake this batch, its rows, whoever must not be overtaken.
        "before as materialized (select pg_advisory_xact_lock_shared($4::bigint))",
        f"""new_rows as materialized (
    select (select count(*) from begun) + {rows} + (select count(*) from before) as many
)""",
        """lease as materialized (
    select d.epoch, t.version, d.chain from sale_desk as d join shop_terms as t using (shop_id)
    where d.shop_id = $1 and (select many from new_rows) >= 0
    for no key update
), mine as materialized (select from lease where epoch = $2 and version = $3 and chain = $4),
linked as (update sale_desk set chain = $5 from mine where shop_id = $1)""",
        quotes,
        counters,
        # Nobody else may have to wait for a channel until all of this is in place.
        publish_clauses(following, after="counted"),
    ]
    return f"with {', '.join(clauses)} select (select count(*) from counted), (select count(*) from published)"


_STATEMENT = _statement()


async def prepare(connection: asyncpg.Connection) -> dict[str, RowFormat]:
    """Make ``connection`` ready for ``write_batch``; returns how the rows of each table travel."""
    return await load_row_formats(connection, [*_SOLD, _OWN])


async def write_batch(
    connection: asyncpg.Connection, batch: Batch, lease: Lease, link: int, formats: Mapping[str, RowFormat]
) -> None:
    """Write ``batch`` if ``lease`` is true, and leave ``link``. ``formats``: as ``prepare`` of the connection says.

    Raises SerializationError when ``lease`` is not true, asyncpg's integrity errors, and NoDataFoundError for a counter
    that is not in the database; then nothing was written.
    """
    await connection.execute(
        _STATEMENT,
        lease.shop_id,
        lease.epoch,
        lease.version,
        lease.chain,
        link,
        *_insert_arguments(batch, formats),
        *batch.counter_columns(),
        *_quote_arguments(batch),
        *publish_arguments(batch.events),
    )


def _quote_arguments(batch: Batch) -> tuple[list[UUID], list[str]]:
    """What ``_quote_clause`` takes: each price once, by id, as every desk would lock them."""
    quotes = sorted({template.quote_id: template.quote for template in batch.sold}.items())
    return [quote_id for quote_id, _ in quotes], [quote for _, quote in quotes]


def _insert_arguments(batch: Batch, formats: Mapping[str, RowFormat]) -> list[object]:
    """What ``_insert_clauses`` takes."""
    firsts: list[int] = []
    lasts: list[int] = []
    id_firsts: list[int] = []
    sold: list[bytes] = []
    ids: list[UUID] = []
    shared: dict[str, list[bytes]] = {table: [] for table in _SOLD}
    kinds: dict[str, list[int]] = {table: [] for table in _SOLD}
    for kind, (template, orders) in enumerate(batch.sold.items(), 1):
        firsts.append(len(sold) + 1)
        sold += orders
        lasts.append(len(sold))
        for table, row in template.rows:
            shared[table].append(row)
            kinds[table].append(kind)
            if table == "transfer":
                id_firsts.append(len(ids) + 1)
                ids += new_ids(len(orders))
    own = formats[_OWN].array(sold, len(sold))
    found: list[object] = [batch.placed_us, batch.placed_us + HOLD_US, own, firsts, lasts, ids, id_firsts]
    for table in _SOLD:
        found += formats[table].array(shared[table], len(shared[table])), kinds[table]
        if table in _ROW_BY_ROW:
            rows = batch.rows[table]
            found.append(formats[table].array([formats[table].row(row) for row in rows], len(rows)))
    return found
