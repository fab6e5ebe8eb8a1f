"""The books over HTTP, for finance people and owners: close statements, open them down, export them."""

import asyncio
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream

from tallylight.app.flows.close_statements import close_period
from tallylight.app.flows.export_books import books_as_beancount
from tallylight.app.flows.export_statement import statement_csv
from tallylight.app.statement_pdf.render import statement_pdf
from tallylight.app.web.downloads import attachment
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.app.web.office_endpoints import EntryList, moment_us
from tallylight.checkout import with_orders
from tallylight.foundation.clock import MICROSECONDS, to_datetime
from tallylight.foundation.ids import ShopId
from tallylight.ledger.closed_statements.read import (
    ClosedLine,
    ClosedStatement,
    closed_line_entries,
    closed_statement,
    closed_statements,
)
from tallylight.ledger.parties import parties_of_shop
from tallylight.ledger.payouts.bank_accounts import newest_accounts
from tallylight.ledger.payouts.make_payouts import record_collection
from tallylight.ledger.payouts.read import BatchLine, batches_of_shop
from tallylight.ledger.types import Party
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role

BODY_BYTES_MAX = 16 << 10
_SET_AT_ONCE = asyncio.Semaphore(2)
"""Setting a PDF takes a core."""


class PaidParty(msgspec.Struct, frozen=True):
    """A party with statements, or the bank. ``account``: a hint at where it is paid, None when nobody said."""

    party: Party
    account: str | None


class Books(msgspec.Struct, frozen=True):
    """What the page of closed statements and payouts shows."""

    statements: list[ClosedLine]
    payouts: list[BatchLine]
    parties: list[PaidParty]
    server_now_us: int


class ClosePost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``to``: a date or an ISO 8601 time, exclusive."""

    to: str


class CollectionPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the party paid what it owed."""

    note: str


@get("/api/office/shops/{shop_id:uuid}/books")
async def view_books(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Books:
    """Closed statements, payouts, and where each party is paid."""
    require_role(staff, shop_id, "finance")
    shop = ShopId(shop_id)
    async with services.database.reading() as connection:
        parties = await parties_of_shop(connection, shop)
        accounts = await newest_accounts(connection, [party.id for party in parties])
        return Books(
            await closed_statements(connection, shop),
            await batches_of_shop(connection, shop),
            [PaidParty(party, accounts[party.id].hint if party.id in accounts else None) for party in parties],
            services.clock.now_us(),
        )


@post("/api/office/shops/{shop_id:uuid}/closed-statements", request_max_body_size=BODY_BYTES_MAX)
async def close(
    shop_id: FromPath[UUID], data: JSONBody[ClosePost], staff: SignedIn, services: Wired
) -> list[ClosedLine]:
    """Close everything posted before ``to``, a statement a party. 409 ``period_closed``, ``still_charging``."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        made = await close_period(
            connection, shop.id, currency=shop.currency, to_us=moment_us(data.to, "to"), closed_by=staff.person.id,
            now_us=services.clock.now_us(),
        )  # fmt: skip
        return [each for each in await closed_statements(connection, shop.id) if each.id in made]


@get("/api/office/shops/{shop_id:uuid}/closed-statements/{statement_id:uuid}")
async def view_closed(
    shop_id: FromPath[UUID], statement_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> ClosedStatement:
    """One closed statement with its lines."""
    require_role(staff, shop_id, "finance")
    async with services.database.reading() as connection:
        return await closed_statement(connection, ShopId(shop_id), statement_id)


@get("/api/office/shops/{shop_id:uuid}/closed-statements/{statement_id:uuid}/lines/{key:str}")
async def view_closed_line(
    shop_id: FromPath[UUID], statement_id: FromPath[UUID], key: FromPath[str], staff: SignedIn, services: Wired
) -> EntryList:
    """What a line sums, each entry with its order and the moment of video it was sold in."""
    require_role(staff, shop_id, "finance")
    async with services.database.reading() as connection:
        entries = await closed_line_entries(connection, ShopId(shop_id), statement_id, key)
        return EntryList(await with_orders(connection, entries))


@get("/api/office/shops/{shop_id:uuid}/closed-statements/{statement_id:uuid}/statement.csv")
async def closed_as_csv(
    shop_id: FromPath[UUID], statement_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> Response[bytes]:
    """Every entry of the statement, one a row."""
    require_role(staff, shop_id, "finance")
    async with services.database.reading() as connection:
        text = await statement_csv(connection, ShopId(shop_id), statement_id)
    return Response(
        text.encode(), media_type="text/csv; charset=utf-8", headers=attachment(f"statement-{statement_id}.csv")
    )


@get("/api/office/shops/{shop_id:uuid}/closed-statements/{statement_id:uuid}/statement.pdf")
async def closed_as_pdf(
    shop_id: FromPath[UUID], statement_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> Response[bytes]:
    """The statement to read, send and file."""
    require_role(staff, shop_id, "finance")
    async with services.database.reading() as connection:
        shop = await shop_by_id(connection, shop_id)
        found = await closed_statement(connection, shop.id, statement_id)
    async with _SET_AT_ONCE:
        body = await asyncio.to_thread(statement_pdf, found, shop_name=shop.name)
    return Response(
        body, media_type="application/pdf", headers=attachment(f"statement-{found.closed.number}-{statement_id}.pdf")
    )


@post(
    "/api/office/shops/{shop_id:uuid}/closed-statements/{statement_id:uuid}/collection",
    status_code=204,
    request_max_body_size=BODY_BYTES_MAX,
)
async def collect(
    shop_id: FromPath[UUID],
    statement_id: FromPath[UUID],
    data: JSONBody[CollectionPost],
    staff: SignedIn,
    services: Wired,
) -> None:
    """The party has paid what the statement says it owes."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        await record_collection(
            connection, ShopId(shop_id), statement_id, note=data.note, recorded_by=staff.person.id,
            now_us=services.clock.now_us(),
        )  # fmt: skip


@get("/api/office/shops/{shop_id:uuid}/books.beancount")
async def books(shop_id: FromPath[UUID], staff: SignedIn, services: Wired, to: FromQuery[str | None] = None) -> Stream:
    """The shop's whole books up to ``to`` (by default now) for beancount, with a balance assertion an account."""
    require_role(staff, shop_id, "finance")
    now_us = services.clock.now_us()
    to_us = now_us + MICROSECONDS if to is None else moment_us(to, "to")
    name = f"books-{to_datetime(to_us):%Y-%m-%d}.beancount"
    return Stream(
        books_as_beancount(services.database, ShopId(shop_id), to_us=to_us),
        media_type="text/plain; charset=utf-8",
        headers=attachment(name),
    )


HANDLERS = [
    view_books,
    close,
    view_closed,
    view_closed_line,
    closed_as_csv,
    closed_as_pdf,
    collect,
    books,
]
