"""What the desk reads: findings, the words around them, who is on which, and what was decided about the like."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.desk.models import correction, finding_lease
from tallylight.compliance.desk.types import Correction, HeardWord, KeptFinding, Lease, PastDecision, Ruling
from tallylight.compliance.models import finding, transcript
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import BroadcastId, FindingId, PersonId, ShowId
from tallylight.members.models import person

FINDINGS_MAX = 200
CORRECTIONS_MAX = 100
ALIKE_SINCE_US = 90 * 24 * 3_600 * 1_000_000
ALIKE_MAX = 5
_COMPARED_MAX = 400
"""Wordings looked at for likeness, the newest: a shop that decides more of one rule in 90 days knows its mind."""
_ALIKE_PERCENT = 55


async def finding_by(connection: AsyncConnection, finding_id: UUID, *, lock: bool = False) -> KeptFinding:
    """The finding. ``lock``: nobody else decides it until the transaction ends. Raises NotFoundError."""
    statement = _FINDINGS.where(finding.c.id == finding_id)
    if lock:
        statement = statement.with_for_update(key_share=True, of=finding)
    row = (await connection.execute(statement)).first()
    if row is None:
        raise NotFoundError("there is no such finding")
    return _finding(row)


async def findings_of(connection: AsyncConnection, broadcast_id: BroadcastId) -> list[KeptFinding]:
    """The broadcast's last FINDINGS_MAX findings in order of time."""
    rows = await connection.execute(
        _FINDINGS.where(finding.c.broadcast_id == broadcast_id)
        .order_by(finding.c.start_us.desc(), finding.c.id.desc())
        .limit(FINDINGS_MAX)
    )
    return [_finding(row) for row in rows][::-1]


async def words_between(
    connection: AsyncConnection, broadcast_id: BroadcastId, from_us: int, to_us: int
) -> list[HeardWord]:
    """The words of a broadcast that begin within [from_us, to_us), in order of time."""
    rows = await connection.scalars(
        sa.select(transcript.c.words)
        .where(transcript.c.broadcast_id == broadcast_id, transcript.c.end_us > from_us, transcript.c.start_us < to_us)
        .order_by(transcript.c.start_us)
    )
    words = [HeardWord(word["text"], word["start_us"], word["end_us"]) for row in rows for word in row]
    return [word for word in words if from_us <= word.start_us < to_us]


async def leases_of(connection: AsyncConnection, show_id: ShowId, now_us: int) -> list[Lease]:
    """The live leases of a show at wall time ``now_us``."""
    rows = await connection.execute(
        sa.select(finding_lease, person.c.name)
        .join(person, person.c.id == finding_lease.c.person_id)
        .where(finding_lease.c.show_id == show_id, finding_lease.c.until_us > now_us)
        .order_by(finding_lease.c.finding_id)
    )
    return [Lease(FindingId(row.finding_id), PersonId(row.person_id), row.name, row.until_us) for row in rows]


async def past_decisions_like(
    connection: AsyncConnection, found: KeptFinding, show_ids: Sequence[ShowId], now_us: int
) -> list[PastDecision]:
    """What people decided in these shows since ALIKE_SINCE_US about near wordings of the rule, the nearest first."""
    rows = await connection.execute(
        sa.select(finding, person.c.name)
        .join(person, person.c.id == finding.c.decided_by)
        .where(
            finding.c.show_id.in_(show_ids),
            finding.c.rule == found.rule,
            finding.c.id != found.id,
            finding.c.decided_wall_us > now_us - ALIKE_SINCE_US,
        )
        .order_by(finding.c.decided_wall_us.desc())
        .limit(_COMPARED_MAX)
    )
    wording = found.quote.casefold()
    past = [
        PastDecision(
            FindingId(row.id),
            ShowId(row.show_id),
            row.quote,
            row.decision,
            row.name,
            row.decided_wall_us,
            round(fuzz.token_sort_ratio(wording, row.quote.casefold())),
        )
        for row in rows
    ]
    alike = [each for each in past if each.likeness_percent >= _ALIKE_PERCENT]
    return sorted(alike, key=lambda each: (-each.likeness_percent, -each.at_wall_us))[:ALIKE_MAX]


async def corrections_of(connection: AsyncConnection, broadcast_id: BroadcastId) -> list[Correction]:
    """The broadcast's last CORRECTIONS_MAX cards in order of time."""
    rows = await connection.execute(
        sa.select(correction)
        .where(correction.c.broadcast_id == broadcast_id)
        .order_by(correction.c.at_us.desc(), correction.c.id.desc())
        .limit(CORRECTIONS_MAX)
    )
    return [Correction(row.id, FindingId(row.finding_id), row.text, row.at_us, row.until_us) for row in rows][::-1]


_FINDINGS = sa.select(finding, person.c.name.label("decider")).outerjoin(person, person.c.id == finding.c.decided_by)


def _finding(row: sa.Row[Any]) -> KeptFinding:
    ruling = None
    if row.decision is not None:
        ruling = Ruling(row.decision, row.decider or "", row.decided_by, row.decided_wall_us)
    return KeptFinding(
        id=row.id,
        broadcast_id=row.broadcast_id,
        show_id=row.show_id,
        rule=row.rule,
        rule_title=row.rule_title,
        verdict=row.verdict,
        quote=row.quote,
        start_us=row.start_us,
        end_us=row.end_us,
        reason=row.reason,
        citation=row.citation,
        facts=row.facts,
        say_instead=row.say_instead,
        decide_by_wall_us=row.decide_by_wall_us,
        action=row.action,
        decision=ruling,
        outcome=row.outcome,
    )
