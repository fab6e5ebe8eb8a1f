"""The office: catalogue import and statements, for a shop's owners and finance people."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, QueryParameter

from tallylight.app.web.injected import SignedIn, WebRequest, Wired
from tallylight.catalogue.import_shopify_csv import import_shopify_csv
from tallylight.catalogue.schemas import ImportReport
from tallylight.foundation.clock import MICROSECONDS, from_datetime, to_datetime
from tallylight.foundation.errors import InvalidInputError
from tallylight.ledger.queries import statements
from tallylight.ledger.schemas import Statement
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role

IMPORT_BYTES_MAX = 8 << 20
DEFAULT_PERIOD = timedelta(days=30)

From = Annotated[str | None, QueryParameter(name="from")]
To = Annotated[str | None, QueryParameter(name="to")]


class StatementList(msgspec.Struct):
    """One statement a party."""

    statements: list[Statement]


class Period(msgspec.Struct, frozen=True):
    """Wall time, microseconds: ``from_us`` belongs to it, ``to_us`` does not."""

    from_us: int
    to_us: int


def period_of(from_: str | None, to: str | None, now_us: int) -> Period:
    """A period as dates (``2026-05-01``: that day's beginning, UTC) or ISO times; by default the last 30 days."""
    to_us = now_us + MICROSECONDS if to is None else _moment(to, "to")
    from_us = to_us - int(DEFAULT_PERIOD.total_seconds()) * MICROSECONDS if from_ is None else _moment(from_, "from")
    if from_us >= to_us:
        raise InvalidInputError("a period ends after it begins", field="to")
    return Period(from_us, to_us)


def _moment(text: str, field: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        us = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        to_datetime(us)
    except (ValueError, OverflowError):
        raise InvalidInputError(f"{field} is a date such as 2026-05-01 or an ISO 8601 time", field=field) from None
    return us


@post("/api/office/shops/{shop_id:uuid}/products/import", status_code=200, request_max_body_size=IMPORT_BYTES_MAX)
async def import_products(
    shop_id: FromPath[UUID], staff: SignedIn, request: WebRequest, services: Wired
) -> ImportReport:
    """Bring products in from Shopify's product export (CSV). Bad rows are reported by line, good ones imported."""
    require_role(staff, shop_id, "producer")
    body = await request.body()
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        return await import_shopify_csv(connection, shop.id, body, at_us=services.clock.now_us())


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


HANDLERS = [import_products, list_statements]
