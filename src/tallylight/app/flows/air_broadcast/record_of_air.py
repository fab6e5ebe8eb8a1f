"""Everything that going on air leaves behind: rows, evidence, events on the show's two channels.

Each call returns at once; the journal writes in order. Nothing unreleased is ever put on the public channel.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.air_broadcast.captions import Caption
from tallylight.app.flows.air_broadcast.journal import Journal
from tallylight.app.flows.air_broadcast.open_stretches import open_stretches
from tallylight.app.flows.disclose import disclosure_begun, disclosure_ended
from tallylight.compliance.desk.decide import record_outcome
from tallylight.compliance.evidence import record_evidence
from tallylight.foundation.ids import BroadcastId, FindingId, ShowId
from tallylight.foundation.outbox import publish, publish_ephemeral
from tallylight.media.delay_gate import GateFact
from tallylight.media.homes import home_of, note_off_air, note_on_air
from tallylight.media.keep_recording import (
    note_recording_finished,
    note_recording_started,
    note_recording_stored,
)
from tallylight.media.recording import RecordingSummary
from tallylight.media.relay.relay import RelayStatus
from tallylight.media.stream_address import keep_stream_token, live_path, replay_path
from tallylight.media.withheld import SpanAired, StretchBegan
from tallylight.members.queries import shop_by_id
from tallylight.shows.paid_host import paid_host
from tallylight.shows.start_broadcast import end_broadcast, start_broadcast
from tallylight.shows.types import GateCommand

if TYPE_CHECKING:
    from tallylight.app.flows.air_broadcast.on_air import OnAir

log = structlog.get_logger()


class RecordOfAir:
    """``media_url``: the media origin as viewers reach it, without a slash at the end; ``store_url``: the same of the
    store that live viewers are sent to, where there is one.
    """

    def __init__(
        self, journal: Journal, media_url: str, store_url: str | None = None, *, process: str = "media"
    ) -> None:
        self.process = process
        """The name of this media process."""
        self._journal = journal
        self._media_url = media_url
        self._live_url = media_url if store_url is None else store_url.rstrip("/")

    async def written(self, within_s: float) -> None:
        """Wait until all is in the database, or no longer."""
        if not await self._journal.drained(within_s):
            log.warning("a show is handed over before all of it is on record")

    def started(self, on_air: "OnAir") -> None:
        """The first picture came: the broadcast exists, and its staff know."""
        started_us = on_air.started_us or 0
        show, broadcast_id = on_air.show, on_air.broadcast_id

        async def entry(connection: AsyncConnection) -> None:
            await keep_stream_token(connection, broadcast_id, on_air.token)
            await note_on_air(connection, show.id, broadcast_id, self.process)
            await note_recording_started(connection, broadcast_id, started_us)
            await start_broadcast(
                connection, show.id, delay_ms=show.delay_ms, started_us=started_us, broadcast_id=broadcast_id
            )
            shop = await shop_by_id(connection, show.shop_id)
            paid = await paid_host(connection, show, started_us)
            payload = {
                "event": "started",
                "delay_ms": show.delay_ms,
                "fail_open": show.fail_open,
                "hold_policy": show.hold_policy,
                "withheld": {
                    "sound": on_air.look.withheld_sound,
                    "pad_ms": on_air.look.pad_ms,
                    "fade_ms": on_air.look.fade_ms,
                    "slate_sound": on_air.look.slate_sound,
                },
                "show": {
                    "title": show.title,
                    "shop": shop.name,
                    "host": show.host_name,
                    "host_is_paid": paid.paid,
                    "paid": msgspec.to_builtins(paid),
                    "market": show.market,
                },
            }
            await record_evidence(connection, broadcast_id, "gate", payload, started_us)
            if paid.paid:
                await disclosure_begun(connection, broadcast_id, started_us)
            await publish(connection, f"control:{show.id}", "broadcast.started", self._broadcast(on_air))

        self._journal.write(entry)

    def aired_first(self, on_air: "OnAir") -> None:
        """The first part is out: now viewers have something to play."""

        async def entry(connection: AsyncConnection) -> None:
            payload = self._broadcast(on_air)
            await publish(connection, f"show:{on_air.show.id}", "broadcast.started", payload, at_us=on_air.started_us)

        self._journal.write(entry)

    def resumed(self, on_air: "OnAir", at_us: int) -> None:
        """A publisher came back, or its timestamps leapt."""
        self._evidence(on_air, "gate", {"event": "resumed", "start_us": at_us}, at_us)

    def taken_up(self, on_air: "OnAir", until_us: int) -> None:
        """Another media process goes on with air: the one before aired nothing after ``until_us``, and what was open
        there ended there. ``moved``: it handed over when it had played out; ``interrupted``: it died.
        """

        async def entry(connection: AsyncConnection) -> None:
            for event in await open_stretches(connection, on_air.broadcast_id):
                ended = event | {"event": event["event"].removesuffix(".began") + ".ended"}
                ended |= {"start_us": until_us} if "destination_id" in event else {"end_us": until_us}
                await record_evidence(connection, on_air.broadcast_id, "gate", ended, until_us)
            home = await home_of(connection, on_air.show.id)
            handed_over = home is not None and home.broadcast_id == on_air.broadcast_id and home.air is None
            event = {"event": "moved" if handed_over else "interrupted", "start_us": until_us, "to": self.process}
            await record_evidence(connection, on_air.broadcast_id, "gate", event, until_us)
            await note_on_air(connection, on_air.show.id, on_air.broadcast_id, self.process)

        self._journal.write(entry)

    def fact(self, on_air: "OnAir", fact: GateFact) -> None:
        """What the gate did."""
        if isinstance(fact, SpanAired):
            self._span_aired(on_air, fact)
        elif isinstance(fact, StretchBegan):
            payload: dict[str, Any] = {"event": f"{fact.kind}.began", "start_us": fact.start_us}
            self._evidence(on_air, "gate", payload, fact.start_us)
        else:
            payload = {"event": f"{fact.kind}.ended", "start_us": fact.start_us, "end_us": fact.end_us}
            self._evidence(on_air, "gate", payload, fact.start_us)

    def command(self, on_air: "OnAir", command: GateCommand, *, applied: bool) -> None:
        """What came of the desk's command."""
        at_us = on_air.line.gate.released_us
        payload = {
            "event": "command",
            "command_id": command.id,
            "kind": command.kind,
            "finding_id": command.finding_id,
            "given_us": command.given_us,
            "applied": applied,
        }
        self._evidence(on_air, "gate", payload, at_us)

    def caption(self, on_air: "OnAir", caption: Caption) -> None:
        """A released line, for everyone who may watch."""

        async def entry(connection: AsyncConnection) -> None:
            payload = {"start_us": caption.start_us, "end_us": caption.end_us, "text": caption.text}
            await publish(connection, f"show:{on_air.show.id}", "caption", payload, at_us=caption.start_us)

        self._journal.write(entry)

    def status(self, on_air: "OnAir", status: dict[str, Any]) -> None:
        async def entry(connection: AsyncConnection) -> None:
            await publish_ephemeral(connection, f"control:{on_air.show.id}", "gate", status)

        self._journal.tell(entry)

    def relayed(self, on_air: "OnAir", statuses: Mapping[UUID, RelayStatus]) -> None:
        """How the destinations stand; into the evidence goes from when to when each one got the show."""
        live = {one for one, status in statuses.items() if status.state == "live"}
        at_us = on_air.line.gate.released_us
        for one in live ^ on_air.relayed_to:
            event = "relay.began" if one in live else "relay.ended"
            self._evidence(on_air, "gate", {"event": event, "destination_id": str(one), "start_us": at_us}, at_us)
        on_air.relayed_to = live
        if not statuses:
            return
        told = [{"id": str(one), **msgspec.to_builtins(status)} for one, status in statuses.items()]

        async def entry(connection: AsyncConnection) -> None:
            await publish_ephemeral(connection, f"control:{on_air.show.id}", "destinations", {"destinations": told})

        self._journal.tell(entry)

    def host_told(self, on_air: "OnAir", description: str) -> None:
        """The host's stream was refused; the control room reads the same words."""

        async def entry(connection: AsyncConnection) -> None:
            payload = {"message": description}
            await publish(connection, f"control:{on_air.show.id}", "ingest.refused", payload)

        self._journal.write(entry)

    def ended(self, on_air: "OnAir", aired: RecordingSummary, original: RecordingSummary) -> None:
        """The broadcast is over and its recordings are closed."""
        show_id, broadcast_id = on_air.show.id, on_air.broadcast_id
        ended_us = max(aired.ended_us or 0, on_air.line.gate.released_us)

        async def entry(connection: AsyncConnection) -> None:
            await close_broadcast(connection, show_id, broadcast_id, ended_us, aired, original, self._media_url)

        self._journal.write(entry)

    def stored(self, on_air: "OnAir") -> None:
        """The replay is in the store."""
        broadcast_id = on_air.broadcast_id

        async def entry(connection: AsyncConnection) -> None:
            await note_recording_stored(connection, broadcast_id)

        self._journal.write(entry)

    def _span_aired(self, on_air: "OnAir", fact: SpanAired) -> None:
        async def entry(connection: AsyncConnection) -> None:
            await record_outcome(
                connection,
                on_air.broadcast_id,
                FindingId(fact.id),
                fact.outcome,
                start_us=fact.start_us,
                end_us=fact.end_us,
            )
            event = {"id": str(fact.id), "outcome": fact.outcome}
            await publish(connection, f"control:{on_air.show.id}", "finding.outcome", event)

        self._journal.write(entry)

    def _evidence(self, on_air: "OnAir", kind: str, payload: dict[str, Any], at_us: int) -> None:
        async def entry(connection: AsyncConnection) -> None:
            await record_evidence(connection, on_air.broadcast_id, kind, payload, at_us)

        self._journal.write(entry)

    def _broadcast(self, on_air: "OnAir") -> dict[str, Any]:
        return {
            "broadcast": {
                "id": str(on_air.broadcast_id),
                "started_us": on_air.started_us,
                "ended_us": None,
                "hls_url": self._live_url + live_path(on_air.broadcast_id, on_air.token),
                "replay_url": None,
            }
        }


async def close_broadcast(
    connection: AsyncConnection,
    show_id: ShowId,
    broadcast_id: BroadcastId,
    ended_us: int,
    aired: RecordingSummary,
    original: RecordingSummary,
    media_url: str,
) -> None:
    """Write the end of a broadcast: its recordings, its row, its evidence, and tell both channels."""
    await note_recording_finished(connection, broadcast_id, "aired", aired)
    await note_recording_finished(connection, broadcast_id, "original", original)
    await note_off_air(connection, broadcast_id)
    if not await end_broadcast(connection, broadcast_id, ended_us):
        return
    await disclosure_ended(connection, broadcast_id, ended_us)
    summary = {"segments": aired.segments, "bytes": aired.bytes, "lost": aired.lost}
    await record_evidence(connection, broadcast_id, "gate", {"event": "ended", "aired": summary}, ended_us)
    replay_url = media_url + replay_path(broadcast_id) if aired.segments else None
    payload = {"broadcast_id": str(broadcast_id), "replay_url": replay_url}
    for channel in (f"control:{show_id}", f"show:{show_id}"):
        await publish(connection, channel, "broadcast.ended", payload, at_us=ended_us)
