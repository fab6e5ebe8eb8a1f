"""The warehouse's API, by key; and the same for a shop's own people, who also keep the keys."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.web.client_address import client_address
from tallylight.app.web.downloads import attachment
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.checkout.fulfilment.advance import Fulfilment, FulfilmentState, NewStep, advance
from tallylight.checkout.fulfilment.to_ship import CSV_ORDERS_MAX, ToShipPage, orders_to_ship, to_ship_csv
from tallylight.checkout.queries import shop_of_order
from tallylight.foundation.ids import OrderId, ShopId
from tallylight.ledger import iso_time
from tallylight.members.api_keys import ApiKey, KeyHolder, Scope, api_keys_of, holder_of, issue_api_key, revoke_api_key
from tallylight.members.roles import require_role

After = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_UNSHIPPED: tuple[FulfilmentState, ...] = ("waiting", "packing")


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    """What the key is for, in words and in scopes."""

    name: str
    scopes: tuple[Scope, ...] = ("fulfilment",)


class IssuedKey(msgspec.Struct):
    """The key itself: this once, and never again."""

    key: str


class KeyList(msgspec.Struct):
    keys: list[ApiKey]


async def _holder(request: WebRequest, services: Wired) -> KeyHolder:
    services.warehouse.take(client_address(request.scope, services.trusted_proxies), services.clock.monotonic_us())
    async with services.database.transaction() as connection:
        return await holder_of(
            connection, request.headers.get("authorization"), "fulfilment", now_us=services.clock.now_us()
        )


@get("/api/warehouse/orders")
async def list_to_ship(
    request: WebRequest,
    services: Wired,
    after: FromQuery[After] = 0,
    fulfilment: FromQuery[FulfilmentState | None] = None,
) -> ToShipPage:
    """Orders to be shipped, the oldest first. ``fulfilment``: in that state; ``after``: the ``next`` of a page."""
    holder = await _holder(request, services)
    async with services.database.reading() as connection:
        states = _UNSHIPPED if fulfilment is None else (fulfilment,)
        return await orders_to_ship(connection, holder.shop_id, states=states, after=after)


@get("/api/warehouse/orders.csv")
async def to_ship_as_csv(request: WebRequest, services: Wired) -> Response[str]:
    """Everything that waits to be shipped, a line a parcel, at most 5,000 orders."""
    holder = await _holder(request, services)
    return await _csv(services, holder.shop_id)


@post("/api/warehouse/orders/{order_id:uuid}/fulfilment", status_code=200)
async def tell_step(
    order_id: FromPath[UUID], data: JSONBody[NewStep], request: WebRequest, services: Wired
) -> Fulfilment:
    """Say where an order is: packing, shipped with carrier and tracking, delivered, lost. A repeat changes nothing."""
    holder = await _holder(request, services)
    async with services.database.transaction() as connection:
        return await advance(
            connection, holder.shop_id, order_id, data, now_us=services.clock.now_us(), api_key_id=holder.key_id
        )


@post("/api/office/orders/{order_id:uuid}/fulfilment", status_code=200)
async def set_step(order_id: FromPath[UUID], data: JSONBody[NewStep], staff: SignedIn, services: Wired) -> Fulfilment:
    """The same by hand."""
    async with services.database.transaction() as connection:
        shop_id = await shop_of_order(connection, OrderId(order_id))
        require_role(staff, shop_id, "finance", "producer")
        return await advance(
            connection, shop_id, order_id, data, now_us=services.clock.now_us(), person_id=staff.person.id
        )


@get("/api/office/shops/{shop_id:uuid}/to-ship.csv")
async def office_csv(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Response[str]:
    """What waits to be shipped, for a warehouse that takes files."""
    require_role(staff, shop_id, "finance", "producer")
    return await _csv(services, shop_id)


@get("/api/office/shops/{shop_id:uuid}/api-keys")
async def list_keys(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> KeyList:
    """The shop's keys without their secrets. Owners only."""
    require_role(staff, shop_id, "owner")
    async with services.database.reading() as connection:
        return KeyList(await api_keys_of(connection, ShopId(shop_id)))


@post("/api/office/shops/{shop_id:uuid}/api-keys", status_code=200)
async def make_key(shop_id: FromPath[UUID], data: JSONBody[NewKey], staff: SignedIn, services: Wired) -> IssuedKey:
    """A fresh key. Owners only."""
    require_role(staff, shop_id, "owner")
    async with services.database.transaction() as connection:
        key = await issue_api_key(
            connection, ShopId(shop_id), data.name, data.scopes, by=staff.person.id, now_us=services.clock.now_us()
        )
    return IssuedKey(key)


@delete("/api/office/shops/{shop_id:uuid}/api-keys/{key_id:uuid}", status_code=204)
async def revoke_key(shop_id: FromPath[UUID], key_id: FromPath[UUID], staff: SignedIn, services: Wired) -> None:
    """From now on the key opens nothing. Owners only."""
    require_role(staff, shop_id, "owner")
    async with services.database.transaction() as connection:
        await revoke_api_key(connection, ShopId(shop_id), key_id, now_us=services.clock.now_us())


async def _csv(services: Wired, shop_id: UUID) -> Response[str]:
    async with services.database.reading() as connection:
        page = await orders_to_ship(connection, shop_id, limit=CSV_ORDERS_MAX)
    return Response(
        to_ship_csv(page.orders, iso_time),
        media_type="text/csv; charset=utf-8",
        headers=attachment("to-ship.csv"),
    )


HANDLERS = [
    list_to_ship,
    to_ship_as_csv,
    tell_step,
    set_step,
    office_csv,
    list_keys,
    make_key,
    revoke_key,
]
