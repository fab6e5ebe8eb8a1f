"""Where a show is sent besides its own page: the control room adds, switches and removes destinations."""

from uuid import UUID

import msgspec
from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.web.injected import SignedIn, Wired
from tallylight.audience.delivery import Delivery
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShowId
from tallylight.media.relay.destinations import (
    Destination,
    add_destination,
    destinations_of,
    remove_destination,
    sealing_key,
    switch_destination,
)
from tallylight.media.relay.relay import RelayStatus
from tallylight.members.roles import require_role
from tallylight.members.types import Staff
from tallylight.shows.queries import show_by

SILENT_US = 5 * MICROSECONDS
"""The media process reports every second on air; after this long without a word nothing is being sent."""


class DestinationView(msgspec.Struct, frozen=True):
    """``status``: None while the show is not on air, or the destination is off."""

    id: UUID
    name: str
    server: str
    enabled: bool
    status: RelayStatus | None


class DestinationList(msgspec.Struct):
    destinations: list[DestinationView]


class DestinationPost(msgspec.Struct):
    """``key`` is kept sealed and never shown again."""

    name: str
    server: str
    key: str


class DestinationSwitch(msgspec.Struct):
    enabled: bool


@get("/api/control/shows/{show_id:uuid}/destinations")
async def list_destinations(show_id: FromPath[UUID], staff: SignedIn, services: Wired) -> DestinationList:
    """All destinations of the show, and how each stands."""
    async with services.database.reading() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id)
        found = await destinations_of(connection, show.id)
    statuses = _statuses(services.delivery, show.id, services.clock.now_us())
    return DestinationList([_view(one, statuses.get(one.id)) for one in found])


@post("/api/control/shows/{show_id:uuid}/destinations", status_code=201)
async def post_destination(
    show_id: FromPath[UUID], data: JSONBody[DestinationPost], staff: SignedIn, services: Wired
) -> DestinationView:
    """Add one. On air it begins at the next keyframe, after the delay like everything else. 409
    ``too_many_destinations``.
    """
    async with services.database.transaction() as connection:
        await _require_producer(connection, show_id, staff)
        made = await add_destination(
            connection, show_id, name=data.name, server=data.server, key=data.key,
            sealing_key=sealing_key(services.settings.data_dir),
        )  # fmt: skip
    return _view(made, None)


@patch("/api/control/shows/{show_id:uuid}/destinations/{destination_id:uuid}", status_code=204)
async def patch_destination(
    show_id: FromPath[UUID],
    destination_id: FromPath[UUID],
    data: JSONBody[DestinationSwitch],
    staff: SignedIn,
    services: Wired,
) -> None:
    """Send there, or stop sending."""
    async with services.database.transaction() as connection:
        await _require_producer(connection, show_id, staff)
        await switch_destination(connection, show_id, destination_id, enabled=data.enabled)


@delete("/api/control/shows/{show_id:uuid}/destinations/{destination_id:uuid}", status_code=204)
async def delete_destination(
    show_id: FromPath[UUID], destination_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> None:
    """Stop sending there and forget its key."""
    async with services.database.transaction() as connection:
        await _require_producer(connection, show_id, staff)
        await remove_destination(connection, show_id, destination_id)


async def _require_producer(connection: AsyncConnection, show_id: UUID, staff: Staff) -> None:
    show = await show_by(connection, show_id)
    require_role(staff, show.shop_id, "producer")


def _statuses(delivery: Delivery, show_id: ShowId, now_us: int) -> dict[UUID, RelayStatus]:
    told = delivery.last_told(f"control:{show_id}", "destinations")
    if told is None or now_us - told[1] > SILENT_US:
        return {}
    return {UUID(one["id"]): msgspec.convert(one, RelayStatus) for one in told[0]["destinations"]}


def _view(one: Destination, status: RelayStatus | None) -> DestinationView:
    return DestinationView(one.id, one.name, one.server, one.enabled, status if one.enabled else None)


HANDLERS = [list_destinations, post_destination, patch_destination, delete_destination]
