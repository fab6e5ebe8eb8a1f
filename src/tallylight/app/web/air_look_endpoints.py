"""How a show withholds, set by its producer: sound in a phrase's place, padding, fade, and the slate."""

import asyncio
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Request, get, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from tallylight.app.services import Services
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.foundation.ids import ShowId
from tallylight.media.air_look import AirLook, SlateSound, WithheldSound, air_look_of, check_air_look, keep_air_look
from tallylight.media.slate_card import PICTURE_BYTES_MAX
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.queries import show_by


class AirLookView(msgspec.Struct, frozen=True):
    """Without the files; they are there or not."""

    withheld_sound: WithheldSound
    pad_ms: int
    fade_ms: int
    slate_title: str
    slate_text: str
    slate_sound: SlateSound
    has_picture: bool
    has_sound: bool


class AirLookPut(msgspec.Struct):
    """Times in milliseconds. It holds from the next time that the show goes on air."""

    withheld_sound: WithheldSound
    pad_ms: int
    fade_ms: int
    slate_title: str
    slate_text: str
    slate_sound: SlateSound


@get("/api/control/shows/{show_id:uuid}/air-look")
async def view_air_look(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AirLookView:
    """How the show withholds."""
    async with services.database.reading() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id)
        return _view(await air_look_of(connection, show.id))


@put("/api/control/shows/{show_id:uuid}/air-look")
async def put_air_look(
    show_id: FromPath[UUID], data: JSONBody[AirLookPut], staff: SignedIn, services: Wired
) -> AirLookView:
    """Set all but the files. 422 names the field that is wrong."""
    return await _change(services, staff, show_id, msgspec.structs.asdict(data))


@put("/api/control/shows/{show_id:uuid}/air-look/{file:str}", request_max_body_size=PICTURE_BYTES_MAX)
async def put_air_file(
    show_id: FromPath[UUID],
    file: FromPath[Literal["picture", "sound"]],
    request: Request[object, object, State],
    staff: SignedIn,
    services: Wired,
) -> AirLookView:
    """The slate's picture (PNG or JPEG, 4 MB) or the stored sound (2 MB, ten seconds); an empty body takes it away."""
    body = await request.body()
    field = "slate_picture" if file == "picture" else "stored_sound"
    return await _change(services, staff, show_id, {field: body or None})


async def _change(services: Services, staff: Staff, show_id: UUID, changes: dict[str, object]) -> AirLookView:
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "producer")
        look = msgspec.structs.replace(await air_look_of(connection, show.id), **changes)
        await asyncio.to_thread(check_air_look, look)
        await keep_air_look(connection, ShowId(show.id), look)
    return _view(look)


def _view(look: AirLook) -> AirLookView:
    return AirLookView(
        look.withheld_sound, look.pad_ms, look.fade_ms, look.slate_title, look.slate_text, look.slate_sound,
        look.slate_picture is not None, look.stored_sound is not None,
    )  # fmt: skip


HANDLERS = [view_air_look, put_air_look, put_air_file]
