"""The desk decides about a finding while its words are still held: evidence, then the gate, then everyone's screen."""

from typing import ClassVar, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import DecisionView
from tallylight.compliance.evidence import record_evidence
from tallylight.compliance.models import finding
from tallylight.foundation.errors import ConflictError, NotFoundError
from tallylight.foundation.ids import FindingId, ShowId
from tallylight.foundation.outbox import publish
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.give_gate_command import give_gate_command
from tallylight.shows.queries import show_by

Decision = Literal["clear", "bleep", "cover"]


class TooLateError(ConflictError):
    """The words have left the delay: what aired is in the finding's outcome."""

    code: ClassVar[str] = "too_late"


async def decide_finding(
    connection: AsyncConnection, finding_id: FindingId, kind: Decision, *, staff: Staff, now_us: int
) -> DecisionView:
    """Clear, bleep or cover the finding's span; until it airs the desk may change its mind.

    A ``block`` is cleared by compliance only, all else by producers too. Raises TooLateError from
    ``decide_by_wall_us`` on, NotFoundError, ForbiddenError.
    """
    row = (
        await connection.execute(sa.select(finding).where(finding.c.id == finding_id).with_for_update(key_share=True))
    ).first()
    if row is None:
        raise NotFoundError("there is no such finding")
    show = await show_by(connection, row.show_id)
    require_role(staff, show.shop_id, "compliance", "producer")
    if kind == "clear" and row.verdict == "block":
        require_role(staff, show.shop_id, "compliance")
    if now_us >= row.decide_by_wall_us:
        raise TooLateError("these words have aired as the finding's outcome says; too late to decide")
    await connection.execute(
        finding.update()
        .where(finding.c.id == finding_id)
        .values(decision=kind, decided_by=staff.person.id, decided_wall_us=now_us)
    )
    payload = {
        "finding_id": str(finding_id),
        "kind": kind,
        "by": str(staff.person.id),
        "name": staff.person.name,
        "wall_us": now_us,
    }
    await record_evidence(connection, row.broadcast_id, "decision", payload, row.start_us)
    await give_gate_command(
        connection, ShowId(show.id), kind, given_us=now_us, given_by=staff.person.id, finding_id=finding_id
    )
    decision = DecisionView(kind, staff.person.name, now_us)
    told = {"id": str(finding_id), "decision": msgspec.to_builtins(decision)}
    await publish(connection, f"control:{show.id}", "finding.decided", told)
    return decision
