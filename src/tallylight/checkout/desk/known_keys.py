"""Which idempotency keys may already stand for an order, so that "sold out" can be answered from memory.

A buyer who repeats the key of an order must get that order, sold out or not. A key that is certainly new cannot.
"""

from typing import Self
from uuid import UUID

import asyncpg

KEYS_MAX = 300_000
"""About 100 bytes each."""


class KnownKeys:
    """Hashes of the keys of the shop's orders. Beyond KEYS_MAX nothing is certain, and the database is asked."""

    def __init__(self) -> None:
        self._orders: set[bytes] = set()
        self._waiting: set[bytes] = set()
        self._complete = False

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
        known._orders = {row["key_hash"] for row in rows}
        known._complete = len(known._orders) <= KEYS_MAX
        return known

    def is_new(self, key_hash: bytes) -> bool:
        """True when the key certainly made no order and none is being made with it."""
        return self._complete and key_hash not in self._orders and key_hash not in self._waiting

    def is_unordered(self, key_hash: bytes) -> bool:
        """True when certainly no committed order was made with the key."""
        return self._complete and key_hash not in self._orders

    def add_waiting(self, key_hash: bytes) -> None:
        self._waiting.add(key_hash)

    def done_waiting(self, key_hash: bytes) -> None:
        self._waiting.discard(key_hash)

    def add(self, key_hash: bytes) -> None:
        """An order was made with it."""
        if len(self._orders) >= KEYS_MAX:
            self._complete = False
            self._orders.clear()
        if self._complete:
            self._orders.add(key_hash)
