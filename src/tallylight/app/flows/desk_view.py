"""The live desk's snapshot of a show, and what the shop decided about the like. Call them in ``Database.reading()``."""

from collections.abc import Callable
from typing import Literal
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.control_view import gate_status
from tallylight.app.flows.heard import findings_of, words_between
from tallylight.app.views import FindingView, GateStatus, PositionView, ShopView, WordView
from tallylight.audience.delivery import Delivery
from tallylight.audience.frames import NEVER
from tallylight.compliance.desk.correct import aired_wrong
from tallylight.compliance.desk.queries import corrections_of, finding_by, leases_of, past_decisions_like
from tallylight.compliance.desk.suggest import suggest_correction
from tallylight.compliance.desk.types import Correction, DecisionKind, Lease
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import BroadcastId, FindingId
from tallylight.foundation.outbox import head_of
from tallylight.members.queries import shop_by_id
from tallylight.shows.paid_host import paid_host
from tallylight.shows.queries import latest_broadcast, show_by, show_ids_of, shows_by_id
from tallylight.shows.types import Show, ShowState, state_of

WORDS_US = 60 * MICROSECONDS

PreviewLink = Callable[[BroadcastId], str]


class DeskShow(msgspec.Struct, frozen=True):
    """The show as far as the desk and its host need it. ``hold_policy``: what an undecided hold becomes."""

    id: UUID
    slug: str
    title: str
    host_name: str
    host_is_paid: bool
    shop: ShopView
    state: ShowState
    delay_ms: int
    hold_policy: Literal["bleep", "clear"]


class DeskView(msgspec.Struct, frozen=True):
    """``programme_url``: the undelayed programme; the sound of a stretch lies beside it."""

    show: DeskShow
    words: list[WordView]
    findings: list[FindingView]
    leases: list[Lease]
    corrections: list[Correction]
    gate: GateStatus
    programme_url: str | None
    channel: PositionView
    server_now_us: int


class PastView(msgspec.Struct, frozen=True):
    """A decision about a near wording; ``show``: the title of the show it was said in."""

    quote: str
    kind: DecisionKind
    by: str
    at_wall_us: int
    likeness_percent: int
    show: str


class Background(msgspec.Struct, frozen=True):
    """What helps to decide a finding, or to put it right. ``correction``: the suggested card; None: nothing to
    correct now.
    """

    alike: list[PastView]
    correction: str | None


async def desk_view(
    connection: AsyncConnection, show: Show, *, delivery: Delivery, preview_link: PreviewLink, now_us: int
) -> DeskView:
    """Everything that the live desk begins with. ``preview_link`` signs the undelayed programme's address."""
    channel = await head_of(connection, f"control:{show.id}") or NEVER
    broadcast = await latest_broadcast(connection, show.id)
    on_air = broadcast is not None and broadcast.ended_us is None
    until_us = now_us if broadcast is None or broadcast.ended_us is None else broadcast.ended_us
    return DeskView(
        show=await desk_show(connection, show, now_us),
        words=[] if broadcast is None else await words_between(connection, broadcast.id, until_us - WORDS_US, now_us),
        findings=[] if broadcast is None else await findings_of(connection, broadcast.id),
        leases=await leases_of(connection, show.id, now_us),
        corrections=[] if broadcast is None else await corrections_of(connection, broadcast.id),
        gate=gate_status(delivery, show, now_us),
        programme_url=preview_link(broadcast.id) if broadcast is not None and on_air else None,
        channel=PositionView(channel.epoch, channel.offset),
        server_now_us=now_us,
    )


async def desk_show(connection: AsyncConnection, show: Show, now_us: int) -> DeskShow:
    broadcast = await latest_broadcast(connection, show.id)
    shop = await shop_by_id(connection, show.shop_id)
    return DeskShow(
        id=show.id,
        slug=show.slug,
        title=show.title,
        host_name=show.host_name,
        host_is_paid=(await paid_host(connection, show, now_us)).paid,
        shop=ShopView(shop.id, shop.slug, shop.name, shop.accent, shop.currency),
        state=state_of(broadcast),
        delay_ms=show.delay_ms if broadcast is None else broadcast.delay_ms,
        hold_policy=show.hold_policy,
    )


async def background_of(connection: AsyncConnection, finding_id: FindingId, *, now_us: int) -> Background:
    """Near wordings that the shop decided in the last 90 days, and what a card would say. Raises NotFoundError."""
    found = await finding_by(connection, finding_id)
    show = await show_by(connection, found.show_id)
    past = await past_decisions_like(connection, found, await show_ids_of(connection, show.shop_id), now_us)
    titles = {one.id: one.title for one in await shows_by_id(connection, {each.show_id for each in past})}
    card = None
    if aired_wrong(found):
        shop = await shop_by_id(connection, show.shop_id)
        card = suggest_correction(found.quote, found.facts, shop.currency, now_us)
    return Background(
        alike=[
            PastView(
                each.quote, each.kind, each.by, each.at_wall_us, each.likeness_percent, titles.get(each.show_id, "")
            )
            for each in past
        ],
        correction=card,
    )
