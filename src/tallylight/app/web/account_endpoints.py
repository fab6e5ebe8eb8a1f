"""Shoppers' accounts: a link by e-mail, who is signed in, their orders. Buying needs none of it."""

import re
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.views import ShopCard
from tallylight.app.web.client_address import client_address
from tallylight.app.web.injected import WebRequest, Wired
from tallylight.app.web.shopper_session import shopper_cookie, shopper_of, shopper_token
from tallylight.checkout import OrderPage
from tallylight.checkout.shoppers.addresses import (
    NewAddress,
    SavedAddress,
    add_address,
    addresses_of,
    change_address,
    remove_address,
)
from tallylight.checkout.shoppers.ask_link import ask_link
from tallylight.checkout.shoppers.delete_account import delete_account
from tallylight.checkout.shoppers.export_account import ExportedAccount, export_account
from tallylight.checkout.shoppers.orders import orders_of_shopper, receipt_of_own_order
from tallylight.checkout.shoppers.redeem_link import redeem_link
from tallylight.checkout.shoppers.send_link import LINK_TTL_US
from tallylight.checkout.shoppers.sessions import (
    Shopper,
    close_all_sessions,
    close_session,
    count_sessions,
    open_session,
    shopper_of_session,
)
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError, NotFoundError, UnavailableError
from tallylight.members.queries import shop_by_slug
from tallylight.members.types import Shop

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
Token = Annotated[str, msgspec.Meta(min_length=20, max_length=100)]


class Account(msgspec.Struct):
    """A signed-in shopper. ``devices``: on how many they are signed in. ``addresses``: the default first."""

    email: str
    csrf_token: str
    devices: int
    addresses: list[SavedAddress]


class AccountView(msgspec.Struct):
    """A shop's account page. ``can_sign_in``: whether the installation sends mail. ``account``: None for a guest."""

    shop: ShopCard
    can_sign_in: bool
    account: Account | None


class LinkPost(msgspec.Struct):
    """Where to send a link. ``show``: the slug of the show that the shopper comes from and goes back to."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    show: Annotated[str, msgspec.Meta(max_length=80)] | None = None


class LinkSent(msgspec.Struct):
    """``minutes``: how long the link works."""

    minutes: int


class SessionPost(msgspec.Struct):
    """What stands behind the ``#`` of a link."""

    token: Token


class DeletionPost(msgspec.Struct):
    """``email``: the account's own, written out by its owner."""

    email: Annotated[str, msgspec.Meta(max_length=254)]


class ReceiptAddress(msgspec.Struct):
    url: str


@get("/api/account/{shop:str}")
async def view_account(shop: FromPath[str], request: WebRequest, services: Wired) -> AccountView:
    """Who is signed in at the shop; a guest is no error."""
    services.accounts.take(client_address(request.scope, services.trusted_proxies), services.clock.monotonic_us())
    token = shopper_token(request.scope)
    async with services.database.transaction() as connection:
        seller = await _shop(connection, shop)
        now_us = services.clock.now_us()
        who = None if token is None else await shopper_of_session(connection, seller.id, token, now_us=now_us)
        return await _view(connection, services, seller, who)


@post("/api/account/{shop:str}/links", status_code=202)
async def send_link(shop: FromPath[str], data: JSONBody[LinkPost], request: WebRequest, services: Wired) -> LinkSent:
    """Send a link that signs in. The same answer for every address, known or not; 429 when asked too often."""
    if not services.sends_mail:
        raise UnavailableError("this shop cannot send mail yet, so nobody can sign in; you can buy without an account")
    if data.show is not None and not _SLUG.fullmatch(data.show):
        raise InvalidInputError("show is no show's name", field="show")
    now_us = services.clock.monotonic_us()
    services.links_by_address.take(client_address(request.scope, services.trusted_proxies), now_us)
    services.links_by_shop.take(shop, now_us)
    async with services.database.transaction() as connection:
        seller = await _shop(connection, shop)
        await ask_link(connection, seller.id, data.email, show_slug=data.show, now_us=services.clock.now_us())
    return LinkSent(LINK_TTL_US // (60 * MICROSECONDS))


@post("/api/account/{shop:str}/session", status_code=200)
async def sign_in(
    shop: FromPath[str], data: JSONBody[SessionPost], request: WebRequest, services: Wired
) -> Response[AccountView]:
    """Sign in by a link: sets the session cookie. 401 ``link_spent``; 429 after too many tries.

    The link opens a page whose button calls this: whatever only looks at links (a mail scanner) spends none.
    """
    address = client_address(request.scope, services.trusted_proxies)
    services.sign_ins_by_address.take(address, services.clock.monotonic_us())
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        seller = await _shop(connection, shop)
        shopper_id = await redeem_link(connection, seller.id, data.token, now_us=now_us)
        token = await open_session(connection, shopper_id, now_us=now_us)
        who = await shopper_of_session(connection, seller.id, token, now_us=now_us)
        view = await _view(connection, services, seller, who)
    return Response(view, headers={"set-cookie": shopper_cookie(token, seller.slug, secure=services.secure_cookies)})


@delete("/api/account/{shop:str}/session", status_code=204)
async def sign_out(shop: FromPath[str], request: WebRequest, services: Wired) -> Response[None]:
    """Sign out on this device."""
    async with services.database.transaction() as connection:
        seller, _ = await _signed_in(connection, request, services, shop)
        await close_session(connection, shopper_token(request.scope) or "")
    return _cookie_gone(seller, services)


@delete("/api/account/{shop:str}/sessions", status_code=204)
async def sign_out_everywhere(shop: FromPath[str], request: WebRequest, services: Wired) -> Response[None]:
    """Sign out on every device."""
    async with services.database.transaction() as connection:
        seller, who = await _signed_in(connection, request, services, shop)
        await close_all_sessions(connection, who.id)
    return _cookie_gone(seller, services)


@get("/api/account/{shop:str}/orders")
async def own_orders(
    shop: FromPath[str], request: WebRequest, services: Wired, before: FromQuery[str | None] = None
) -> OrderPage:
    """The shopper's orders, the newest first, also those placed as a guest with the same address."""
    async with services.database.transaction() as connection:
        _, who = await _signed_in(connection, request, services, shop)
        return await orders_of_shopper(connection, who, before=before)


@post("/api/account/{shop:str}/orders/{order_id:uuid}/receipt", status_code=200)
async def open_receipt(
    shop: FromPath[str], order_id: FromPath[UUID], request: WebRequest, services: Wired
) -> ReceiptAddress:
    """The address of an own order's receipt. 404 for an order of somebody else."""
    async with services.database.transaction() as connection:
        _, who = await _signed_in(connection, request, services, shop)
        token = shopper_token(request.scope) or ""
        return ReceiptAddress(await receipt_of_own_order(connection, who, order_id, token))


@post("/api/account/{shop:str}/addresses", status_code=200)
async def keep_address(
    shop: FromPath[str], data: JSONBody[NewAddress], request: WebRequest, services: Wired
) -> SavedAddress:
    """Keep an address. 422 names the field that cannot be in its country; the same one again changes nothing."""
    async with services.database.transaction() as connection:
        _, who = await _signed_in(connection, request, services, shop)
        return await add_address(connection, who.id, data, now_us=services.clock.now_us())


@put("/api/account/{shop:str}/addresses/{address_id:uuid}")
async def rewrite_address(
    shop: FromPath[str], address_id: FromPath[UUID], data: JSONBody[NewAddress], request: WebRequest, services: Wired
) -> SavedAddress:
    """Write an address anew, or make it the default."""
    async with services.database.transaction() as connection:
        _, who = await _signed_in(connection, request, services, shop)
        return await change_address(connection, who.id, address_id, data, now_us=services.clock.now_us())


@delete("/api/account/{shop:str}/addresses/{address_id:uuid}", status_code=204)
async def forget_address(shop: FromPath[str], address_id: FromPath[UUID], request: WebRequest, services: Wired) -> None:
    """Forget an address; orders that were sent there keep it."""
    async with services.database.transaction() as connection:
        _, who = await _signed_in(connection, request, services, shop)
        await remove_address(connection, who.id, address_id)


@get("/api/account/{shop:str}/export")
async def export(shop: FromPath[str], request: WebRequest, services: Wired) -> Response[ExportedAccount]:
    """Everything that the shop keeps about the shopper, as a JSON file."""
    async with services.database.transaction() as connection:
        seller, who = await _signed_in(connection, request, services, shop)
        services.exports.take(str(who.id), services.clock.monotonic_us())
        found = await export_account(connection, who, now_us=services.clock.now_us())
    name = f'attachment; filename="{seller.slug}-account.json"'
    return Response(found, headers={"content-disposition": name})


@post("/api/account/{shop:str}/deletion", status_code=204)
async def delete_own_account(
    shop: FromPath[str], data: JSONBody[DeletionPost], request: WebRequest, services: Wired
) -> Response[None]:
    """Delete the account at once; orders forget their buyer when nobody needs their label any more."""
    async with services.database.transaction() as connection:
        seller, who = await _signed_in(connection, request, services, shop)
        await delete_account(connection, who, typed_email=data.email, now_us=services.clock.now_us())
    return _cookie_gone(seller, services)


async def _shop(connection: AsyncConnection, slug: str) -> Shop:
    found = await shop_by_slug(connection, slug)
    if found is None:
        raise NotFoundError("there is no such shop")
    return found


async def _signed_in(
    connection: AsyncConnection, request: WebRequest, services: Wired, slug: str
) -> tuple[Shop, Shopper]:
    """The shop and who calls, within the limit of calls from one network."""
    services.accounts.take(client_address(request.scope, services.trusted_proxies), services.clock.monotonic_us())
    seller = await _shop(connection, slug)
    return seller, await shopper_of(connection, request.scope, seller.id, now_us=services.clock.now_us())


async def _view(connection: AsyncConnection, services: Wired, seller: Shop, who: Shopper | None) -> AccountView:
    account = None
    if who is not None:
        devices = await count_sessions(connection, who.id, now_us=services.clock.now_us())
        account = Account(who.email, who.csrf_token, devices, await addresses_of(connection, who.id))
    return AccountView(ShopCard(seller.slug, seller.name, seller.accent), services.sends_mail, account)


def _cookie_gone(seller: Shop, services: Wired) -> Response[None]:
    return Response(None, headers={"set-cookie": shopper_cookie("", seller.slug, secure=services.secure_cookies)})


HANDLERS = [
    view_account,
    send_link,
    sign_in,
    sign_out,
    sign_out_everywhere,
    own_orders,
    open_receipt,
    keep_address,
    rewrite_address,
    forget_address,
    export,
    delete_own_account,
]
