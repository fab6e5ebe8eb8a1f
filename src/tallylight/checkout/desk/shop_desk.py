"""The task that sells for one shop.

A batch is whatever arrived during the previous commit: no timer waits for more. It is decided on memory while the
one before is still being written; should that one fail, or a fact have changed, it is decided again. The lease is an
advisory lock on the desk's own connection (it ends when the connection does) and an epoch row that every batch locks
and compares, so that a holder which only believes it still holds cannot commit. While another process holds it,
requests are handed to that one (``link``); when it is gone, or silent, this one takes over what it did not answer.
"""

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tallylight.catalogue import FACTS_NOTIFY_CHANNEL
from tallylight.checkout.desk.decide import check_stock
from tallylight.checkout.desk.decide_asked import creators_of, decide_asked
from tallylight.checkout.desk.decided import Decided, decide_ahead
from tallylight.checkout.desk.door import DeskDoor, door_name
from tallylight.checkout.desk.known_keys import KnownKeys
from tallylight.checkout.desk.link import DeskLink
from tallylight.checkout.desk.load import load_memory
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.refusals import refusal_of_constraint
from tallylight.checkout.desk.requests import (
    DeskRequest,
    SaleRequest,
)
from tallylight.checkout.desk.write_batch import CHAIN_BITS, PLAN_SETTINGS, Lease, prepare, write_batch
from tallylight.checkout.errors import LeaseLostError
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import TallyError, UnavailableError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.row_bytes import RowFormat

QUEUE_MAX = 5_000
BATCH_MIN, BATCH_MAX = 32, 512
"""A batch takes up to half of whoever waits, within these: so a crowd makes two, and one is decided while the one
before is committed. A batch has its own cost whatever is in it: as much as some dozens of orders.
"""
LEASE_WAIT_US = 3_000_000
"""How long buyers wait for a lease that another process still holds before they are told to come back."""
RETRY_S = 0.2
STOP_S = 5.0
ATTEMPTS_MAX = 3
IN_FLIGHT_MAX = 2
"""While one batch is being written the next may already wait at the database, sent and read, for the lease row."""

_LOCK_LEASE_ROWS = """
select d.epoch, t.version, d.chain from sale_desk as d join shop_terms as t using (shop_id) where d.shop_id = $1
for no key update
"""
_TAKE_LEASE = """
insert into sale_desk (shop_id, epoch, holder, leased_us, door, door_key) values ($1, 1, $2, $3, $4, $5)
on conflict (shop_id) do update set epoch = sale_desk.epoch + 1, holder = excluded.holder,
    leased_us = excluded.leased_us, door = excluded.door, door_key = excluded.door_key
returning epoch
"""
# All of its connections: one that stands still in a transaction would keep the lease rows locked.
_END_HOLDER = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"

_KEY_CONSTRAINT = "uq_customer_order_key_hash"

_log = structlog.get_logger(__name__)

# What ends a connection's usefulness: it broke, it was closed, the server said that it goes away.
_BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
_REFUSED = (asyncpg.IntegrityConstraintViolationError, asyncpg.NoDataFoundError)


class ShopDesk:
    """Sells for ``shop_id``. ``start`` and ``stop`` it; ``submit`` requests whose futures it answers."""

    def __init__(self, database: Database, clock: Clock, shop_id: ShopId, door: DeskDoor) -> None:
        self._database = database
        self._clock = clock
        self._shop_id = shop_id
        self._door = door
        self._forwarded: set[asyncio.Future[Any]] = set()
        self._serving = False
        self._queue: list[DeskRequest] = []
        self._wake = asyncio.Event()
        self._connections: list[asyncpg.Connection] = []
        self._free: list[asyncpg.Connection] = []
        self._trying: set[asyncio.Event] = set()
        """One for each batch that is being written as it was decided ahead."""
        self._spoilt: DeskMemory | None = None
        """A memory from which a batch has taken that was not written; it is not to be decided on."""
        self._chain = 0
        self._epoch = 0
        self._formats: Mapping[str, RowFormat] = {}
        self._memory: DeskMemory | None = None
        self._facts_moved = False
        self._keys = KnownKeys()
        self._ahead: list[Decided] = []
        self._committing: set[bytes] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._down_us = 0
        self._problem = ""
        self.batches = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"sale-desk-{self._shop_id}")

    async def stop(self) -> None:
        """Finish the batch in hand and give the lease up; whoever still waits is told to come back."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=STOP_S)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._refuse_queue("the sale desk is closing; repeat with the same key")

    def submit(self, asked: DeskRequest) -> None:
        """Queue ``asked``. Raises UnavailableError when the queue is full, SoldOutError when memory already knows."""
        if isinstance(asked, SaleRequest):
            memory = self._memory
            if memory is not None and not self._facts_moved and self._keys.is_new(asked.key_hash):
                check_stock(memory, asked)
            if len(self._queue) >= QUEUE_MAX:
                raise UnavailableError("too many orders at once; repeat with the same key in a moment")
            self._keys.add_waiting(asked.key_hash)
        self._queue.append(asked)
        self._wake.set()

    def submit_forwarded(self, asked: DeskRequest) -> None:
        """Queue what another process was asked. Raises LeaseLostError when this desk does not sell now."""
        if not self._serving or self._stopping:
            raise LeaseLostError("another process has the sale desk")
        self.submit(asked)
        self._forwarded.add(asked.answer)
        asked.answer.add_done_callback(self._forwarded.discard)

    async def _run(self) -> None:
        self._down_us = self._clock.monotonic_us()
        while not self._stopping:
            try:
                await self._lease()
                await self._serve()
            except (*_BROKEN, asyncpg.PostgresError, SQLAlchemyError, TimeoutError, LeaseLostError) as error:
                self._log_once(type(error).__name__)
            except Exception:
                _log.exception("sale desk failed", shop_id=str(self._shop_id))
            finally:
                self._memory = None
                self._serving = False
                for answer in list(self._forwarded):
                    # What came from another process goes back there: it knows who is next.
                    if not answer.done():
                        answer.set_exception(LeaseLostError("the sale desk has moved; repeat with the same key"))
                for connection in self._connections:
                    connection.terminate()
                self._connections.clear()
            if not self._stopping:
                await self._wait_for_lease("the sale desk has no database; repeat with the same key")

    def _log_once(self, problem: str) -> None:
        """One line a kind of trouble, not one a retry."""
        if problem != self._problem:
            _log.warning("sale desk lost its lease", shop_id=str(self._shop_id), error=problem)
        self._problem = problem

    async def _wait_for_lease(self, message: str) -> None:
        """A moment later; buyers who have waited LEASE_WAIT_US by then are told to come back."""
        await asyncio.sleep(RETRY_S)
        if self._clock.monotonic_us() - self._down_us >= LEASE_WAIT_US:
            self._refuse_queue(message)

    async def _lease(self) -> None:
        """Connect, take the lease, read memory; waits while another process holds it."""
        for _ in range(IN_FLIGHT_MAX):
            connection = await self._database.raw_connection(
                application_name=self._door.name, lock_timeout="10s", statement_timeout="30s", **PLAN_SETTINGS
            )
            connection.add_termination_listener(lambda _: self._wake.set())
            self._formats = await prepare(connection)
            self._connections.append(connection)
        connection = self._connections[0]
        self._free = list(self._connections)
        await connection.add_listener(FACTS_NOTIFY_CHANNEL, self._on_facts)
        lock = int.from_bytes(hashlib.sha256(b"sale desk" + self._shop_id.bytes).digest()[:8], "big", signed=True)
        while not await connection.fetchval("select pg_try_advisory_lock($1)", lock):
            if self._stopping:
                return
            await self._follow(connection)
        holder = f"{socket.gethostname()}:{os.getpid()}"
        door = await self._door.address()
        await connection.execute("insert into shop_terms (shop_id) values ($1) on conflict do nothing", self._shop_id)
        self._epoch = await connection.fetchval(
            _TAKE_LEASE, self._shop_id, holder, self._clock.now_us(), door, self._door.key
        )
        self._keys = await KnownKeys.load(connection, self._shop_id, waiting=_keys_of(self._queue))
        async with connection.transaction():
            locked = await self._lock_rows(connection)
            self._chain = locked.chain
            await self._load(locked.version, keep=False)
        self._problem = ""
        self._serving = True
        self._wake.set()

    async def _follow(self, connection: asyncpg.Connection) -> None:
        """Hand requests to the holder until it is gone; what it did not answer is in the queue again.

        A holder that is silent is ended: its locks with its connections, its commits by the epoch.
        """
        row = await connection.fetchrow("select door, door_key from sale_desk where shop_id = $1", self._shop_id)
        if row is None or row["door"] is None:
            await self._wait_for_lease("another process holds this shop's sale desk; repeat with the same key")
            return
        try:
            link = await DeskLink.open(row["door"], row["door_key"], self._shop_id, self._wake.set)
        except TimeoutError:
            await connection.execute(_END_HOLDER, door_name(row["door_key"]))
            return
        except OSError:
            await self._wait_for_lease("the process that holds this shop's sale desk is away; repeat with the same key")
            return
        try:
            again = await self._hand_over(connection, link)
            if link.silent:
                _log.warning("the holder of a sale desk is silent", shop_id=str(self._shop_id))
                await connection.execute(_END_HOLDER, door_name(row["door_key"]))
        finally:
            self._queue[:0] = await link.close()
            self._wake.set()
            if link.answered:
                self._down_us = self._clock.monotonic_us()
        if again:
            await self._wait_for_lease("the sale desk is moving; repeat with the same key")

    async def _hand_over(self, connection: asyncpg.Connection, link: DeskLink) -> bool:
        """Send whatever comes in. Ends with the link, or (True) when the holder says that it is none."""
        while not self._stopping:
            await self._wake.wait()
            if connection.is_closed():
                raise LeaseLostError("the sale desk's connection is closed")
            if not link.alive:
                return False
            refused = link.take_back()
            if refused:
                self._queue[:0] = refused
                return True
            for asked in self._take():
                if link.waiting >= QUEUE_MAX:
                    _answer_all([asked], UnavailableError("too many orders at once; repeat with the same key"))
                    continue
                link.send(asked)
                if isinstance(asked, SaleRequest):
                    self._keys.done_waiting(asked.key_hash)
            if not self._queue:
                self._wake.clear()
        return False

    async def _serve(self) -> None:
        """Decide a batch while the ones before are written. Raises what broke the connection."""
        in_flight: deque[asyncio.Task[None]] = deque()
        ahead = False  # whether the newest in flight was decided ahead
        try:
            while not self._stopping:
                await self._wake.wait()
                while in_flight and in_flight[0].done():
                    in_flight.popleft().result()
                if any(connection.is_closed() for connection in self._connections):
                    raise LeaseLostError("the sale desk's connection is closed")
                if len(in_flight) == IN_FLIGHT_MAX:
                    await asyncio.wait({in_flight[0]})
                    continue
                requests = self._take()
                if not requests:
                    continue
                try:
                    decided = await self._decide_ahead(requests)
                except BaseException:
                    # Nothing of these was tried: they keep their place for the next lease.
                    self._queue[:0] = requests
                    raise
                if decided is not None and decided.unsure:
                    requests = self._look_up_later(requests, decided)
                    if not requests:
                        continue
                if in_flight and not (ahead and decided is not None):
                    # What the database decides has its turn alone: memory must know all that was committed before.
                    await asyncio.wait(in_flight)
                ahead = decided is not None
                self._committing |= _keys_of(requests)
                commit = asyncio.create_task(self._commit_all(requests, decided, in_flight[-1] if in_flight else None))
                commit.add_done_callback(lambda _: self._wake.set())
                in_flight.append(commit)
        except asyncio.CancelledError:
            for commit in in_flight:
                commit.cancel()
            raise
        finally:
            await asyncio.gather(*in_flight, return_exceptions=True)
            self._ahead.clear()
            self._committing.clear()

    def _take(self) -> list[DeskRequest]:
        waiting = len(self._queue) + len(self._committing)
        most = min(BATCH_MAX, max(BATCH_MIN, (waiting + 1) // 2))
        taken, self._queue = self._queue[:most], self._queue[most:]
        if not self._queue:
            self._wake.clear()
        return [asked for asked in taken if not asked.answer.done()]

    async def _decide_ahead(self, requests: Sequence[DeskRequest]) -> Decided | None:
        """The batch decided on memory alone; None when it needs the database to be decided."""
        memory = self._memory
        sales = [asked for asked in requests if isinstance(asked, SaleRequest)]
        if (
            memory is None
            or memory is self._spoilt
            or self._facts_moved
            or len(sales) < len(requests)
            or any(asked.look_up or self._keys.has(asked.key_hash) for asked in sales)
            or not self._committing.isdisjoint(asked.key_hash for asked in sales)
            or not creators_of(requests) <= memory.books.creators.keys()
        ):
            return None
        decided = Decided(memory, keys_known=self._keys.complete)
        self._ahead.append(decided)
        await decide_ahead(decided, sales, now_us=self._clock.now_us())
        return decided

    def _look_up_later(self, requests: Sequence[DeskRequest], decided: Decided) -> list[DeskRequest]:
        """Let what ``decided`` is unsure of wait for a batch that is decided with the database at hand; returns the
        others of ``requests``, which ``decided`` answers.
        """
        for asked in decided.unsure:
            asked.look_up = True
        self._queue[:0] = decided.unsure
        self._wake.set()
        later = {id(asked) for asked in decided.unsure}
        others = [asked for asked in requests if id(asked) not in later]
        if not others:
            self._ahead.remove(decided)
        return others

    async def _commit_all(
        self, requests: Sequence[DeskRequest], decided: Decided | None, before: "asyncio.Task[None] | None"
    ) -> None:
        """Commit the batch and let everybody know. Raises what broke the connection, after answering all."""
        connection = self._free.pop()
        try:
            await self._commit(connection, requests, decided, before)
        except BaseException:
            self._down_us = self._clock.monotonic_us()
            _answer_all(requests, "the order's outcome is unknown; repeat with the same key")
            raise
        finally:
            self._free.append(connection)
            if decided is not None:
                self._ahead.remove(decided)
            self._committing -= _keys_of(requests)
            for asked in requests:
                if isinstance(asked, SaleRequest):
                    self._keys.done_waiting(asked.key_hash)

    async def _commit(
        self,
        connection: asyncpg.Connection,
        requests: Sequence[DeskRequest],
        decided: Decided | None = None,
        before: "asyncio.Task[None] | None" = None,
        *,
        attempt: int = 1,
    ) -> None:
        """Commit ``requests`` as one batch; when the database refuses it, in halves down to the one it refuses."""
        try:
            decided = await self._attempt(connection, requests, decided, before)
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            self._memory = None
            if attempt >= ATTEMPTS_MAX:
                raise
            await self._commit(connection, requests, attempt=attempt + 1)
            return
        except _REFUSED as error:
            self._memory = None
            if decided is not None and getattr(error, "constraint_name", None) == _KEY_CONSTRAINT:
                # Decided ahead on keys that were only likely to be new: the database knows better, and is asked.
                await self._commit(connection, requests, None, before, attempt=attempt + 1)
                return
            _log.warning("a batch was refused", size=len(requests), error=type(error).__name__)
            half = len(requests) // 2
            if half == 0:
                _answer_all(requests, refusal_of_constraint(error))
            else:
                await self._commit(connection, requests[:half])
                await self._commit(connection, requests[half:])
            return
        for sale in decided.sales:
            self._keys.add(sale.asked.key_hash)
        self.batches += 1
        decided.send()

    async def _attempt(
        self,
        connection: asyncpg.Connection,
        requests: Sequence[DeskRequest],
        decided: Decided | None,
        before: "asyncio.Task[None] | None",
    ) -> Decided:
        """One transaction. What was decided ahead stands if memory is still what the database holds, and if the batch
        on top of which it was decided is the last one there.
        """
        if decided is not None and decided.memory is self._memory and decided.memory is not self._spoilt:
            believed = Lease(self._shop_id, self._epoch, decided.memory.version, self._chain)
            tried = asyncio.Event()
            self._trying.add(tried)
            try:
                with contextlib.suppress(asyncpg.SerializationError):
                    await self._write(connection, decided, believed)
                    return decided
            finally:
                self._trying.discard(tried)
                tried.set()
            # It has taken from a memory in which it will be decided once more.
            self._spoilt = decided.memory
            # The batch on top of it has its rows in the database and waits for the lease rows, soon to fail. Decided
            # anew, this one may want the same order numbers: it would hold the lease rows and wait for those.
            await asyncio.gather(*(each.wait() for each in self._trying))
        if before is not None:
            await asyncio.wait({before})
            if before.cancelled() or before.exception() is not None:
                raise LeaseLostError("the batch before this one is lost")
        async with connection.transaction():
            locked = await self._lock_rows(connection)
            # What was not written is no link of the chain.
            self._chain = locked.chain
            memory = self._memory
            if memory is None or memory is self._spoilt or memory.version != locked.version:
                memory = await self._load(locked.version, keep=memory is not None)
            # The rows are locked: whatever was announced so far is in memory.
            self._facts_moved = False
            decided = Decided(memory)
            await decide_asked(connection, self._database, decided, requests, keys=self._keys, clock=self._clock)
            if decided.sales or decided.settled:
                await self._write(connection, decided, locked)
        return decided

    async def _write(self, connection: asyncpg.Connection, decided: Decided, believed: Lease) -> None:
        """Write the batch. Raises SerializationError when ``believed`` is not true."""
        self._chain = secrets.randbits(CHAIN_BITS)
        await write_batch(connection, decided.batch, believed, self._chain, self._formats)

    async def _lock_rows(self, connection: asyncpg.Connection) -> Lease:
        """Lock the lease rows until commit and return what they say. Raises LeaseLostError."""
        row = await connection.fetchrow(_LOCK_LEASE_ROWS, self._shop_id)
        if row is None or row["epoch"] != self._epoch:
            raise LeaseLostError("another process has taken the sale desk over")
        return Lease(self._shop_id, row["epoch"], row["version"], row["chain"])

    async def _load(self, version: int, *, keep: bool) -> DeskMemory:
        """Read memory anew; ``keep`` the buyers' counts of the old one, less what is not committed yet."""
        old = self._memory if keep else None
        for ahead in self._ahead:
            if ahead.memory is old:
                ahead.forget()
        now_us = self._clock.now_us()
        async with self._database.transaction() as connection:
            self._memory = await load_memory(
                connection, self._shop_id, version=version, now_us=now_us, old=old, formats=self._formats
            )
        return self._memory

    def _on_facts(self, connection: object, pid: int, channel: str, payload: object) -> None:
        if payload == str(self._shop_id):
            self._facts_moved = True

    def _refuse_queue(self, message: str) -> None:
        requests, self._queue = self._queue, []
        self._wake.clear()
        _answer_all(requests, message)


def _keys_of(requests: Sequence[DeskRequest]) -> set[bytes]:
    return {asked.key_hash for asked in requests if isinstance(asked, SaleRequest)}


def _answer_all(requests: Sequence[DeskRequest], error: TallyError | str) -> None:
    """Answer whoever still waits with ``error``; a text is a LeaseLostError of their own."""
    for asked in requests:
        if not asked.answer.done():
            asked.answer.set_exception(LeaseLostError(error) if isinstance(error, str) else error)
