"""The disclosure that a host is paid, on the viewer's screen: told to players at its frame, and kept as evidence."""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.models import evidence
from tallylight.foundation.ids import BroadcastId, PersonId, ShowId
from tallylight.foundation.outbox import event, publish
from tallylight.shows.models import broadcast
from tallylight.shows.models import show as shows
from tallylight.shows.paid_host import paid_host, paid_host_of, paid_hosts
from tallylight.shows.queries import show_by
from tallylight.shows.rule_paid import rule_paid
from tallylight.shows.types import PaidHost

ON_SCREEN = "Paid partnership"
"""What the player shows beside the host's name while the host is paid."""


async def disclosure_begun(connection: AsyncConnection, broadcast_id: BroadcastId, at_us: int) -> None:
    """From programme time ``at_us`` players show it."""
    await record_evidence(connection, broadcast_id, "disclosure", {"event": "on", "text": ON_SCREEN}, at_us)


async def disclosure_ended(connection: AsyncConnection, broadcast_id: BroadcastId, at_us: int) -> None:
    """From ``at_us`` on they do not; harmless when they did not before."""
    if await is_shown(connection, broadcast_id):
        await record_evidence(connection, broadcast_id, "disclosure", {"event": "off"}, at_us)


async def rule_paid_and_tell(
    connection: AsyncConnection,
    show_id: ShowId,
    paid: bool | None,
    *,
    reason: str,
    ruled_by: PersonId | None,
    at_us: int,
) -> PaidHost:
    """A person's ruling on air or before it: players, staff and the chain learn of it. Raises as ``rule_paid``."""
    await rule_paid(connection, show_id, paid, reason=reason, ruled_by=ruled_by, at_us=at_us)
    now = await paid_host(connection, await show_by(connection, show_id), at_us)
    on_air = await connection.scalar(_on_air().where(broadcast.c.show_id == show_id))
    if on_air is not None:
        await _settle(connection, on_air, now, at_us)
    await _tell(connection, show_id, now, at_us)
    return now


async def follow_contracts(connection: AsyncConnection, now_us: int) -> int:
    """Where a contract began or ended while its host is on air, players, staff and the chain learn of it; of how many
    shows. One query for all shows on air; those that seem to have changed are then locked and looked at once more.
    """
    changed = 0
    for broadcast_id in await _otherwise_paid(connection, now_us):
        on_air = _on_air().add_columns(broadcast.c.show_id).where(broadcast.c.id == broadcast_id)
        row = (await connection.execute(on_air)).one_or_none()
        if row is None:
            continue
        now = await paid_host(connection, await show_by(connection, row.show_id), now_us)
        if await _settle(connection, row.id, now, now_us):
            await _tell(connection, row.show_id, now, now_us)
            changed += 1
    return changed


async def _otherwise_paid(connection: AsyncConnection, now_us: int) -> list[UUID]:
    """The broadcasts on air whose host is paid and not shown to be, or the other way about."""
    told = evidence.c.payload["event"].astext
    newest = (
        sa.select(told)
        .where(evidence.c.broadcast_id == broadcast.c.id, evidence.c.kind == "disclosure", told.in_(("on", "off")))
        .order_by(evidence.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await connection.execute(
        paid_hosts(now_us)
        .join(broadcast, sa.and_(broadcast.c.show_id == shows.c.id, broadcast.c.ended_us.is_(None)))
        .add_columns(broadcast.c.id, newest.label("newest"))
        .order_by(broadcast.c.id)
    )
    return [row.id for row in rows if paid_host_of(row).paid is not (row.newest == "on")]


def _on_air() -> sa.Select[Any]:
    """Locked, so that two who find the same change do not both put it on the chain. Whoever writes what belongs to
    the broadcast waits for nobody (``key_share``).
    """
    on_air = sa.select(broadcast.c.id).where(broadcast.c.ended_us.is_(None)).order_by(broadcast.c.id)
    return on_air.with_for_update(key_share=True)


async def _settle(connection: AsyncConnection, broadcast_id: UUID, now: PaidHost, at_us: int) -> bool:
    """Whether it had to change what is shown."""
    shown = await is_shown(connection, BroadcastId(broadcast_id))
    if now.paid and not shown:
        await disclosure_begun(connection, BroadcastId(broadcast_id), at_us)
    elif shown and not now.paid:
        await disclosure_ended(connection, BroadcastId(broadcast_id), at_us)
    return now.paid is not shown


async def _tell(connection: AsyncConnection, show_id: ShowId, now: PaidHost, at_us: int) -> None:
    await publish(connection, f"control:{show_id}", "paid.ruled", msgspec.to_builtins(now), at_us=at_us)
    await publish(connection, f"show:{show_id}", "paid", {"host_is_paid": now.paid}, at_us=at_us)


async def disclosure_due(connection: AsyncConnection, show_id: ShowId, since_us: int) -> int | None:
    """By when the host must say again that they are paid, when the last word since ``since_us`` is that it is due."""
    payload = await connection.scalar(
        sa.select(event.c.payload)
        .where(
            event.c.channel == f"control:{show_id}",
            event.c.type.in_(("disclosure.due", "disclosure.said")),
            event.c.at_us >= since_us,
        )
        .order_by(event.c.at_us.desc(), event.c.offset.desc())
        .limit(1)
    )
    return None if payload is None else payload.get("due_us")


class DisclosureEntry(msgspec.Struct, frozen=True):
    """The chain's word on the disclosure: "on" and "off" for players, "confirmed" and "unconfirmed" by them."""

    event: str
    at_us: int


async def newest_disclosure(connection: AsyncConnection, broadcast_id: UUID, *events: str) -> DisclosureEntry | None:
    """The last entry about it; with ``events`` the last of those."""
    told = evidence.c.payload["event"].astext
    last = (
        await connection.execute(
            sa.select(told.label("event"), evidence.c.at_us)
            .where(
                evidence.c.broadcast_id == broadcast_id,
                evidence.c.kind == "disclosure",
                told.in_(events) if events else sa.true(),
            )
            .order_by(evidence.c.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    return None if last is None else DisclosureEntry(last.event, last.at_us)


async def is_shown(connection: AsyncConnection, broadcast_id: BroadcastId) -> bool:
    """Whether players are to show it now."""
    newest = await newest_disclosure(connection, broadcast_id, "on", "off")
    return newest is not None and newest.event == "on"
