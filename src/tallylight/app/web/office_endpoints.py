"""The office: catalogue import and statements, for a shop's owners and finance people."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from tallylight.app.flows.accept_funding import accept_funding_and_tell
from tallylight.app.flows.heard import words_between
from tallylight.app.flows.import_products import import_products
from tallylight.app.flows.product_page import ProductView, product_view
from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.catalogue.queries import products_of_shop
from tallylight.catalogue.schemas import ImportReport, Product
from tallylight.checkout import (
    OrderDetail,
    OrderPage,
    StatementEntry,
    TranscriptWord,
    order_detail,
    orders_of_shop,
    shop_of_order,
    statement_entries,
)
from tallylight.deals import DealBudget, FunderKind, deals_of_shop
from tallylight.deals.queries import locked_deal
from tallylight.foundation.clock import MICROSECONDS, from_datetime, to_datetime
from tallylight.foundation.errors import ForbiddenError, InvalidInputError
from tallylight.foundation.ids import DealId, OrderId, ShopId
from tallylight.ledger.queries import statements
from tallylight.ledger.schemas import Statement
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role
from tallylight.shows.queries import broadcast_at, show_by

IMPORT_BYTES_MAX = 8 << 20
PRODUCTS_A_PAGE = 200
DEFAULT_PERIOD = timedelta(days=30)
# How much of what was said is shown before and after the moment an order was placed at.
AROUND_US = 20 * MICROSECONDS

From = Annotated[str | None, QueryParameter(name="from")]
To = Annotated[str | None, QueryParameter(name="to")]


class ProductPage(msgspec.Struct):
    """``next``: what to pass as ``after`` for the page after; None at the end."""

    products: list[Product]
    next: str | None


class StatementList(msgspec.Struct):
    """One statement a party."""

    statements: list[Statement]


class EntryList(msgspec.Struct):
    entries: list[StatementEntry]


class AcceptPost(msgspec.Struct):
    """In whose name the funding is accepted."""

    party: FunderKind


class Period(msgspec.Struct, frozen=True):
    """Wall time, microseconds: ``from_us`` belongs to it, ``to_us`` does not."""

    from_us: int
    to_us: int


def period_of(from_: str | None, to: str | None, now_us: int) -> Period:
    """A period as dates (``2026-05-01``: that day's beginning, UTC) or ISO times; by default the last 30 days."""
    to_us = now_us + MICROSECONDS if to is None else moment_us(to, "to")
    from_us = to_us - int(DEFAULT_PERIOD.total_seconds()) * MICROSECONDS if from_ is None else moment_us(from_, "from")
    if from_us >= to_us:
        raise InvalidInputError("a period ends after it begins", field="to")
    return Period(from_us, to_us)


def moment_us(text: str, field: str) -> int:
    """A date (that day's beginning, UTC) or an ISO 8601 time, as wall time. Raises InvalidInputError."""
    try:
        moment = datetime.fromisoformat(text)
        us = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        to_datetime(us)
    except (ValueError, OverflowError):
        raise InvalidInputError(f"{field} is a date such as 2026-05-01 or an ISO 8601 time", field=field) from None
    return us


@get("/api/office/shops/{shop_id:uuid}/products")
async def list_products(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, after: FromQuery[str] = ""
) -> ProductPage:
    """The shop's products by handle; ``after``: the ``next`` of the page before."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        found = await products_of_shop(connection, ShopId(shop_id), after_handle=after, limit=PRODUCTS_A_PAGE + 1)
    page = found[:PRODUCTS_A_PAGE]
    return ProductPage(page, page[-1].handle if len(found) > PRODUCTS_A_PAGE else None)


@get("/api/office/shops/{shop_id:uuid}/products/{product_id:uuid}")
async def view_product(
    shop_id: FromPath[UUID], product_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> ProductView:
    """A product's price history, what may be struck through beside its price, what a piece costs, its tax class."""
    require_role(staff, shop_id, "finance", "producer")
    async with services.database.reading() as connection:
        return await product_view(connection, ShopId(shop_id), product_id, now_us=services.clock.now_us())


@post("/api/office/shops/{shop_id:uuid}/products/import", status_code=200, request_max_body_size=IMPORT_BYTES_MAX)
async def import_csv(shop_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired) -> ImportReport:
    """Bring products in from Shopify's product export (CSV). Bad rows are reported by line, good ones imported."""
    require_role(staff, shop_id, "producer")
    body = await request.body()
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        return await import_products(connection, shop.id, body, at_us=services.clock.now_us())


@get("/api/office/shops/{shop_id:uuid}/statements")
async def list_statements(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, from_: From = None, to: To = None
) -> StatementList:
    """What each party earned and owes by payment time in [from, to)."""
    require_role(staff, shop_id, "finance")
    period = period_of(from_, to, services.clock.now_us())
    async with services.database.reading() as connection:
        shop = await shop_by_id(connection, shop_id)
        made = await statements(connection, shop.id, from_us=period.from_us, to_us=period.to_us, currency=shop.currency)
    return StatementList(made)


@get("/api/office/shops/{shop_id:uuid}/statements/{party_id:uuid}/lines/{key:str}")
async def list_line_entries(
    shop_id: FromPath[UUID],
    party_id: FromPath[UUID],
    key: FromPath[str],
    staff: SignedIn,
    services: Wired,
    from_: From = None,
    to: To = None,
) -> EntryList:
    """What a statement line sums, each entry with its order and the moment of video it was sold in."""
    require_role(staff, shop_id, "finance")
    period = period_of(from_, to, services.clock.now_us())
    async with services.database.reading() as connection:
        shop = await shop_by_id(connection, shop_id)
        entries = await statement_entries(
            connection,
            shop.id,
            party_id,
            key,
            from_us=period.from_us,
            to_us=period.to_us,
            currency=shop.currency,
        )
    return EntryList(entries)


@get("/api/office/shops/{shop_id:uuid}/orders")
async def list_orders(
    shop_id: FromPath[UUID],
    staff: SignedIn,
    services: Wired,
    before: FromQuery[str | None] = None,
    disputed: FromQuery[bool] = False,
) -> OrderPage:
    """The shop's orders, newest first; ``before``: the ``next`` of the page before; ``disputed``: only those whose
    payment the buyer's bank disputes or has disputed.
    """
    require_role(staff, shop_id, "finance", "producer")
    async with services.database.reading() as connection:
        return await orders_of_shop(connection, ShopId(shop_id), before=before, disputed=disputed)


@get("/api/office/orders/{order_id:uuid}")
async def view_order_detail(order_id: FromPath[UUID], staff: SignedIn, services: Wired) -> OrderDetail:
    """An order down to its transfers, its funders and the words that were said around its moment."""
    async with services.database.reading() as connection:
        require_role(staff, await shop_of_order(connection, OrderId(order_id)), "finance")
        detail = await order_detail(connection, OrderId(order_id))
        show = await show_by(connection, detail.moment.show_slug)
        broadcast = await broadcast_at(connection, show.id, detail.moment.at_us)
        if broadcast is None:
            return detail
        at_us = detail.moment.at_us
        words = await words_between(connection, broadcast.id, at_us - AROUND_US, at_us + AROUND_US)
        said = [TranscriptWord(word.text, word.start_us, word.end_us) for word in words]
        return msgspec.structs.replace(detail, moment=msgspec.structs.replace(detail.moment, transcript=said))


@get("/api/office/shops/{shop_id:uuid}/deals")
async def list_deals(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> list[DealBudget]:
    """The shop's deals with who funds them and how far the budgets have burnt."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await deals_of_shop(connection, ShopId(shop_id))


@post("/api/office/deals/{deal_id:uuid}/accept", status_code=200)
async def accept(deal_id: FromPath[UUID], data: JSONBody[AcceptPost], staff: SignedIn, services: Wired) -> DealBudget:
    """A funder accepts its share; the last acceptance makes the deal ready to open."""
    async with services.database.transaction() as connection:
        deal = await locked_deal(connection, DealId(deal_id))
        require_role(staff, deal.shop_id, "finance")
        if data.party != "brand":
            raise ForbiddenError(f"the {data.party} decides in its own view; invite somebody to decide for it")
        return await accept_funding_and_tell(
            connection, DealId(deal_id), data.party, accepted_by=staff.person.id, now_us=services.clock.now_us()
        )


HANDLERS = [
    list_products,
    view_product,
    import_csv,
    list_statements,
    list_line_entries,
    list_orders,
    view_order_detail,
    list_deals,
    accept,
]
