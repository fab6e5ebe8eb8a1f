"""Whether viewers' screens really show that the host is paid: players look whether it can be read, and say so.

What they say is a gauge for the control room, and an entry on the chain when it is known first, when it changes, and
now and then while it stays so. Made-up viewers can move a share as far as ``audience.item_viewers`` lets them in: it
is evidence of what players told, not a count of people.
"""

from typing import Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.disclose import newest_disclosure
from tallylight.app.views import DisclosureShownView
from tallylight.audience.keep_item_viewers import DisclosureShown
from tallylight.compliance.evidence import record_evidence
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShowId
from tallylight.foundation.outbox import publish_ephemeral
from tallylight.shows.models import broadcast

SHOWN_TOPIC = "disclosure.shown"
CONFIRMED_PERCENT = 90
"""Of the viewers who are asked; the rest have just come, or look at a picture of the show outside the page."""
SETTLED_US = 30 * MICROSECONDS
"""So long after the disclosure's frame every player that is open has drawn it and said so."""
CHANGED_US = 60 * MICROSECONDS
AGAIN_US = 300 * MICROSECONDS


async def verify_disclosure(connection: AsyncConnection, show_id: ShowId, shown: DisclosureShown, now_us: int) -> None:
    """Take what players told in the last turn of five seconds."""
    on_air = (
        await connection.execute(
            sa.select(broadcast.c.id, broadcast.c.delay_ms).where(
                broadcast.c.show_id == show_id, broadcast.c.ended_us.is_(None)
            )
        )
    ).one_or_none()
    if on_air is None:
        return
    view = DisclosureShownView(shown.asked, shown.shown, is_confirmed(shown))
    await publish_ephemeral(connection, f"control:{show_id}", SHOWN_TOPIC, msgspec.to_builtins(view))
    newest = await newest_disclosure(connection, on_air.id)
    if newest is None or newest.event == "off":
        return
    event: Literal["confirmed", "unconfirmed"] = "confirmed" if view.confirmed else "unconfirmed"
    waits_us = SETTLED_US if newest.event == "on" else AGAIN_US if newest.event == event else CHANGED_US
    # What viewers have in front of them was in front of the camera a delay ago.
    at_us = now_us - on_air.delay_ms * 1000
    if at_us - newest.at_us >= waits_us:
        told = {"event": event, "asked": shown.asked, "shown": shown.shown}
        await record_evidence(connection, on_air.id, "disclosure", told, at_us)


def is_confirmed(shown: DisclosureShown) -> bool:
    """Whether so many see it that it counts as shown."""
    return shown.shown * 100 >= shown.asked * CONFIRMED_PERCENT
