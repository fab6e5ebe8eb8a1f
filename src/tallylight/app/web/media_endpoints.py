"""The media processes: which carries a show, how busy each is, and the move of a show to another."""

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from tallylight.app.flows.media_processes import ProcessStatus, media_overview
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.compliance.evidence import record_evidence
from tallylight.media.homes import ask_move
from tallylight.members.roles import require_role, shops_behind
from tallylight.shows.queries import latest_broadcast, show_by


class ProcessList(msgspec.Struct):
    processes: list[ProcessStatus]


class MovePost(msgspec.Struct):
    """``to``: the name of a media process."""

    to: str


@get("/api/control/media")
async def list_media(staff: SignedIn, services: Wired) -> ProcessList:
    """Every media process. Shows of shops that this person does not work for are only counted.

    ForbiddenError for a host.
    """
    mine = shops_behind(staff)
    async with services.database.reading() as connection:
        return ProcessList(
            await media_overview(connection, now_us=services.clock.now_us(), may_see=lambda shop_id: shop_id in mine)
        )


@post("/api/control/shows/{show_id:uuid}/move", status_code=204)
async def move(show_id: FromPath[UUID], data: JSONBody[MovePost], staff: SignedIn, services: Wired) -> None:
    """Have another media process carry the show. On air its encoder is dropped once and connects again; nothing that
    was taken in is lost. 404 ``no_such_process``, 409 ``cannot_move``.
    """
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        now_us = services.clock.now_us()
        await ask_move(connection, show.id, data.to, now_us=now_us)
        broadcast = await latest_broadcast(connection, show.id)
        if broadcast is not None and broadcast.ended_us is None:
            payload = {"kind": "move", "to": data.to, "by": str(staff.person.id), "wall_us": now_us}
            await record_evidence(connection, broadcast.id, "decision", payload, now_us)


HANDLERS = [list_media, move]
