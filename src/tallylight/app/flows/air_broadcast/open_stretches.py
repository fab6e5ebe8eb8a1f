"""Stretches of the gate that began and, as far as the evidence says, have not ended."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.models import evidence


async def open_stretches(connection: AsyncConnection, broadcast_id: UUID) -> list[dict[str, Any]]:
    """The payloads of their ``.began`` events, in the order of the chain."""
    name = evidence.c.payload["event"].astext
    rows = await connection.scalars(
        sa.select(evidence.c.payload)
        .where(
            evidence.c.broadcast_id == broadcast_id,
            evidence.c.kind == "gate",
            sa.or_(name.like("%.began"), name.like("%.ended")),
        )
        .order_by(evidence.c.seq)
    )
    opened: dict[tuple[str, str | None], dict[str, Any]] = {}
    for payload in rows:
        kind, _, what = str(payload["event"]).rpartition(".")
        key = (kind, payload.get("destination_id"))
        if what == "began":
            opened[key] = payload
        else:
            opened.pop(key, None)
    return list(opened.values())
