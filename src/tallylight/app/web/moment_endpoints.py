"""The receipt of a live order: for whoever holds the order's link, and for the shop's finance people."""

import asyncio
from pathlib import Path
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath, FromQuery

from tallylight.app.flows.order_moment import OrderMoment, clip_path, moment_bundle, order_moment
from tallylight.app.services import Services
from tallylight.app.web.client_address import client_address
from tallylight.app.web.downloads import attachment
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.checkout import order_by_token
from tallylight.checkout.queries import shop_of_order
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import OrderId
from tallylight.members.roles import require_role


class MomentView(msgspec.Struct):
    """``document`` is the text that ``sha256`` is of. ``has_clip``: whether there is a clip to see."""

    document: msgspec.Raw
    sha256: str
    has_clip: bool


@get("/api/orders/{order_id:uuid}/moment")
async def view_moment(
    order_id: FromPath[UUID], request: WebRequest, services: Wired, token: FromQuery[str]
) -> Response[bytes]:
    """The order's moment on record. 409 while it still airs."""
    moment = await _for_buyer(order_id, request, services, token)
    view = MomentView(msgspec.Raw(moment.document.encode()), moment.sha256, moment.has_clip)
    return Response(msgspec.json.encode(view), media_type="application/json")


@get("/api/orders/{order_id:uuid}/moment.mp4")
async def view_clip(
    order_id: FromPath[UUID], request: WebRequest, services: Wired, token: FromQuery[str]
) -> Response[bytes]:
    """The clip of the moment, as it aired."""
    moment = await _for_buyer(order_id, request, services, token)
    clip = await _clip(services, order_id, moment)
    if clip is None:
        raise NotFoundError("nothing was recorded of this moment")
    return Response(clip, media_type="video/mp4", headers={"cache-control": "private, max-age=3600"})


@get("/api/orders/{order_id:uuid}/moment.zip")
async def download_moment(
    order_id: FromPath[UUID], request: WebRequest, services: Wired, token: FromQuery[str]
) -> Response[bytes]:
    """Receipt, clip and their hashes in one file."""
    return await _bundle(services, order_id, await _for_buyer(order_id, request, services, token))


@get("/api/office/orders/{order_id:uuid}/moment.zip")
async def download_for_dispute(order_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Response[bytes]:
    """The same for a dispute."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_order(connection, OrderId(order_id)), "finance")
    return await _bundle(services, order_id, await _moment(services, order_id))


async def _for_buyer(order_id: UUID, request: WebRequest, services: Services, token: str) -> OrderMoment:
    services.receipts.take(client_address(request.scope, services.trusted_proxies), services.clock.now_us())
    async with services.database.transaction() as connection:
        await order_by_token(connection, OrderId(order_id), token)
    return await _moment(services, order_id)


async def _moment(services: Services, order_id: UUID) -> OrderMoment:
    return await order_moment(services.database, services.settings.data_dir, order_id, now_us=services.clock.now_us())


async def _clip(services: Services, order_id: UUID, moment: OrderMoment) -> bytes | None:
    path = clip_path(services.settings.data_dir, order_id)
    return await asyncio.to_thread(_read, path) if moment.has_clip else None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


async def _bundle(services: Services, order_id: UUID, moment: OrderMoment) -> Response[bytes]:
    body = moment_bundle(moment, await _clip(services, order_id, moment))
    return Response(body, media_type="application/zip", headers=attachment(f"order-moment-{order_id}.zip"))


HANDLERS = [view_moment, view_clip, download_moment, download_for_dispute]
