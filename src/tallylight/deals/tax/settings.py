"""Where a shop is, where it collects tax, and at which rates: read, and set as a whole."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.tax.answers import service_facts
from tallylight.deals.tax.check import check_rates, check_settings
from tallylight.deals.tax.models import shop_tax, tax_rate, tax_registration
from tallylight.deals.tax.types import Place, Registration, Rounding, TaxFacts, TaxRate, place
from tallylight.foundation.ids import ShopId

_RATE_FIELDS = TaxRate.__struct_fields__


class TaxSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``origin_in_eu``: sales into other EU countries are taxed as at the origin, below the threshold of Art. 59c."""

    origin: Place
    rounding: Rounding = "line"
    origin_in_eu: bool = False
    registrations: list[Registration] = []


async def tax_facts(connection: AsyncConnection, shop_id: ShopId) -> TaxFacts | None:
    """Everything that a shop's taxes depend on; None for a shop that has set nothing."""
    row = (await connection.execute(sa.select(shop_tax).where(shop_tax.c.shop_id == shop_id))).one_or_none()
    if row is None:
        return None
    registered = await connection.execute(
        sa.select(tax_registration)
        .where(tax_registration.c.shop_id == shop_id)
        .order_by(tax_registration.c.country, tax_registration.c.region)
    )
    return TaxFacts(
        Place(row.country, row.region, row.postal_code),
        row.rounding,
        row.origin_in_eu,
        tuple(Registration(each.country, each.region, each.included, each.number) for each in registered),
        tuple(await tax_rates(connection, shop_id)),
        await service_facts(connection, shop_id),
    )


async def tax_rates(connection: AsyncConnection, shop_id: ShopId) -> list[TaxRate]:
    """The shop's rates by place, class, layer and date."""
    columns = [tax_rate.c[name] for name in _RATE_FIELDS]
    order = ("country", "region", "postal_prefix", "tax_class", "layer", "from_us")
    rows = await connection.execute(
        sa.select(*columns)
        .where(tax_rate.c.shop_id == shop_id)
        .order_by(*(tax_rate.c[name].nulls_first() for name in order))
    )
    return [TaxRate(**row._asdict()) for row in rows]


async def set_tax_settings(connection: AsyncConnection, shop_id: ShopId, asked: TaxSettings) -> None:
    """Collect from now on as ``asked``. Raises InvalidInputError naming what is wrong."""
    check_settings(asked.origin, asked.registrations)
    origin = place(asked.origin.country, asked.origin.region, asked.origin.postal_code)
    await catalogue.touch_selling_facts(connection, shop_id)
    await connection.execute(tax_registration.delete().where(tax_registration.c.shop_id == shop_id))
    await connection.execute(shop_tax.delete().where(shop_tax.c.shop_id == shop_id))
    await connection.execute(
        shop_tax.insert().values(
            shop_id=shop_id, country=origin.country, region=origin.region, postal_code=origin.postal_code,
            rounding=asked.rounding, origin_in_eu=asked.origin_in_eu,
        )
    )  # fmt: skip
    if asked.registrations:
        await connection.execute(
            tax_registration.insert(),
            [{"shop_id": shop_id, **msgspec.structs.asdict(each)} for each in asked.registrations],
        )


async def set_tax_rates(connection: AsyncConnection, shop_id: ShopId, rates: Sequence[TaxRate]) -> None:
    """Have exactly these rates. Raises InvalidInputError, ConflictError for two that claim the same goods."""
    check_rates(rates)
    await catalogue.touch_selling_facts(connection, shop_id)
    await connection.execute(tax_rate.delete().where(tax_rate.c.shop_id == shop_id))
    if rates:
        await connection.execute(
            tax_rate.insert(), [{"shop_id": shop_id, **msgspec.structs.asdict(rate)} for rate in rates]
        )
