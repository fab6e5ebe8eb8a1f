"""Takes for a pending order what was not held for it, now that its buyer's bank has said yes; or lets it lose.

In a shop that serves first who pays first, an unpaid order keeps no piece and no funding from anybody. Its turn comes
here, and what is there is taken as a hold, so that the money is captured for pieces that nobody else can get.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from tallylight.checkout.desk.batch import Batch
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.lost_because import LostBecause
from tallylight.deals import DealUse, VoucherFact

_TAKEN = "update customer_order set unheld = false where id = $1"
_LOST = """
update customer_order set state = 'cancelled', hold_expires_us = null, unheld = false, cancelled_because = $2,
    owes_back = true where id = $1
"""
_USES_MAX = "select uses_max from voucher_code where shop_id = $1 and code_hash = $2"
_MOVED = "update order_funding set amounts_minor = $3 where order_id = $1 and deal_id = $2"

Record = Mapping[str, Any]


class _Funding(msgspec.Struct, frozen=True):
    """What an order asks of one deal; ``funder_ids`` and ``parts`` (minor units) in the agreement's order."""

    deal_id: UUID
    quantity: int
    code_hash: bytes | None
    funder_ids: tuple[UUID, ...]
    parts: tuple[int, ...]


async def claim(
    connection: asyncpg.Connection,
    batch: Batch,
    memory: DeskMemory,
    order_id: UUID,
    buyer_hash: bytes,
    lines: Sequence[Record],
    funding: Sequence[Record],
) -> LostBecause | None:
    """Hold what the order asks for; when something of it is gone, cancel the order and say what.

    ``lines``: variant_id, quantity; ``funding``: a row a funder, as ``settle`` reads them.
    """
    asked = _by_deal(funding)
    because, uses = await _fit(connection, memory, buyer_hash, lines, asked)
    if because is not None:
        await connection.execute(_LOST, order_id, because)
        return because
    await connection.execute(_TAKEN, order_id)
    for line in lines:
        memory.available[line["variant_id"]] -= line["quantity"]
        batch.count_stock(line["variant_id"], on_hand=0, held=line["quantity"])
    for each in asked:
        use = uses[each.deal_id]
        if tuple(use.parts) != each.parts:
            # At a cap the next funders bear it: who bears what is known now.
            await connection.execute(_MOVED, order_id, each.deal_id, list(use.parts))
        await _take(connection, batch, memory, buyer_hash, each, use)
    return None


async def _fit(
    connection: asyncpg.Connection,
    memory: DeskMemory,
    buyer_hash: bytes,
    lines: Sequence[Record],
    asked: Sequence[_Funding],
) -> tuple[LostBecause | None, Mapping[UUID, DealUse]]:
    """Why the order cannot have what it asks for, and what it takes from its deals when it can."""
    if any(memory.available.get(line["variant_id"], 0) < line["quantity"] for line in lines):
        return "sold_out", {}
    if any(each.deal_id not in memory.deals for each in asked):
        return "deal_over", {}
    uses = {
        each.deal_id: DealUse(memory.deals[each.deal_id].fact, each.quantity, sum(each.parts), each.parts)
        for each in asked
    }
    voucher = None
    for each in asked:
        if each.code_hash is not None:
            uses_max = await connection.fetchval(_USES_MAX, memory.shop_id, each.code_hash)
            voucher = VoucherFact(each.deal_id, each.code_hash, uses_max)
    refused, fitting = memory.fit(uses, buyer_hash, voucher)
    return next(iter(refused.values()), None), fitting


async def _take(
    connection: asyncpg.Connection,
    batch: Batch,
    memory: DeskMemory,
    buyer_hash: bytes,
    asked: _Funding,
    use: DealUse,
) -> None:
    """Hold the deal's pieces and its funders' parts, in memory and in the batch."""
    memory.deals[asked.deal_id].take(use, buyer_hash, asked.code_hash, hold=True)
    batch.count_deal(asked.deal_id, sold=0, held=asked.quantity)
    batch.count_bought(asked.deal_id, buyer_hash, asked.quantity, use.deal.per_buyer_limit)
    if asked.code_hash is not None:
        uses_max = await connection.fetchval(_USES_MAX, memory.shop_id, asked.code_hash)
        batch.count_bought(asked.deal_id, asked.code_hash, 1, uses_max)
    for funder_id, part in zip(asked.funder_ids, use.parts, strict=True):
        batch.count_funder(funder_id, spent=0, held=part, today=part, day=batch.day)


def _by_deal(funding: Sequence[Record]) -> list[_Funding]:
    rows: dict[UUID, list[Record]] = {}
    for row in funding:
        rows.setdefault(row["deal_id"], []).append(row)
    return [
        _Funding(
            deal_id,
            of_deal[0]["quantity"],
            of_deal[0]["code_hash"],
            tuple(row["funder_id"] for row in of_deal),
            tuple(row["amount_minor"] for row in of_deal),
        )
        for deal_id, of_deal in rows.items()
    ]
