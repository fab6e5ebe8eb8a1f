"""How a show or a shop withholds, set by a producer: sound in a phrase's place, padding, fade, and the slate."""

import asyncio
from typing import Literal
from uuid import UUID

import msgspec
from litestar import Request, delete, get, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

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


_FILES = {"picture": "slate_picture", "sound": "stored_sound"}
_OF_SHOW = "/api/control/shows/{show_id:uuid}/air-look"
_OF_SHOP = "/api/office/shops/{shop_id:uuid}/air-look"


@get(_OF_SHOW)
async def view_air_look(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AirLookView:
    """How the show withholds: by a look of its own or by its shop's."""
    async with services.database.reading() as connection:
        owner = await _show(connection, show_id)
        require_role(staff, owner.shop_id)
        return await _seen(connection, owner)


@put(_OF_SHOW)
async def put_air_look(
    show_id: FromPath[UUID], data: JSONBody[AirLookPut], staff: SignedIn, services: Wired
) -> AirLookView:
    """Set all but the files, for this show alone. 422 names the field that is wrong."""
    async with services.database.transaction() as connection:
        return await _change(connection, staff, await _show(connection, show_id), msgspec.structs.asdict(data))


@put(_OF_SHOW + "/{file:str}", request_max_body_size=PICTURE_BYTES_MAX)
async def put_air_file(
    show_id: FromPath[UUID],
    file: FromPath[Literal["picture", "sound"]],
    request: Request[object, object, State],
    staff: SignedIn,
    services: Wired,
) -> AirLookView:
    """The slate's picture (PNG or JPEG, 4 MB) or the stored sound (2 MB, ten seconds); an empty body takes it away."""
    body = await request.body()
    async with services.database.transaction() as connection:
        return await _change(connection, staff, await _show(connection, show_id), {_FILES[file]: body or None})


@delete(_OF_SHOW, status_code=200)
async def forget_show_look(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AirLookView:
    """The show goes by its shop's look again."""
    async with services.database.transaction() as connection:
        return await _forget(connection, staff, await _show(connection, show_id))


@get(_OF_SHOP)
async def view_shop_look(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AirLookView:
    """How the shop's shows withhold that have no look of their own."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await _seen(connection, _shop(shop_id))


@put(_OF_SHOP)
async def put_shop_look(
    shop_id: FromPath[UUID], data: JSONBody[AirLookPut], staff: SignedIn, services: Wired
) -> AirLookView:
    """Set all but the files, for all shows without a look of their own. 422 names the field that is wrong."""
    async with services.database.transaction() as connection:
        return await _change(connection, staff, _shop(shop_id), msgspec.structs.asdict(data))


@put(_OF_SHOP + "/{file:str}", request_max_body_size=PICTURE_BYTES_MAX)
async def put_shop_file(
    shop_id: FromPath[UUID],
    file: FromPath[Literal["picture", "sound"]],
    request: Request[object, object, State],
    staff: SignedIn,
    services: Wired,
) -> AirLookView:
    """As for a show: the slate's picture or the stored sound."""
    body = await request.body()
    async with services.database.transaction() as connection:
        return await _change(connection, staff, _shop(shop_id), {_FILES[file]: body or None})


@delete(_OF_SHOP, status_code=200)
async def forget_shop_look(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AirLookView:
    """The shop goes by the usual look again."""
    async with services.database.transaction() as connection:
        return await _forget(connection, staff, _shop(shop_id))


async def _show(connection: AsyncConnection, show_id: UUID) -> _Owner:
    show = await show_by(connection, show_id)
    return _Owner(show.id, show.shop_id)


def _shop(shop_id: UUID) -> _Owner:
    return _Owner(shop_id, shop_id)


async def _look(connection: AsyncConnection, owner: _Owner) -> tuple[AirLook, bool]:
    """The look that holds, and whether it is the owner's own."""
    own = await own_air_look(connection, owner.id)
    return own or await air_look_of(connection, owner.id, owner.shop_id), own is not None


async def _seen(connection: AsyncConnection, owner: _Owner) -> AirLookView:
    look, own = await _look(connection, owner)
    return _view(look, own=own)


async def _change(connection: AsyncConnection, staff: Staff, owner: _Owner, changes: dict[str, object]) -> AirLookView:
    """What is changed is kept with the rest of the look that held before: it is the owner's own from now on."""
    require_role(staff, owner.shop_id, "producer")
    before, _ = await _look(connection, owner)
    look = msgspec.structs.replace(before, **changes)
    await asyncio.to_thread(check_air_look, look)
    await keep_air_look(connection, owner.id, look)
    return _view(look, own=True)


async def _forget(connection: AsyncConnection, staff: Staff, owner: _Owner) -> AirLookView:
    require_role(staff, owner.shop_id, "producer")
    await forget_air_look(connection, owner.id)
    return await _seen(connection, owner)


def _view(look: AirLook, *, own: bool) -> AirLookView:
    return AirLookView(
        look.withheld_sound, look.pad_ms, look.fade_ms, look.slate_title, look.slate_text, look.slate_sound,
        look.slate_picture is not None, look.stored_sound is not None, own,
    )  # fmt: skip


HANDLERS = [
    view_air_look,
    put_air_look,
    put_air_file,
    forget_show_look,
    view_shop_look,
    put_shop_look,
    put_shop_file,
    forget_shop_look,
]
