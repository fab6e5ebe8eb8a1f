"""The control room's snapshot of a show. Call it in ``Database.reading()``, as ``show_view``."""

from collections.abc import Callable

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.disclose import disclosure_due
from tallylight.app.flows.heard import findings_of, words_between
from tallylight.app.flows.show_view import show_view
from tallylight.app.flows.verify_disclosure import SHOWN_TOPIC
from tallylight.app.media_links import MediaLinks
from tallylight.app.views import ControlView, CueView, DisclosureShownView, GateStatus, PositionView
from tallylight.audience.delivery import Delivery
from tallylight.audience.frames import NEVER
from tallylight.checkout import orders_of_show, totals_of_show
from tallylight.deals.queries import deals_by_id
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import BroadcastId
from tallylight.foundation.outbox import head_of
from tallylight.shows.paid_host import paid_host
from tallylight.shows.queries import cues_of, latest_broadcast
from tallylight.shows.types import Broadcast, Show

WORDS_US = 180 * MICROSECONDS
ORDERS_SHOWN = 50
# The gate reports every second; after this long without a word it counts as off.
GATE_SILENT_US = 5 * MICROSECONDS
SHOWN_KNOWN_US = 30 * MICROSECONDS

PreviewLink = Callable[[BroadcastId], str]


async def control_view(
    connection: AsyncConnection,
    show: Show,
    links: MediaLinks,
    *,
    delivery: Delivery,
    preview_link: PreviewLink,
    now_us: int,
) -> ControlView:
    """Everything that the control room begins with. ``preview_link`` signs the undelayed programme's address."""
    channel = await head_of(connection, f"control:{show.id}") or NEVER
    broadcast = await latest_broadcast(connection, show.id)
    cues = await cues_of(connection, show.id)
    deal_ids = list(dict.fromkeys(cue.deal_id for cue in cues if cue.deal_id is not None))
    words_from_us = min(now_us, _end_of(broadcast, now_us)) - WORDS_US
    on_air = broadcast is not None and broadcast.ended_us is None
    viewers = delivery.readers_on(f"show:{show.id}")
    shown = await show_view(connection, show, links, viewers=viewers, now_us=now_us)
    return ControlView(
        show=shown,
        words=[] if broadcast is None else await words_between(connection, broadcast.id, words_from_us, now_us),
        findings=[] if broadcast is None else await findings_of(connection, broadcast.id),
        gate=gate_status(delivery, show, now_us),
        cues=[CueView(**msgspec.structs.asdict(cue)) for cue in cues],
        deals=await deals_by_id(connection, deal_ids),
        orders=await orders_of_show(connection, show.id, limit=ORDERS_SHOWN),
        totals=await totals_of_show(connection, show.id, shown.shop.currency),
        programme_url=preview_link(broadcast.id) if broadcast is not None and on_air else None,
        paid=await paid_host(connection, show, now_us),
        disclosure_due_us=await disclosure_due(connection, show.id, broadcast.started_us)
        if broadcast and on_air
        else None,
        disclosure_shown=_disclosure_shown(delivery, show, now_us) if on_air else None,
        channel=PositionView(channel.epoch, channel.offset),
        server_now_us=now_us,
    )


def gate_status(delivery: Delivery, show: Show, now_us: int) -> GateStatus:
    """The gate's last report, or ``off`` when it is silent."""
    told = delivery.last_told(f"control:{show.id}", "gate")
    if told is None or now_us - told[1] > GATE_SILENT_US:
        return GateStatus("off", show.delay_ms, 0, 0, 0, 0, None, None)
    return msgspec.convert(told[0], GateStatus)


def _disclosure_shown(delivery: Delivery, show: Show, now_us: int) -> DisclosureShownView | None:
    told = delivery.last_told(f"control:{show.id}", SHOWN_TOPIC)
    if told is None or now_us - told[1] > SHOWN_KNOWN_US:
        return None
    return msgspec.convert(told[0], DisclosureShownView)


def _end_of(broadcast: Broadcast | None, now_us: int) -> int:
    return now_us if broadcast is None or broadcast.ended_us is None else broadcast.ended_us
