"""What was heard and what the rules made of it, as the control room shows it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import DecisionView, FindingView, WordView
from tallylight.compliance.models import finding, transcript
from tallylight.foundation.ids import BroadcastId
from tallylight.members.models import person

FINDINGS_MAX = 200


async def words_between(
    connection: AsyncConnection, broadcast_id: BroadcastId, from_us: int, to_us: int
) -> list[WordView]:
    """The words of a broadcast that begin within [from_us, to_us), in order of time."""
    rows = await connection.scalars(
        sa.select(transcript.c.words)
        .where(transcript.c.broadcast_id == broadcast_id, transcript.c.end_us > from_us, transcript.c.start_us < to_us)
        .order_by(transcript.c.start_us)
    )
    words = [WordView(word["text"], word["start_us"], word["end_us"]) for row in rows for word in row]
    return [word for word in words if from_us <= word.start_us < to_us]


async def findings_of(connection: AsyncConnection, broadcast_id: BroadcastId) -> list[FindingView]:
    """The broadcast's last FINDINGS_MAX findings in order of time, each with the desk's decision and its outcome."""
    rows = await connection.execute(
        sa.select(finding, person.c.name.label("decider"))
        .outerjoin(person, person.c.id == finding.c.decided_by)
        .where(finding.c.broadcast_id == broadcast_id)
        .order_by(finding.c.start_us.desc(), finding.c.id.desc())
        .limit(FINDINGS_MAX)
    )
    return [_finding(row) for row in rows][::-1]


def _finding(row: sa.Row[Any]) -> FindingView:
    decided = row.decision is not None
    return FindingView(
        id=row.id,
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
        decision=DecisionView(row.decision, row.decider or "", row.decided_wall_us) if decided else None,
        outcome=row.outcome,
    )
