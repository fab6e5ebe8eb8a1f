"""How long a shop keeps what was said, and the act that empties a broadcast's record when that time is over.

Some laws ask for three years of live and transaction records; that is the default. An act empties the entries that
hold speech, in portions of ACT_ENTRIES_MAX, each named and sealed in the chain itself; what the gate did, holds,
signatures and acts stay.
"""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.chain import REDACTABLE, RETENTION, ranges_of, seal_of
from tallylight.compliance.evidence import chain_entry, record_evidence, verify_evidence
from tallylight.compliance.models import evidence, evidence_head, finding, transcript
from tallylight.compliance.record.errors import BrokenChainError, HeldError
from tallylight.compliance.record.legal_hold import By, holds_on
from tallylight.compliance.record.models import promise, retention_policy
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError

DAYS_DEFAULT = 3 * 365 + 1
DAYS_MIN, DAYS_MAX = 30, 36_500
DAY_US = 86_400 * MICROSECONDS
ACT_ENTRIES_MAX = 1_000


class RetentionAct(msgspec.Struct, frozen=True):
    """What one emptying did. ``acts``: the chain entries that say so."""

    entries: int
    acts: tuple[int, ...]


async def retention_days(connection: AsyncConnection, shop_id: UUID) -> int:
    """How many days the shop keeps its records; DAYS_DEFAULT until it says otherwise."""
    days = await connection.scalar(sa.select(retention_policy.c.days).where(retention_policy.c.shop_id == shop_id))
    return DAYS_DEFAULT if days is None else days


async def set_retention(connection: AsyncConnection, shop_id: UUID, days: int, *, set_by: UUID, now_us: int) -> None:
    """From now on the shop keeps its records for ``days``. Raises InvalidInputError out of bounds."""
    if not DAYS_MIN <= days <= DAYS_MAX:
        raise InvalidInputError(f"records are kept for {DAYS_MIN} to {DAYS_MAX} days", field="days")
    values = {"days": days, "set_by": set_by, "set_us": now_us}
    await connection.execute(
        insert(retention_policy)
        .values(shop_id=shop_id, **values)
        .on_conflict_do_update(index_elements=[retention_policy.c.shop_id], set_=values)
    )


async def empty_record(
    connection: AsyncConnection, broadcast_id: UUID, *, days: int, now_us: int, by: By | None = None
) -> RetentionAct:
    """Delete what was said in the broadcast: its transcript, findings, promises and these entries' content.

    ``by`` None: the shop's retention policy of ``days``. Raises HeldError under a legal hold, BrokenChainError for a
    chain that does not verify: a broken chain is evidence of something, and is left for people to look at.
    """
    await connection.execute(
        sa.select(evidence_head.c.seq).where(evidence_head.c.broadcast_id == broadcast_id).with_for_update()
    )
    if broadcast_id in await holds_on(connection, [broadcast_id]):
        raise HeldError("a legal hold stands on this broadcast; compliance has to lift it first")
    report = await verify_evidence(connection, broadcast_id)
    if report.broken is not None:
        raise BrokenChainError("the chain of this broadcast is broken; nothing of it is deleted", seq=report.broken.seq)
    emptied, acts = 0, []
    while portion := await _portion(connection, broadcast_id):
        entries = [chain_entry(row) for row in portion]
        ranges = ranges_of(entry.seq for entry in entries)
        payload = {
            "ranges": ranges,
            "sealed": seal_of(entries),
            "days": days,
            "wall_us": now_us,
            "by": None if by is None else by.person_id,
            "name": None if by is None else by.name,
        }
        act = await record_evidence(connection, broadcast_id, RETENTION, payload, now_us)
        await connection.execute(
            evidence.update()
            .where(evidence.c.broadcast_id == broadcast_id, evidence.c.seq.in_([entry.seq for entry in entries]))
            .values(payload=sa.null(), salt=None, redacted_by=act)
        )
        emptied += len(entries)
        acts.append(act)
    for table in (transcript, finding, promise):
        await connection.execute(table.delete().where(table.c.broadcast_id == broadcast_id))
    return RetentionAct(emptied, tuple(acts))


async def _portion(connection: AsyncConnection, broadcast_id: UUID) -> list[sa.Row[tuple[object, ...]]]:
    rows = await connection.execute(
        sa.select(evidence)
        .where(
            evidence.c.broadcast_id == broadcast_id,
            evidence.c.kind.in_(sorted(REDACTABLE)),
            evidence.c.payload.is_not(None),
        )
        .order_by(evidence.c.seq)
        .limit(ACT_ENTRIES_MAX)
    )
    return list(rows.all())
