"""What the host reads from two metres away: what was stopped and what to say instead, the cue, the disclosure."""

from uuid import UUID

import msgspec
from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.desk_view import DeskShow, desk_show
from tallylight.app.flows.withhold_speech.rules_in_force import rules_in_force
from tallylight.app.views import CueView, PositionView
from tallylight.audience.frames import NEVER
from tallylight.compliance.desk.queries import findings_of
from tallylight.compliance.desk.suggest import correctable, suggest_correction
from tallylight.compliance.desk.types import KeptFinding
from tallylight.compliance.judge_speech import DISCLOSE_EVERY_US
from tallylight.compliance.library.queries import HeldClaim, claims_in_force
from tallylight.compliance.pack import MARKETS
from tallylight.compliance.record_finding import words_heard
from tallylight.compliance.report.figures import disclosures
from tallylight.foundation.clock import MICROSECONDS, to_datetime
from tallylight.foundation.ids import BroadcastId
from tallylight.foundation.outbox import head_of
from tallylight.shows.paid_host import paid_host
from tallylight.shows.queries import cues_of, latest_broadcast, pinned_at
from tallylight.shows.types import Broadcast, Show

STOPS_US = 90 * MICROSECONDS
STOPS_MAX = 3
_NEAR_PERCENT = 45
"""A claim that is less like the words than this was not what the host meant to say."""


class Stop(msgspec.Struct, frozen=True):
    """Words that viewers do not hear. ``wording``: approved for this product, or read from the facts, to be said as
    it stands; ``advice``: the rule's own.
    """

    finding_id: UUID
    rule_title: str
    quote: str
    start_us: int
    wording: str | None
    advice: str | None


class DisclosureState(msgspec.Struct, frozen=True):
    """A paid host has to say so again before ``due_us`` (programme time); ``said_us``: when they last did."""

    said_us: int | None
    due_us: int


class HostView(msgspec.Struct, frozen=True):
    """``stops``: the last ones, newest first. ``disclosure`` None: the host is not paid, or is not on air."""

    show: DeskShow
    cues: list[CueView]
    stops: list[Stop]
    disclosure: DisclosureState | None
    channel: PositionView
    server_now_us: int


async def host_view(connection: AsyncConnection, show: Show, *, now_us: int) -> HostView:
    """Call it in ``Database.reading()``."""
    channel = await head_of(connection, f"control:{show.id}") or NEVER
    broadcast = await latest_broadcast(connection, show.id)
    live = broadcast is not None and broadcast.ended_us is None
    return HostView(
        show=await desk_show(connection, show, now_us),
        cues=[CueView(**msgspec.structs.asdict(cue)) for cue in await cues_of(connection, show.id)],
        stops=await _stops(connection, show, broadcast.id, now_us) if broadcast is not None and live else [],
        disclosure=await _disclosure(connection, show, broadcast, now_us) if broadcast is not None and live else None,
        channel=PositionView(channel.epoch, channel.offset),
        server_now_us=now_us,
    )


async def _stops(connection: AsyncConnection, show: Show, broadcast_id: BroadcastId, now_us: int) -> list[Stop]:
    recent = [each for each in await findings_of(connection, broadcast_id) if each.end_us > now_us - STOPS_US]
    stopped = [each for each in recent if is_stopped(each)][-STOPS_MAX:]
    return [await _stop(connection, show, each, now_us) for each in reversed(stopped)]


def is_stopped(found: KeptFinding) -> bool:
    """Whether viewers do not hear the words, as things stand."""
    if found.outcome is not None:
        return found.outcome in ("bleeped", "covered")
    return (found.decision.kind != "clear") if found.decision is not None else found.action != "none"


async def _stop(connection: AsyncConnection, show: Show, found: KeptFinding, now_us: int) -> Stop:
    return Stop(
        finding_id=found.id,
        rule_title=found.rule_title,
        quote=found.quote,
        start_us=found.start_us,
        wording=await _wording(connection, show, found, now_us),
        advice=found.say_instead,
    )


async def _wording(connection: AsyncConnection, show: Show, found: KeptFinding, now_us: int) -> str | None:
    """A contradicted fact's own sentence, or else the approved claim that is nearest to what was said."""
    if correctable(found.facts):
        currency = (await desk_show(connection, show, now_us)).shop.currency
        return suggest_correction("", found.facts, currency, now_us) or None
    pinned = await pinned_at(connection, show.id, found.start_us)
    products = [] if pinned is None else [pinned]
    held = await claims_in_force(connection, show.shop_id, products, show.market, to_datetime(now_us))
    return nearest_claim(found.quote, held)


def nearest_claim(quote: str, claims: list[HeldClaim]) -> str | None:
    """The approved wording to use instead; its disclaimer goes with it. None when none is near."""
    scored = [(fuzz.token_set_ratio(quote.casefold(), each.wording.casefold()), each) for each in claims]
    best = max(scored, key=lambda each: each[0], default=None)
    if best is None or best[0] < _NEAR_PERCENT:
        return None
    claim = best[1]
    return claim.wording if claim.disclaimer is None else f"{claim.wording} {claim.disclaimer}"


async def _disclosure(
    connection: AsyncConnection, show: Show, broadcast: Broadcast, now_us: int
) -> DisclosureState | None:
    if show.market not in MARKETS or not (await paid_host(connection, show, now_us)).paid:
        return None
    pack, _ = await rules_in_force(connection, show.id, show.market)
    words = await words_heard(connection, broadcast.id, now_us - DISCLOSE_EVERY_US)
    heard = disclosures(words, pack, [], required=True, reminders=0).given
    said_us = heard[-1].at_us if heard else None
    since_us = said_us if said_us is not None else max(broadcast.started_us, now_us - DISCLOSE_EVERY_US)
    return DisclosureState(said_us, since_us + DISCLOSE_EVERY_US)
