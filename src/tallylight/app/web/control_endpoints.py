"""The control room: a show's staff watch, decide and fire."""

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from tallylight.app.flows.command_gate import ProgrammeKind, command_gate
from tallylight.app.flows.control_view import control_view
from tallylight.app.flows.decide_finding import decide_finding
from tallylight.app.flows.fire_cue import fire_cue_and_tell
from tallylight.app.flows.show_list import show_list
from tallylight.app.media_links import host_name, media_links
from tallylight.app.views import ControlView, DecisionView, ShowList
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.app.web.security_headers import host_of
from tallylight.audience.hide_message import hide_message
from tallylight.compliance.desk.types import DecisionKind
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.ids import BroadcastId, CueId, FindingId, MessageId
from tallylight.media.preview_token import preview_key, sign_preview
from tallylight.media.publish_token import publish_key, sign_publish
from tallylight.media.whip.ice import IceServer, ice_servers
from tallylight.members.roles import require_role
from tallylight.members.stream_keys import issue_stream_key
from tallylight.shows.queries import latest_broadcast, show_by


class Fired(msgspec.Struct):
    """``at_us``: the programme time from which the cue holds."""

    at_us: int


class DecisionPost(msgspec.Struct):
    """What the desk wants done with a finding's words. ``instead_of``: a colleague's decision that it replaces."""

    kind: DecisionKind
    instead_of: DecisionKind | None = None


class GatePost(msgspec.Struct):
    """A key on the whole programme. ``amount_ms``: how far back a dump goes, or the new delay; 0 to 30,000."""

    kind: ProgrammeKind
    amount_ms: int | None = None


class Preview(msgspec.Struct):
    """The undelayed programme's playlist; renew it within ten minutes."""

    programme_url: str


class StreamKeyOnce(msgspec.Struct):
    """What goes into OBS; the key is shown this once and the ones before it no longer work."""

    server: str
    key: str


class Studio(msgspec.Struct):
    """Where a browser publishes by WHIP, the token that opens it for two minutes, and what helps it through NAT."""

    whip_url: str
    token: str
    ice_servers: list[IceServer]


class NotOnAirError(ConflictError):
    """There is no programme to watch: the show is not on air."""

    code = "not_on_air"


@get("/api/control/shows")
async def list_staff_shows(staff: SignedIn, services: Wired) -> ShowList:
    """The shows of the shops that this person works for."""
    shop_ids = {one.shop.id for one in staff.memberships}
    async with services.database.reading() as connection:
        return ShowList(await show_list(connection, shop_ids))


@get("/api/control/shows/{show:str}")
async def view_control(show: FromPath[str], staff: SignedIn, request: WebRequest, services: Wired) -> ControlView:
    """A show by id or slug, as its staff see it."""
    links = media_links(services.settings, host_of(request.scope))
    now_us = services.clock.now_us()
    key = preview_key(services.settings.data_dir)
    async with services.database.reading() as connection:
        found = await show_by(connection, show)
        require_role(staff, found.shop_id)
        return await control_view(
            connection,
            found,
            links,
            delivery=services.delivery,
            preview_link=lambda broadcast_id: links.preview(sign_preview(key, broadcast_id, now_us)),
            now_us=now_us,
        )


@post("/api/control/shows/{show_id:uuid}/cues/{cue_id:uuid}/fire", status_code=200)
async def fire(show_id: FromPath[UUID], cue_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Fired:
    """Fire a cue now, at the camera: viewers see it a delay later, at this very frame."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        at_us = services.clock.now_us()
        await fire_cue_and_tell(connection, show.id, CueId(cue_id), at_us, staff.person.id)
    return Fired(at_us)


@post("/api/control/findings/{finding_id:uuid}/decision", status_code=200)
async def decide(
    finding_id: FromPath[UUID], data: JSONBody[DecisionPost], staff: SignedIn, services: Wired
) -> DecisionView:
    """Clear, bleep or cover a finding while its words are held. 409 ``too_late`` once they have aired, ``taken``
    while a colleague is on it, ``already_decided`` when one decided it and ``instead_of`` does not say so.
    """
    async with services.database.transaction() as connection:
        return await decide_finding(
            connection,
            FindingId(finding_id),
            data.kind,
            staff=staff,
            now_us=services.clock.now_us(),
            instead_of=data.instead_of,
        )


@post("/api/control/shows/{show_id:uuid}/gate", status_code=204)
async def gate(show_id: FromPath[UUID], data: JSONBody[GatePost], staff: SignedIn, services: Wired) -> None:
    """Panic: cover and mute everything from the moment on air. cover_picture: only hide it. uncover: end both.
    dump: take back the last ``amount_ms`` of what is held. cough: no sound, until cough_end. delay: change it without a
    jump. end: what is held airs, nothing more comes in, and the broadcast is over.
    """
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer", "compliance")
        now_us = services.clock.now_us()
        await command_gate(
            connection, show.id, data.kind, given_by=staff.person.id, now_us=now_us, amount_ms=data.amount_ms
        )


@post("/api/control/shows/{show_id:uuid}/chat/{message_id:uuid}/hide", status_code=204)
async def hide(show_id: FromPath[UUID], message_id: FromPath[UUID], staff: SignedIn, services: Wired) -> None:
    """Take a chat message from every screen."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer", "compliance")
        await hide_message(connection, show.id, MessageId(message_id), staff.person.id, services.clock)


@get("/api/control/shows/{show_id:uuid}/preview")
async def preview(show_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired) -> Preview:
    """A fresh address of the undelayed programme. 409 ``not_on_air``."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id)
        broadcast = await latest_broadcast(connection, show.id)
    if broadcast is None or broadcast.ended_us is not None:
        raise NotOnAirError("the show is not on air")
    links = media_links(services.settings, host_of(request.scope))
    token = sign_preview(preview_key(services.settings.data_dir), BroadcastId(broadcast.id), services.clock.now_us())
    return Preview(links.preview(token))


@post("/api/control/shows/{show_id:uuid}/stream-key", status_code=200)
async def new_stream_key(
    show_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired
) -> StreamKeyOnce:
    """A new stream key for the show, shown once; the one before it stops working."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        key = await issue_stream_key(connection, show.shop_id, show.id)
    settings = services.settings
    server = settings.rtmp_public_url or f"rtmp://{host_name(host_of(request.scope))}:{settings.rtmp_port}/live"
    return StreamKeyOnce(server.rstrip("/"), key.text)


@post("/api/control/shows/{show_id:uuid}/studio", status_code=200)
async def studio(show_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired) -> Studio:
    """Leave to go live from this browser. The stream key of the show's encoder stays as it is."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "host", "producer")
    token = sign_publish(publish_key(services.settings.data_dir), show.id, services.clock.now_us())
    url = media_links(services.settings, host_of(request.scope)).base + "/whip"
    return Studio(url, token, ice_servers(services.settings, services.clock.now_us()))


HANDLERS = [
    studio,
    list_staff_shows,
    view_control,
    fire,
    decide,
    gate,
    hide,
    preview,
    new_stream_key,
]
