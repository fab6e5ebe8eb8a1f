"""The desk while a show is on air, and the host's own screen."""

from uuid import UUID

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from tallylight.app.flows.claim_finding import claim_finding, let_go
from tallylight.app.flows.correct_on_screen import correct_on_screen
from tallylight.app.flows.desk_view import Background, DeskView, background_of, desk_view
from tallylight.app.flows.host_view import HostView, host_view
from tallylight.app.media_links import media_links
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.app.web.security_headers import host_of
from tallylight.compliance.desk.queries import finding_by
from tallylight.compliance.desk.types import Correction, Lease
from tallylight.foundation.ids import FindingId
from tallylight.media.preview_token import preview_key, sign_preview
from tallylight.members.roles import require_role
from tallylight.shows.queries import show_by


class CorrectionPost(msgspec.Struct):
    """What viewers are told, and for how long."""

    text: str
    seconds: int = 12


@get("/api/desk/shows/{show:str}/live")
async def view_live_desk(show: FromPath[str], staff: SignedIn, request: WebRequest, services: Wired) -> DeskView:
    """A show by id or slug, as its compliance desk sees it on air."""
    links = media_links(services.settings, host_of(request.scope))
    now_us = services.clock.now_us()
    key = preview_key(services.settings.data_dir)
    async with services.database.reading() as connection:
        found = await show_by(connection, show)
        require_role(staff, found.shop_id, "compliance")
        return await desk_view(
            connection,
            found,
            delivery=services.delivery,
            preview_link=lambda broadcast_id: links.preview(sign_preview(key, broadcast_id, now_us)),
            now_us=now_us,
        )


@get("/api/desk/findings/{finding_id:uuid}/background")
async def view_background(finding_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Background:
    """What the shop decided about near wordings, and the card that would put it right."""
    async with services.database.reading() as connection:
        show = await show_by(connection, (await finding_by(connection, finding_id)).show_id)
        require_role(staff, show.shop_id, "compliance", "producer")
        return await background_of(connection, FindingId(finding_id), now_us=services.clock.now_us())


@post("/api/desk/findings/{finding_id:uuid}/lease", status_code=200)
async def take(finding_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Lease:
    """I take this one; again within five seconds to keep it. 409 ``taken``, ``already_decided``, ``too_late``."""
    async with services.database.transaction() as connection:
        return await claim_finding(connection, FindingId(finding_id), staff=staff, now_us=services.clock.now_us())


@delete("/api/desk/findings/{finding_id:uuid}/lease", status_code=204)
async def leave(finding_id: FromPath[UUID], staff: SignedIn, services: Wired) -> None:
    """Somebody else may take it."""
    async with services.database.transaction() as connection:
        await let_go(connection, FindingId(finding_id), staff=staff)


@post("/api/desk/findings/{finding_id:uuid}/correction", status_code=200)
async def correct(
    finding_id: FromPath[UUID], data: JSONBody[CorrectionPost], staff: SignedIn, services: Wired
) -> Correction:
    """Tell viewers what is right. 409 ``nothing_to_correct``, ``not_on_air``."""
    async with services.database.transaction() as connection:
        return await correct_on_screen(
            connection,
            FindingId(finding_id),
            data.text,
            data.seconds,
            staff=staff,
            now_us=services.clock.now_us(),
        )


@get("/api/host/shows/{show:str}")
async def view_host(show: FromPath[str], staff: SignedIn, services: Wired) -> HostView:
    """A show by id or slug, as its host sees it."""
    async with services.database.reading() as connection:
        found = await show_by(connection, show)
        require_role(staff, found.shop_id, "host", "producer", "compliance")
        return await host_view(connection, found, now_us=services.clock.now_us())


HANDLERS = [view_live_desk, view_background, take, leave, correct, view_host]
