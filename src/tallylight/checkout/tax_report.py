"""What a shop's sales owe each authority in a period, by rate: for returns to the authorities."""

from collections import defaultdict

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import customer_order, order_quote
from tallylight.checkout.refunds.models import order_refund
from tallylight.deals import Quote
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money
from tallylight.ledger.models import transfer

ORDERS_MAX = 200_000

Key = tuple[str, str, int, str]


class TaxReportRow(msgspec.Struct, frozen=True):
    """One rate of one authority: ``base`` without tax. ``back_*``: what refunds of the period gave back of it."""

    authority: str
    name: str
    rate_ppm: int
    base: Money
    tax: Money
    back_base: Money
    back_tax: Money


async def tax_report(connection: AsyncConnection, shop_id: ShopId, *, from_us: int, to_us: int) -> list[TaxReportRow]:
    """Sales by payment time and refunds by their own in from_us <= t < to_us, as statements count them.

    Raises InvalidInputError for a period with more than ORDERS_MAX orders.
    """
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    sold = (
        sa.select(order_quote.c.quote)
        .join(customer_order, customer_order.c.quote_id == order_quote.c.id)
        .join(transfer, sa.and_(transfer.c.order_id == customer_order.c.id, transfer.c.kind == "sale"))
        .where(transfer.c.shop_id == shop_id, transfer.c.posted_us >= from_us, transfer.c.posted_us < to_us)
        .limit(ORDERS_MAX + 1)
    )
    rows = (await connection.execute(sold)).all()
    if len(rows) > ORDERS_MAX:
        raise InvalidInputError(f"more than {ORDERS_MAX} orders are in this period; ask for a shorter one", field="to")
    for row in rows:
        _count(sums, msgspec.convert(row.quote, Quote), None)
    back = (
        sa.select(order_quote.c.quote, order_refund.c.taxes_minor, order_refund.c.tax_bases_minor)
        .join(customer_order, customer_order.c.quote_id == order_quote.c.id)
        .join(order_refund, order_refund.c.order_id == customer_order.c.id)
        .where(customer_order.c.shop_id == shop_id, order_refund.c.made_us >= from_us, order_refund.c.made_us < to_us)
        .limit(ORDERS_MAX)
    )
    for row in await connection.execute(back):
        _count(sums, msgspec.convert(row.quote, Quote), list(zip(row.tax_bases_minor, row.taxes_minor, strict=True)))
    return [
        TaxReportRow(authority, name, rate_ppm, *(Money(minor, currency) for minor in figures))
        for (authority, name, rate_ppm, currency), figures in sorted(sums.items())
    ]


def _count(sums: dict[Key, list[int]], quote: Quote, back: list[tuple[int, int]] | None) -> None:
    """Add an order's parts, or what a refund took of each."""
    if back is not None:
        for part, (base, tax) in zip(quote.tax_parts, back, strict=False):
            figures = sums[part.authority, part.name, part.rate_ppm, part.tax.currency]
            figures[2] += base
            figures[3] += tax
        return
    for part in quote.tax_parts:
        figures = sums[part.authority, part.name, part.rate_ppm, part.tax.currency]
        figures[0] += part.base.minor
        figures[1] += part.tax.minor
