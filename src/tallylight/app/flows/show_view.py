"""The viewer's snapshot of a show, from six rooms in one view of the database.

Call it in ``Database.reading()``: the channel's head is read in the same view as everything else, so that the
snapshot and the events after its position make a fresh fetch.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.deal_viewers import viewers_deal
from tallylight.app.media_links import MediaLinks
from tallylight.app.views import BroadcastView, CaptionView, CorrectionView, Moment, PositionView, ShopView, ShowView
from tallylight.audience.frames import NEVER
from tallylight.audience.queries import recent_chat
from tallylight.catalogue.queries import products_by_id
from tallylight.compliance.desk.queries import corrections_of
from tallylight.deals.queries import deals_by_id, deals_for_viewers
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import BroadcastId, DealId, ShowId
from tallylight.foundation.outbox import Position, event, head_of
from tallylight.media.stream_address import has_replay, is_stored, stream_address_of
from tallylight.members.queries import shop_by_id
from tallylight.shows.paid_host import paid_host
from tallylight.shows.queries import firings_of, latest_broadcast, products_of
from tallylight.shows.types import Broadcast, Show, state_of

CAPTIONS_US = 60 * MICROSECONDS
# Where captions are looked for: so many events back, at about four a second.
EVENTS_LOOKED_THROUGH = 1_000


async def show_view(
    connection: AsyncConnection, show: Show, links: MediaLinks, *, viewers: int, now_us: int
) -> ShowView:
    """Everything that the viewer page begins with."""
    channel = await head_of(connection, f"show:{show.id}") or NEVER
    broadcast = await latest_broadcast(connection, show.id)
    shop = await shop_by_id(connection, show.shop_id)
    # As it was when it aired: a replay keeps the disclosure of its day.
    paid = await paid_host(connection, show, broadcast.started_us if broadcast and broadcast.ended_us else now_us)
    return ShowView(
        id=show.id,
        slug=show.slug,
        title=show.title,
        host_name=show.host_name,
        host_is_paid=paid.paid,
        state=state_of(broadcast),
        starts_at=show.starts_at.isoformat() if show.starts_at else None,
        shop=ShopView(shop.id, shop.slug, shop.name, shop.accent, shop.currency),
        delay_ms=show.delay_ms if broadcast is None else broadcast.delay_ms,
        broadcast=None if broadcast is None else await broadcast_view(connection, broadcast, links),
        products=await products_by_id(connection, await products_of(connection, show.id)),
        moments=await moments_of(connection, show, broadcast, now_us),
        chat=await recent_chat(connection, show.id),
        captions=await _captions(connection, show.id, channel, now_us),
        corrections=[] if broadcast is None else await corrections_view(connection, broadcast.id),
        viewers=viewers,
        channel=PositionView(channel.epoch, channel.offset),
        server_now_us=now_us,
    )


async def broadcast_view(connection: AsyncConnection, broadcast: Broadcast, links: MediaLinks) -> BroadcastView:
    """A broadcast with its addresses; a replay exists once the recording of what aired is closed."""
    token = await stream_address_of(connection, broadcast.id)
    over = broadcast.ended_us is not None and await has_replay(connection, broadcast.id)
    return BroadcastView(
        id=broadcast.id,
        started_us=broadcast.started_us,
        ended_us=broadcast.ended_us,
        hls_url=links.live(broadcast.id, token) if token else "",
        replay_url=links.replay(broadcast.id, stored=await is_stored(connection, broadcast.id)) if over else None,
    )


async def corrections_view(connection: AsyncConnection, broadcast_id: BroadcastId) -> list[CorrectionView]:
    """The broadcast's cards, for those who come while one is up, and for the replay."""
    corrections = await corrections_of(connection, broadcast_id)
    return [CorrectionView(one.id, one.text, one.at_us, one.until_us) for one in corrections]


async def moments_of(connection: AsyncConnection, show: Show, broadcast: Broadcast | None, now_us: int) -> list[Moment]:
    """Pins and deals in order of programme time, as the player folds them: deals of the show's own cues, and others of
    the shop on what the show sells, that held while it aired or hold now.
    """
    firings = await firings_of(connection, show.id)
    moments: list[Moment] = []
    for firing in firings:
        if firing.kind == "pin":
            moments.append(Moment(firing.at_us, "pin", product_id=firing.product_id))
        elif firing.kind == "unpin":
            moments.append(Moment(firing.at_us, "unpin"))
    on_cue = [firing.deal_id for firing in firings if firing.deal_id is not None]
    deal_ids = list(dict.fromkeys([*on_cue, *await _other_deals(connection, show, broadcast, now_us)]))
    for deal in await deals_by_id(connection, deal_ids):
        if deal.opens_us is None or deal.ends_us is None:
            continue
        moments.append(Moment(deal.opens_us, "deal.opened", deal=viewers_deal(deal)))
        if deal.state == "ended":
            moments.append(Moment(deal.ends_us, "deal.ended", deal_id=deal.id))
    return sorted(moments, key=lambda moment: moment.at_us)


async def _other_deals(
    connection: AsyncConnection, show: Show, broadcast: Broadcast | None, now_us: int
) -> list[DealId]:
    """The shop's deals on what the show sells that held while it aired, then those that hold now."""
    products = await products_of(connection, show.id)
    aired = [] if broadcast is None else [(broadcast.started_us, broadcast.ended_us or now_us)]
    windows = [*aired, (now_us - show.delay_ms * 1000, now_us + 1)]
    return [
        each
        for from_us, until_us in windows
        for each in await deals_for_viewers(connection, show.shop_id, products, from_us=from_us, until_us=until_us)
    ]


async def _captions(connection: AsyncConnection, show_id: ShowId, channel: Position, now_us: int) -> list[CaptionView]:
    """The captions of the last minute that have been released: those on the public channel."""
    rows = await connection.scalars(
        sa.select(event.c.payload)
        .where(
            event.c.channel == f"show:{show_id}",
            event.c.epoch == channel.epoch,
            event.c.offset > channel.offset - EVENTS_LOOKED_THROUGH,
            event.c.type == "caption",
        )
        .order_by(event.c.offset)
    )
    captions = [CaptionView(row["start_us"], row["end_us"], row["text"]) for row in rows]
    latest_us = captions[-1].end_us if captions else now_us
    return [caption for caption in captions if caption.end_us > latest_us - CAPTIONS_US]
