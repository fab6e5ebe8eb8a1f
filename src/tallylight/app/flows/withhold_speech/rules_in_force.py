"""The rules that a broadcast is judged by: the market's pack with what the shop changed in it, and the record of it."""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.change_shop_rules import shop_rules
from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.models import evidence
from tallylight.compliance.pack import Pack, load_pack, load_pack_data
from tallylight.compliance.shop_rules import ShopRules, with_shop_rules
from tallylight.shows.models import broadcast, show

EVIDENCE_KIND = "shop_rules"


async def rules_in_force(connection: AsyncConnection, show_id: UUID, market: str) -> tuple[Pack, ShopRules]:
    """The pack for a show in ``market`` (one that ships), and the shop's changes in it."""
    shop_id = await connection.scalar(sa.select(show.c.shop_id).where(show.c.id == show_id))
    return (load_pack(market), ShopRules()) if shop_id is None else await shop_pack(connection, shop_id, market)


async def shop_pack(connection: AsyncConnection, shop_id: UUID, market: str) -> tuple[Pack, ShopRules]:
    """The pack that ships for ``market`` as the shop changed it, and the changes."""
    rules = await shop_rules(connection, shop_id, market)
    if not rules.all:
        return load_pack(market), rules
    return Pack(with_shop_rules(load_pack_data(market), rules)), rules


async def record_rules(connection: AsyncConnection, broadcast_id: UUID, market: str, rules: ShopRules) -> None:
    """Put the shop's changes that this broadcast is judged by on its record, once for as long as they are the same."""
    if not rules.all:
        return
    payload: dict[str, Any] = msgspec.to_builtins(
        {"market": market, "pack_version": load_pack_data(market).version, "changes": list(rules.all)}
    )
    last = await connection.scalar(
        sa.select(evidence.c.payload)
        .where(evidence.c.broadcast_id == broadcast_id, evidence.c.kind == EVIDENCE_KIND)
        .order_by(evidence.c.seq.desc())
        .limit(1)
    )
    if last != payload:
        started_us = await connection.scalar(sa.select(broadcast.c.started_us).where(broadcast.c.id == broadcast_id))
        await record_evidence(connection, broadcast_id, EVIDENCE_KIND, payload, started_us or 0)
