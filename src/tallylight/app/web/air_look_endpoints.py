"""How a show or a shop withholds, set by a producer: sound in a phrase's place, padding, fade, and the slate."""

import asyncio
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Request, Router, delete, get, put
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.services import Services
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.media.air_look import (
    AirLook,
    SlateSound,
    WithheldSound,
    air_look_of,
    check_air_look,
    forget_air_look,
    keep_air_look,
    own_air_look,
)
from tallylight.media.slate_card import PICTURE_BYTES_MAX
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.queries import show_by


class AirLookView(msgspec.Struct, frozen=True):
    """Without the files; they are there or not. ``own``: kept for this show or shop itself, not handed down to it."""

    withheld_sound: WithheldSound
    pad_ms: int
    fade_ms: int
    slate_title: str
    slate_text: str
    slate_sound: SlateSound
    has_picture: bool
    has_sound: bool
    own: bool


class AirLookPut(msgspec.Struct):
    """Times in milliseconds. It holds from the next time that the show goes on air."""

    withheld_sound: WithheldSound
    pad_ms: int
    fade_ms: int
    slate_title: str
    slate_text: str
    slate_sound: SlateSound


class _Owner(msgspec.Struct, frozen=True):
    """Whose look it is: a show's, or the shop's itself, whose ids are then the same."""

    id: UUID
    shop_id: UUID


Owned = NamedDependency[_Owner]
_FILES = {"picture": "slate_picture", "sound": "stored_sound"}


async def owned_by_show(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> _Owner:
    """The show's look. NotFoundError, which nobody is told before they are signed in: hence ``staff``."""
    async with services.database.reading() as connection:
        show = await show_by(connection, show_id)
    return _Owner(show.id, show.shop_id)


async def owned_by_shop(shop_id: FromPath[UUID]) -> _Owner:
    """The look of the shop's shows that have none of their own."""
    return _Owner(shop_id, shop_id)


@get()
async def view_air_look(owner: Owned, staff: SignedIn, services: Wired) -> AirLookView:
    """How it withholds: a show by a look of its own or by its shop's, a shop by its own or the usual one."""
    require_role(staff, owner.shop_id)
    async with services.database.reading() as connection:
        return await _seen(connection, owner)


@put()
async def put_air_look(owner: Owned, data: JSONBody[AirLookPut], staff: SignedIn, services: Wired) -> AirLookView:
    """Set all but the files. 422 names the field that is wrong."""
    return await _change(services, staff, owner, msgspec.structs.asdict(data))


@put("/{file:str}", request_max_body_size=PICTURE_BYTES_MAX)
async def put_air_file(
    owner: Owned,
    file: FromPath[Literal["picture", "sound"]],
    request: Request[object, object, State],
    staff: SignedIn,
    services: Wired,
) -> AirLookView:
    """The slate's picture (PNG or JPEG, 4 MB) or the stored sound (2 MB, ten seconds); an empty body takes it away."""
    return await _change(services, staff, owner, {_FILES[file]: await request.body() or None})


@delete(status_code=200)
async def forget_look(owner: Owned, staff: SignedIn, services: Wired) -> AirLookView:
    """The show goes by its shop's look again, the shop by the usual one."""
    require_role(staff, owner.shop_id, "producer")
    async with services.database.transaction() as connection:
        await forget_air_look(connection, owner.id)
        return await _seen(connection, owner)


async def _look(connection: AsyncConnection, owner: _Owner) -> tuple[AirLook, bool]:
    """The look that holds, and whether it is the owner's own."""
    own = await own_air_look(connection, owner.id)
    return own or await air_look_of(connection, owner.id, owner.shop_id), own is not None


async def _seen(connection: AsyncConnection, owner: _Owner) -> AirLookView:
    look, own = await _look(connection, owner)
    return _view(look, own=own)


async def _change(services: Services, staff: Staff, owner: _Owner, changes: dict[str, object]) -> AirLookView:
    """What is changed is kept with the rest of the look that held before: it is the owner's own from now on."""
    require_role(staff, owner.shop_id, "producer")
    async with services.database.transaction() as connection:
        before, _ = await _look(connection, owner)
        look = msgspec.structs.replace(before, **changes)
        await asyncio.to_thread(check_air_look, look)
        await keep_air_look(connection, owner.id, look)
    return _view(look, own=True)


def _view(look: AirLook, *, own: bool) -> AirLookView:
    return AirLookView(
        look.withheld_sound, look.pad_ms, look.fade_ms, look.slate_title, look.slate_text, look.slate_sound,
        look.slate_picture is not None, look.stored_sound is not None, own,
    )  # fmt: skip


_EITHER = [view_air_look, put_air_look, put_air_file, forget_look]
HANDLERS = [
    Router("/api/control/shows/{show_id:uuid}/air-look", route_handlers=_EITHER, dependencies={"owner": owned_by_show}),
    Router("/api/office/shops/{shop_id:uuid}/air-look", route_handlers=_EITHER, dependencies={"owner": owned_by_shop}),
]
