"""A shop's broadcasts with what is on record of each, for the people who answer for it."""

from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.models import evidence, evidence_head, finding
from tallylight.compliance.record.legal_hold import holds_on
from tallylight.compliance.record.models import aftercare, promise
from tallylight.compliance.record.retention import DAY_US, retention_days
from tallylight.members.models import person
from tallylight.shows.models import broadcast, show

PAGE = 25


class HoldView(msgspec.Struct):
    """A legal hold that stands. ``placed_us``: wall time."""

    reason: str
    name: str
    placed_us: int


class SignatureView(msgspec.Struct):
    """The latest signature. ``entries``: how much of the chain it covers."""

    name: str
    wall_us: int
    entries: int


class PromiseView(msgspec.Struct):
    """A promise and what became of it."""

    kind: str
    quote: str
    said_us: int
    verdict: str
    reason: str


class ReportLine(msgspec.Struct):
    """One broadcast. ``deleted_on_us``: when retention empties it, or None under a hold or once it has."""

    broadcast_id: UUID
    title: str
    started_us: int
    ended_us: int | None
    blocks: int
    holds: int
    notes: int
    kept: int
    entries: int
    hold: HoldView | None
    signature: SignatureView | None
    promises: list[PromiseView]
    deleted_on_us: int | None
    emptied_us: int | None


class ReportList(msgspec.Struct):
    """``next``: what to pass as ``before`` for the page after; None at the end."""

    reports: list[ReportLine]
    retention_days: int
    next: int | None


async def reports_of_shop(connection: AsyncConnection, shop_id: UUID, *, before_us: int | None = None) -> ReportList:
    """The shop's broadcasts, newest first, PAGE at a time."""
    statement = (
        sa.select(broadcast, show.c.title, evidence_head.c.seq, aftercare.c.emptied_us)
        .join(show, show.c.id == broadcast.c.show_id)
        .outerjoin(evidence_head, evidence_head.c.broadcast_id == broadcast.c.id)
        .outerjoin(aftercare, aftercare.c.broadcast_id == broadcast.c.id)
        .where(show.c.shop_id == shop_id)
        .order_by(broadcast.c.started_us.desc())
        .limit(PAGE + 1)
    )
    if before_us is not None:
        statement = statement.where(broadcast.c.started_us < before_us)
    rows = (await connection.execute(statement)).all()
    more, rows = len(rows) > PAGE, rows[:PAGE]
    ids = [row.id for row in rows]
    days = await retention_days(connection, shop_id)
    counts = await _counts(connection, ids)
    holds = await _holds(connection, ids)
    signatures = await _signatures(connection, ids)
    promises = await _promises(connection, ids)
    lines = [
        ReportLine(
            broadcast_id=row.id,
            title=row.title,
            started_us=row.started_us,
            ended_us=row.ended_us,
            **counts.get(row.id, {"blocks": 0, "holds": 0, "notes": 0, "kept": 0}),
            entries=row.seq or 0,
            hold=holds.get(row.id),
            signature=signatures.get(row.id),
            promises=promises.get(row.id, []),
            deleted_on_us=_deleted_on(row, days, held=row.id in holds),
            emptied_us=row.emptied_us,
        )
        for row in rows
    ]
    return ReportList(lines, days, rows[-1].started_us if more else None)


def _deleted_on(row: sa.Row[Any], days: int, *, held: bool) -> int | None:
    if held or row.ended_us is None or row.emptied_us is not None:
        return None
    return int(row.ended_us) + days * DAY_US


async def _counts(connection: AsyncConnection, ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    stopped = finding.c.outcome.in_(("bleeped", "covered"))
    rows = await connection.execute(
        sa.select(
            finding.c.broadcast_id,
            sa.func.count().filter(finding.c.verdict == "block").label("blocks"),
            sa.func.count().filter(finding.c.verdict == "hold").label("holds"),
            sa.func.count().filter(finding.c.verdict == "note").label("notes"),
            sa.func.count().filter(stopped).label("kept"),
        )
        .where(finding.c.broadcast_id.in_(ids))
        .group_by(finding.c.broadcast_id)
    )
    return {
        row.broadcast_id: {"blocks": row.blocks, "holds": row.holds, "notes": row.notes, "kept": row.kept}
        for row in rows
    }


async def _holds(connection: AsyncConnection, ids: list[UUID]) -> dict[UUID, HoldView]:
    holds = await holds_on(connection, ids)
    people = {each.placed_by for each in holds.values()}
    rows = await connection.execute(sa.select(person.c.id, person.c.name).where(person.c.id.in_(people)))
    names = {row.id: row.name for row in rows}
    return {key: HoldView(each.reason, names.get(each.placed_by, ""), each.placed_us) for key, each in holds.items()}


async def _signatures(connection: AsyncConnection, ids: list[UUID]) -> dict[UUID, SignatureView]:
    rows = await connection.execute(
        sa.select(evidence.c.broadcast_id, evidence.c.payload)
        .where(evidence.c.broadcast_id.in_(ids), evidence.c.kind == "signature")
        .order_by(evidence.c.broadcast_id, evidence.c.seq)
    )
    return {
        row.broadcast_id: SignatureView(row.payload["name"], row.payload["wall_us"], row.payload["entries"])
        for row in rows
    }


async def _promises(connection: AsyncConnection, ids: list[UUID]) -> dict[UUID, list[PromiseView]]:
    rows = await connection.execute(
        sa.select(promise).where(promise.c.broadcast_id.in_(ids)).order_by(promise.c.said_us, promise.c.id)
    )
    found: dict[UUID, list[PromiseView]] = {}
    for row in rows:
        view = PromiseView(row.kind, row.quote, row.said_us, row.verdict, row.reason)
        found.setdefault(row.broadcast_id, []).append(view)
    return found
