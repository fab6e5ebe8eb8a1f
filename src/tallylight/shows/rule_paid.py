"""A person rules whether a show's host is paid, whatever the contracts say; who, when and why stays on record."""

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import PersonId, ShowId
from tallylight.shows.models import paid_ruling

REASON_LENGTH_MAX = 200


async def rule_paid(
    connection: AsyncConnection,
    show_id: ShowId,
    paid: bool | None,
    *,
    reason: str,
    ruled_by: PersonId | None,
    at_us: int,
) -> None:
    """From ``at_us`` on the host counts as ``paid``; None: the contracts decide again. Raises InvalidInputError."""
    because = " ".join(reason.split())
    if not 1 <= len(because) <= REASON_LENGTH_MAX:
        raise InvalidInputError(f"say why, in up to {REASON_LENGTH_MAX} characters", field="reason")
    await connection.execute(
        paid_ruling.insert().values(show_id=show_id, paid=paid, reason=because, ruled_by=ruled_by, at_us=at_us)
    )
