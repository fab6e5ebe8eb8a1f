"""Tells the gate what the desk decided."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import PersonId, ShowId
from tallylight.shows.create_show import DELAY_MS_MAX
from tallylight.shows.models import gate_command, show
from tallylight.shows.types import GateCommand, GateKind

NOTIFY_CHANNEL = "tallylight_gate"


async def give_gate_command(
    connection: AsyncConnection,
    show_id: ShowId,
    kind: GateKind,
    *,
    given_us: int,
    given_by: PersonId | None,
    finding_id: UUID | None = None,
    span: tuple[int, int] | None = None,
    amount_ms: int | None = None,
) -> GateCommand:
    """Write the command and wake the media process when this transaction commits. ``given_us``: wall time; ``span``:
    from when to when the finding's words were said.

    ``clear``, ``bleep`` and ``cover`` are about a finding, the others about the whole programme: ``panic`` and
    ``uncover``, ``cover_picture``, ``dump`` of the last ``amount_ms``, ``cough`` while held, ``delay`` of ``amount_ms``
    from now on; ``end`` ends the broadcast when the delay has drained.
    """
    about_finding = kind in ("clear", "bleep", "cover")
    if about_finding != (finding_id is not None):
        raise InvalidInputError("clear, bleep and cover name a finding; the other commands do not", field="finding_id")
    if (kind in ("dump", "delay")) != (amount_ms is not None):
        raise InvalidInputError("dump says how far back and delay how long, the others nothing", field="amount_ms")
    if amount_ms is not None and not 0 <= amount_ms <= DELAY_MS_MAX:
        raise InvalidInputError("the amount is between 0 and 30 seconds", field="amount_ms")
    payload: dict[str, object] = {} if span is None else {"span": list(span)}
    if amount_ms is not None:
        payload["amount_ms"] = amount_ms
    # Ids are handed out under the show's lock, so that a reader who asks for "after id" never skips a late commit.
    locked = await connection.execute(sa.select(show.c.id).where(show.c.id == show_id).with_for_update(key_share=True))
    if locked.first() is None:
        raise NotFoundError("there is no such show")
    number = await connection.scalar(
        gate_command.insert()
        .values(
            show_id=show_id,
            kind=kind,
            finding_id=finding_id,
            payload=payload,
            given_by=given_by,
            given_us=given_us,
        )
        .returning(gate_command.c.id)
    )
    await connection.execute(sa.select(sa.func.pg_notify(NOTIFY_CHANNEL, str(show_id))))
    return GateCommand(int(number or 0), show_id, kind, finding_id, given_us, span, amount_ms)
