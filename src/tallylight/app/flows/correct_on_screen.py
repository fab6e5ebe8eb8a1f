"""Tell viewers what is right after something wrong aired: on record first, then on everyone's picture."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import CorrectionView
from tallylight.compliance.desk.correct import record_correction
from tallylight.compliance.desk.queries import finding_by
from tallylight.compliance.desk.types import Correction, Decider
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.ids import FindingId
from tallylight.foundation.outbox import publish
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.queries import broadcast_by_id, show_by


class OverError(ConflictError):
    """The broadcast is over: nobody watches it live any more."""

    code = "not_on_air"


async def correct_on_screen(
    connection: AsyncConnection, finding_id: FindingId, text: str, seconds: int, *, staff: Staff, now_us: int
) -> Correction:
    """Show ``text`` for ``seconds`` from the moment that is on air now, a delay behind the camera.

    Raises NothingToCorrectError, OverError, InvalidInputError, NotFoundError, ForbiddenError.
    """
    found = await finding_by(connection, finding_id)
    show = await show_by(connection, found.show_id)
    require_role(staff, show.shop_id, "producer", "compliance")
    broadcast = await broadcast_by_id(connection, found.broadcast_id)
    on_air_us = now_us - broadcast.delay_ms * 1000
    if broadcast.ended_us is not None and on_air_us >= broadcast.ended_us:
        raise OverError("the show is over; put the correction on the product's page and in a mail to its buyers")
    by = Decider(staff.person.id, staff.person.name)
    shown = await record_correction(connection, found, text, seconds, by=by, at_us=on_air_us, now_us=now_us)
    card = CorrectionView(shown.id, shown.text, shown.at_us, shown.until_us)
    await publish(connection, f"show:{show.id}", "correction", msgspec.to_builtins(card), at_us=shown.at_us)
    await publish(connection, f"control:{show.id}", "correction", msgspec.to_builtins(shown), at_us=shown.at_us)
    return shown
