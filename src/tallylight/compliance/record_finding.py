"""Puts findings and transcript lines on record: rows, evidence, and how far a broadcast has been judged."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.judge_speech import SpeechFinding
from tallylight.compliance.models import finding, judged, transcript
from tallylight.foundation.ids import BroadcastId, FindingId, ShowId, new_id
from tallylight.speech.recogniser import Word


class Finding(msgspec.Struct, frozen=True):
    """A finding as the control room gets it; a fresh one has neither decision nor outcome."""

    id: FindingId
    rule: str
    rule_title: str
    verdict: str
    quote: str
    start_us: int
    end_us: int
    reason: str
    citation: str
    facts: dict[str, str | int | bool]
    say_instead: str | None
    decide_by_wall_us: int
    action: str
    decision: None = None
    outcome: None = None


async def record_finding(
    connection: AsyncConnection,
    broadcast_id: BroadcastId,
    show_id: ShowId,
    speech_finding: SpeechFinding,
    *,
    delay_ms: int,
    hold_policy: str,
) -> Finding:
    """Keep one finding with its evidence. ``hold_policy``: what an undecided hold becomes, "bleep" or "clear"."""
    found = speech_finding.found
    stops = found.verdict == "block" or (found.verdict == "hold" and hold_policy == "bleep")
    record = Finding(
        id=FindingId(new_id()),
        rule=found.rule,
        rule_title=found.rule_title,
        verdict=found.verdict,
        quote=found.quote,
        start_us=speech_finding.start_us,
        end_us=speech_finding.end_us,
        reason=found.reason,
        citation=found.citation,
        facts=dict(found.facts),
        say_instead=found.say_instead,
        decide_by_wall_us=speech_finding.start_us + delay_ms * 1000,
        action="bleep" if stops else "none",
    )
    values = {name: value for name, value in msgspec.structs.asdict(record).items() if name != "decision"}
    await connection.execute(finding.insert().values(broadcast_id=broadcast_id, show_id=show_id, **values))
    await record_evidence(connection, broadcast_id, "finding", {"finding": record}, record.start_us)
    return record


async def record_words(
    connection: AsyncConnection, broadcast_id: BroadcastId, words: Sequence[Word], *, judged_us: int | None = None
) -> None:
    """Keep one line of the transcript with its evidence; a line that is kept already is left as it is.

    ``judged_us``: how far the broadcast is judged when the line is written, for the report's lag.
    """
    line = [msgspec.to_builtins(word) for word in words]
    kept = await connection.scalar(
        insert(transcript)
        .values(broadcast_id=broadcast_id, start_us=words[0].start_us, end_us=words[-1].end_us, words=line)
        .on_conflict_do_nothing()
        .returning(transcript.c.start_us)
    )
    if kept is not None:
        payload = {"words": line} if judged_us is None else {"words": line, "judged_us": judged_us}
        await record_evidence(connection, broadcast_id, "transcript", payload, words[0].start_us)


async def record_judged(connection: AsyncConnection, broadcast_id: BroadcastId, judged_us: int) -> None:
    """Note that the broadcast is judged up to ``judged_us``; it only grows."""
    statement = insert(judged).values(broadcast_id=broadcast_id, judged_us=judged_us)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[judged.c.broadcast_id],
            set_={"judged_us": sa.func.greatest(judged.c.judged_us, statement.excluded.judged_us)},
        )
    )


async def judged_until(connection: AsyncConnection, broadcast_id: BroadcastId) -> int:
    """How far the broadcast has been judged; 0 when it has not begun."""
    return await connection.scalar(sa.select(judged.c.judged_us).where(judged.c.broadcast_id == broadcast_id)) or 0


async def words_heard(connection: AsyncConnection, broadcast_id: BroadcastId, after_us: int) -> list[Word]:
    """The transcript's words that end after ``after_us``, in order."""
    lines = await connection.scalars(
        sa.select(transcript.c.words)
        .where(transcript.c.broadcast_id == broadcast_id, transcript.c.end_us > after_us)
        .order_by(transcript.c.start_us)
    )
    words = [msgspec.convert(word, Word) for line in lines for word in line]
    return [word for word in words if word.end_us > after_us]


async def stops_after(connection: AsyncConnection, broadcast_id: BroadcastId, after_us: int) -> list[Finding]:
    """Findings that withhold something which ends after ``after_us``, for a media process that starts anew."""
    rows = await connection.execute(
        sa.select(finding)
        .where(
            finding.c.broadcast_id == broadcast_id,
            finding.c.end_us > after_us,
            finding.c.verdict.in_(("hold", "block")),
        )
        .order_by(finding.c.start_us)
    )
    return [
        Finding(
            id=row.id, rule=row.rule, rule_title=row.rule_title, verdict=row.verdict, quote=row.quote,
            start_us=row.start_us, end_us=row.end_us, reason=row.reason, citation=row.citation, facts=row.facts,
            say_instead=row.say_instead, decide_by_wall_us=row.decide_by_wall_us, action=row.action,
        )
        for row in rows
    ]  # fmt: skip
