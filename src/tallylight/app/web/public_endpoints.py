"""What anyone may call: shows, chat, reactions, quotes, receipts."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.flows.show_list import show_list
from tallylight.app.flows.show_view import show_view
from tallylight.app.media_links import media_links
from tallylight.app.services import Services
from tallylight.app.views import ShowList, ShowView
from tallylight.app.web.client_address import client_address
from tallylight.app.web.injected import WebRequest, Wired
from tallylight.app.web.security_headers import host_of
from tallylight.audience.clean_text import clean_text
from tallylight.audience.item_viewers import ITEMS_MAX
from tallylight.audience.post_message import post_message
from tallylight.audience.types import ChatLine
from tallylight.checkout import BuyerOrder, CartQuote, order_by_token, quote_cart
from tallylight.checkout.address_rules import place_of
from tallylight.deals import CartLine, Place, follow_as_viewer, unfollow_as_viewer
from tallylight.deals.shipping.carried import ShippingUnknownError
from tallylight.deals.tax.service import TaxUnknownError
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import OrderId, ShopId, ShowId
from tallylight.members.queries import shop_by_id
from tallylight.shows.queries import show_by

ViewerId = Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
GIFTS_MAX = 50
Microseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class ChatPost(msgspec.Struct):
    """A message to the frame at ``at_us``. ``viewer_id``: random, made by the viewer's browser and kept there."""

    name: str
    text: str
    at_us: Microseconds
    viewer_id: ViewerId


class QuotePost(msgspec.Struct):
    """A cart and the programme time of the frame that the viewer sees; where it goes, as far as that is known.

    ``gifts``: by deal, the variant that is wanted as its gift, or null for none; with it (empty, too) the gifts that
    the cart has earned are put in, and the order is for the quote's own lines. ``viewer_id``: of who may be a follower.
    """

    show_id: UUID
    lines: list[CartLine]
    at_us: Microseconds
    code: str | None = None
    country: Annotated[str, msgspec.Meta(max_length=2)] | None = None
    region: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    postal_code: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    shipping_method: UUID | None = None
    gifts: dict[UUID, UUID | None] | None = None
    viewer_id: ViewerId | None = None


class FollowPost(msgspec.Struct):
    """``viewer_id`` follows the shop from now on, or no more."""

    viewer_id: ViewerId
    following: bool


class LookPost(msgspec.Struct):
    """What ``viewer_id`` has open or in the bag, all of it; empty: nothing any more. ``disclosure_shown``: whether it
    stands on the screen that the host is paid; left out while it need not, or nobody looks at the page.
    """

    viewer_id: ViewerId
    product_ids: Annotated[list[UUID], msgspec.Meta(max_length=ITEMS_MAX)]
    disclosure_shown: bool | None = None


class ReactionPost(msgspec.Struct):
    """``count`` hearts since the viewer's last post."""

    viewer_id: ViewerId
    count: int


@get("/api/shows")
async def list_shows(services: Wired) -> ShowList:
    """Shows, the newest first."""

    async def read() -> ShowList:
        async with services.database.reading() as connection:
            return ShowList(await show_list(connection))

    return await services.show_lists.take("", read)


@get("/api/shows/{show:str}")
async def view_show(show: FromPath[str], request: WebRequest, services: Wired) -> ShowView:
    """A show by id or slug, with the position its event stream goes on from."""
    host = host_of(request.scope)

    async def read() -> ShowView:
        links = media_links(services.settings, host)
        async with services.database.reading() as connection:
            found = await show_by(connection, show)
            viewers = services.delivery.readers_on(f"show:{found.id}")
            return await show_view(connection, found, links, viewers=viewers, now_us=services.clock.now_us())

    return await services.show_views.take(f"{host} {show}", read)


@post("/api/shows/{show_id:uuid}/chat", status_code=200)
async def chat(show_id: FromPath[UUID], data: JSONBody[ChatPost], request: WebRequest, services: Wired) -> ChatLine:
    """Say something. 422 names the field; 429 beyond one message in 2 s; 409 ``duplicate_message``."""
    address = client_address(request.scope, services.trusted_proxies)
    now_us = services.clock.now_us()
    services.chat_guard.admit(viewer=data.viewer_id, address=address, text=clean_text(data.text), now_us=now_us)
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        return await post_message(
            connection,
            show.id,
            name=data.name,
            text=data.text,
            viewer_id=data.viewer_id,
            at_us=data.at_us,
            now_us=now_us,
        )


@post("/api/shows/{show_id:uuid}/reactions", status_code=204)
async def react(show_id: FromPath[UUID], data: JSONBody[ReactionPost], request: WebRequest, services: Wired) -> None:
    """Send hearts; everyone sees their number within about a second."""
    address = client_address(request.scope, services.trusted_proxies)
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
    services.reactions.add(show.id, data.count, viewer=data.viewer_id, address=address, now_us=services.clock.now_us())


@post("/api/shows/{show_id:uuid}/looking", status_code=204)
async def look(show_id: FromPath[UUID], data: JSONBody[LookPost], request: WebRequest, services: Wired) -> None:
    """What the player shows and holds, said every few seconds: what a host says of it is compared with the count, and
    whether viewers are told that the host is paid is verified.

    404 for an unknown show, 429 beyond one a second or behind an address with more viewers than are counted.
    """
    address = client_address(request.scope, services.trusted_proxies)
    services.looks.take(address, services.clock.now_us())
    if not services.item_viewers.knows(show_id):
        async with services.database.reading() as connection:
            await show_by(connection, show_id)
    services.item_viewers.look(
        show_id, data.viewer_id, data.product_ids,
        disclosure_shown=data.disclosure_shown, address=address, now_us=services.clock.now_us(),
    )  # fmt: skip


@post("/api/quote", status_code=200)
async def quote(data: JSONBody[QuotePost], request: WebRequest, services: Wired) -> CartQuote:
    """What a cart costs at the frame in front of the viewer, with the reason for each discount."""
    now_us = services.clock.now_us()
    services.quotes.take(client_address(request.scope, services.trusted_proxies), now_us)
    where = place_of(data.country, data.region, data.postal_code) if data.country else None
    for _ in range(2):
        try:
            return await _quoted(data, where, services, now_us)
        except (TaxUnknownError, ShippingUnknownError) as unknown:
            # Nobody has bought from there yet, or not for long: whoever knows is asked, outside of any transaction.
            asker = services.tax_asker if isinstance(unknown, TaxUnknownError) else services.carrier_asker
            if not await asker.ask_for_show(ShowId(data.show_id), where):
                raise
    return await _quoted(data, where, services, now_us)


async def _quoted(data: QuotePost, where: Place | None, services: Services, now_us: int) -> CartQuote:
    async with services.database.reading() as connection:
        return await quote_cart(
            connection, ShowId(data.show_id), data.lines, at_us=data.at_us, now_us=now_us, code=data.code, where=where,
            method_id=data.shipping_method, wishes=_wishes(data.gifts), viewer_id=data.viewer_id,
        )  # fmt: skip


def _wishes(gifts: dict[UUID, UUID | None] | None) -> dict[UUID, UUID | None] | None:
    if gifts is not None and len(gifts) > GIFTS_MAX:
        raise InvalidInputError(f"there are at most {GIFTS_MAX} gifts to wish for", field="gifts")
    return gifts


@post("/api/shops/{shop_id:uuid}/follow", status_code=200)
async def follow(
    shop_id: FromPath[UUID], data: JSONBody[FollowPost], request: WebRequest, services: Wired
) -> FollowPost:
    """Follow a shop, or follow it no more. Whoever asks again gets the same. 429 beyond a few in a row."""
    now_us = services.clock.now_us()
    services.follows_by_address.take(client_address(request.scope, services.trusted_proxies), now_us)
    services.follows_by_viewer.take(f"{shop_id} {data.viewer_id}", now_us)
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, ShopId(shop_id))
        if data.following:
            await follow_as_viewer(connection, shop.id, data.viewer_id, at_us=now_us)
        else:
            await unfollow_as_viewer(connection, shop.id, data.viewer_id)
    return data


@get("/api/orders/{order_id:uuid}")
async def view_order(
    order_id: FromPath[UUID], request: WebRequest, services: Wired, token: FromQuery[str]
) -> BuyerOrder:
    """The order for whoever holds its receipt token; a wrong token and an unknown order look alike."""
    services.receipts.take(client_address(request.scope, services.trusted_proxies), services.clock.now_us())
    async with services.database.transaction() as connection:
        return await order_by_token(connection, OrderId(order_id), token)


HANDLERS = [list_shows, view_show, chat, react, look, quote, follow, view_order]
