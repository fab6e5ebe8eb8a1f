"""Decides a batch with the database at hand: repeated keys, settlements, what comes back, creators seen first.

The lease rows are locked by whoever calls. What memory alone can decide is decided ahead (``decided.decide_ahead``).
"""

from collections.abc import Sequence

import asyncpg

from tallylight.checkout.desk.decided import Decided
from tallylight.checkout.desk.exchange import exchange
from tallylight.checkout.desk.known_keys import KnownKeys
from tallylight.checkout.desk.load import ensure_creator
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.requests import (
    DeskRequest,
    ExchangeRequest,
    SaleRequest,
    SettleRequest,
    TakeBackRequest,
)
from tallylight.checkout.desk.settle import settle
from tallylight.checkout.desk.take_back import take_back
from tallylight.checkout.errors import KeyReusedError
from tallylight.checkout.queries import ORDER_COLUMNS, order_of_row
from tallylight.checkout.receipt import receipt_token
from tallylight.checkout.schemas import Order
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import NotFoundError, TallyError, UnavailableError

_KEYS = f"select key_hash, body_hash, {ORDER_COLUMNS} from customer_order where key_hash = any($1::bytea[])"  # noqa: S608
_CREATORS = "select distinct creator_name from customer_order where id = any($1::uuid[]) and commission_bps > 0"


async def decide_asked(
    connection: asyncpg.Connection,
    database: Database,
    decided: Decided,
    requests: Sequence[DeskRequest],
    *,
    keys: KnownKeys,
    clock: Clock,
) -> None:
    """Decide with the database at hand: repeated keys, settlements, creators seen for the first time."""
    await _ensure_creators(connection, database, decided.memory, requests)
    asked_keys = [asked.key_hash for asked in requests if isinstance(asked, SaleRequest)]
    known = {row["key_hash"]: row for row in await connection.fetch(_KEYS, asked_keys)} if asked_keys else {}
    for key_hash in known:
        keys.add(key_hash)
    now_us = clock.now_us()
    decided.turn(now_us)
    for asked in requests:
        if isinstance(asked, TakeBackRequest):
            await _take_back(connection, decided, asked, now_us=now_us)
        elif isinstance(asked, SettleRequest):
            settled = await settle(connection, decided.batch, decided.memory, asked, now_us=now_us)
            missing = NotFoundError("there is no such order")
            decided.answer(asked.answer, missing if settled is None else settled.state)
            if settled is not None:
                decided.settled += [settled] if settled.also is None else [settled, settled.also]
        elif isinstance(asked, ExchangeRequest):
            await _exchange(connection, decided, asked, now_us=now_us)
        elif asked.key_hash not in known:
            decided.add(asked, now_us=now_us)
        elif known[asked.key_hash]["body_hash"] == asked.body_hash:
            decided.answer(asked.answer, _repeated(known[asked.key_hash], asked))
        else:
            decided.answer(asked.answer, KeyReusedError("the key belongs to another order"))
    decided.finish()


async def _take_back(connection: asyncpg.Connection, decided: Decided, asked: TakeBackRequest, *, now_us: int) -> None:
    """Take back what ``asked`` says. What the batch has posted of the order is not in the database yet, so an order
    has one turn a batch.
    """
    if any(each.order_id == asked.order_id for each in decided.settled):
        decided.answer(asked.answer, UnavailableError("this order is being changed; try again in a moment"))
        return
    try:
        taken = await take_back(
            connection, decided.batch, decided.memory, asked.order_id, asked.asked,
            made_by=asked.made_by, now_us=now_us,
        )  # fmt: skip
    except TallyError as refusal:
        decided.answer(asked.answer, refusal)
        return
    decided.answer(asked.answer, taken.view)
    decided.settled.append(taken.settled)


async def _exchange(connection: asyncpg.Connection, decided: Decided, asked: ExchangeRequest, *, now_us: int) -> None:
    """Exchange what ``asked`` says; an order has one turn a batch here too."""
    if any(each.order_id == asked.order_id for each in decided.settled):
        decided.answer(asked.answer, UnavailableError("this order is being changed; try again in a moment"))
        return
    try:
        exchanged = await exchange(connection, decided.batch, decided.memory, asked, now_us=now_us)
    except TallyError as refusal:
        decided.answer(asked.answer, refusal)
        return
    decided.answer(asked.answer, exchanged.view)
    if exchanged.sale is not None:
        decided.sell(exchanged.sale)
        decided.settled.append(exchanged.settled)


async def _ensure_creators(
    connection: asyncpg.Connection, database: Database, memory: DeskMemory, requests: Sequence[DeskRequest]
) -> None:
    names = creators_of(requests)
    settling = [asked.order_id for asked in requests if isinstance(asked, SettleRequest | ExchangeRequest)]
    if settling:
        rows = await connection.fetch(_CREATORS, settling)
        names |= {row["creator_name"] for row in rows}
    for name in names - memory.books.creators.keys():
        async with database.transaction() as pooled:
            await ensure_creator(pooled, memory, name)


def creators_of(requests: Sequence[DeskRequest]) -> set[str]:
    """The creators that sales owe a commission."""
    return {
        asked.show.creator_name for asked in requests if isinstance(asked, SaleRequest) and asked.show.commission_bps
    }


def _repeated(row: asyncpg.Record, asked: SaleRequest) -> Order:
    """The answer that the key's order got, with the state that it is in by now."""
    return order_of_row(row, asked.show.slug, receipt_token(asked.request.key, row["id"]))
