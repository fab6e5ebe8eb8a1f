"""Keeps the price history: list price and selling price of a variant from a moment on."""

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import price_change

PriceReason = Literal["created", "import", "edit", "deal opened", "deal ended"]


class PriceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of price history; amounts in minor units of ``currency``."""

    variant_id: UUID
    currency: str
    list_minor: int
    selling_minor: int
    compare_at_minor: int | None
    at_us: int
    reason: PriceReason
    deal_id: UUID | None = None


async def record_prices(connection: AsyncConnection, records: Iterable[PriceRecord]) -> None:
    """Append ``records`` to the price history."""
    rows = [msgspec.structs.asdict(record) for record in records]
    if rows:
        await connection.execute(price_change.insert(), rows)
