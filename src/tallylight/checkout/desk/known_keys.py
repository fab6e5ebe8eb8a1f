"""Which idempotency keys may already stand for an order, so that "sold out" can be answered from memory.

A buyer who repeats the key of an order must get that order, sold out or not. A key that is certainly new cannot.
"""

from typing import Self
from uuid import UUID

import asyncpg

KEYS_MAX = 300_000
"""In each of two generations; about 100 bytes each."""


class KnownKeys:
    """Hashes of the keys of the shop's orders, the newest ones: KEYS_MAX to twice as many.

    A key that is not among them is new for certain only while the shop has no other orders. Beyond that it is new in
    all likelihood, and the database has the last word: it has every key in a unique index.
    """

    def __init__(self) -> None:
        self._orders: set[bytes] = set()
        self._older: set[bytes] = set()
        self._waiting: set[bytes] = set()
        self.complete = False

    @classmethod
    async def load(cls, connection: asyncpg.Connection, shop_id: UUID, *, waiting: set[bytes]) -> Self:
        """The shop's keys; ``waiting``: keys of requests in the queue."""
        known = cls()
        known._waiting = waiting
        rows = await connection.fetch(
            "select key_hash from customer_order where shop_id = $1 order by number desc limit $2",
            shop_id,
            KEYS_MAX + 1,
        )
        known._older = {row["key_hash"] for row in rows[:KEYS_MAX]}
        known.complete = len(rows) <= KEYS_MAX
        return known

    def is_new(self, key_hash: bytes) -> bool:
        """True when the key certainly made no order and none is being made with it."""
        return self.complete and not self.has(key_hash) and key_hash not in self._waiting

    def has(self, key_hash: bytes) -> bool:
        """True when an order was made with the key, as far as is remembered; none was when ``complete``."""
        return key_hash in self._orders or key_hash in self._older

    def add_waiting(self, key_hash: bytes) -> None:
        self._waiting.add(key_hash)

    def done_waiting(self, key_hash: bytes) -> None:
        self._waiting.discard(key_hash)

    def add(self, key_hash: bytes) -> None:
        """An order was made with it."""
        if len(self._orders) >= KEYS_MAX:
            if self._older:
                self.complete = False
            self._older, self._orders = self._orders, set()
        self._orders.add(key_hash)
