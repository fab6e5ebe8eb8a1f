"""What was heard and what the rules made of it, as staff see it."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import DecisionView, FindingView, WordView
from tallylight.compliance.desk import queries
from tallylight.compliance.desk.types import KeptFinding, Ruling
from tallylight.foundation.ids import BroadcastId


async def words_between(
    connection: AsyncConnection, broadcast_id: BroadcastId, from_us: int, to_us: int
) -> list[WordView]:
    """The words of a broadcast that begin within [from_us, to_us), in order of time."""
    words = await queries.words_between(connection, broadcast_id, from_us, to_us)
    return [WordView(word.text, word.start_us, word.end_us) for word in words]


async def findings_of(connection: AsyncConnection, broadcast_id: BroadcastId) -> list[FindingView]:
    """The broadcast's last findings in order of time, each with the desk's decision and its outcome."""
    return [finding_view(found) for found in await queries.findings_of(connection, broadcast_id)]


def finding_view(found: KeptFinding) -> FindingView:
    return FindingView(
        id=found.id,
        rule=found.rule,
        rule_title=found.rule_title,
        verdict=found.verdict,
        quote=found.quote,
        start_us=found.start_us,
        end_us=found.end_us,
        reason=found.reason,
        citation=found.citation,
        facts=found.facts,
        say_instead=found.say_instead,
        decide_by_wall_us=found.decide_by_wall_us,
        action=found.action,
        decision=None if found.decision is None else decision_view(found.decision),
        outcome=found.outcome,
    )


def decision_view(ruling: Ruling) -> DecisionView:
    return DecisionView(ruling.kind, ruling.by, ruling.at_wall_us, ruling.person_id)
