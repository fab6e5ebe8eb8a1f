"""The desk decides about a finding while its words are still held: evidence, then the gate, then everyone's screen."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.heard import decision_view
from tallylight.app.views import DecisionView
from tallylight.compliance.desk.decide import record_decision
from tallylight.compliance.desk.queries import finding_by
from tallylight.compliance.desk.types import Decider, DecisionKind
from tallylight.foundation.ids import FindingId
from tallylight.foundation.outbox import publish
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.queries import show_by


async def decide_finding(
    connection: AsyncConnection,
    finding_id: FindingId,
    kind: DecisionKind,
    *,
    staff: Staff,
    now_us: int,
    instead_of: DecisionKind | None = None,
) -> DecisionView:
    """Clear, bleep or cover the finding's span; until it airs the desk may change its mind.

    A ``block`` is cleared by compliance only, all else by producers too. ``instead_of``: the colleague's decision
    that this one replaces. Raises TooLateError from ``decide_by_wall_us`` on, TakenError, DecidedError,
    NotFoundError, ForbiddenError.
    """
    found = await finding_by(connection, finding_id, lock=True)
    show = await show_by(connection, found.show_id)
    require_role(staff, show.shop_id, "compliance", "producer")
    if kind == "clear" and found.verdict == "block":
        require_role(staff, show.shop_id, "compliance")
    by = Decider(staff.person.id, staff.person.name)
    ruling = await record_decision(connection, found, kind, by, now_us, instead_of=instead_of)
    await give_gate_command(
        connection,
        show.id,
        kind,
        given_us=now_us,
        given_by=staff.person.id,
        finding_id=finding_id,
        span=(found.start_us, found.end_us),
    )
    decision = decision_view(ruling)
    told = {"id": str(finding_id), "decision": msgspec.to_builtins(decision)}
    await publish(connection, f"control:{show.id}", "finding.decided", told)
    return decision
