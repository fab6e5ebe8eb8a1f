"""A shop's taxes and shipping over HTTP: anyone of the shop reads them, finance people and owners set them."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.checkout.address_rules import AddressRules, address_rules
from tallylight.checkout.tax_report import TaxReportRow, tax_report
from tallylight.deals.shipping.settings import set_shipping_zones, shipping_zones
from tallylight.deals.shipping.types import ShippingZone
from tallylight.deals.tax.rates_csv import rates_from_csv, rates_to_csv, shipped_rates
from tallylight.deals.tax.settings import TaxSettings, set_tax_rates, set_tax_settings, tax_facts, tax_rates
from tallylight.deals.tax.types import TaxRate
from tallylight.foundation.ids import ProductId, ShopId
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role

BODY_BYTES_MAX = 1 << 20
RATES_BYTES_MAX = 8 << 20
SHOWN_MAX = 500


class TaxView(msgspec.Struct, frozen=True):
    """``settings`` None: nothing is set, and no tax is collected. ``rates``: the first SHOWN_MAX of ``rates_count``."""

    settings: TaxSettings | None
    rates: list[TaxRate]
    rates_count: int


class RatesFile(msgspec.Struct, frozen=True):
    """A CSV of rates in place of all there are."""

    csv: str


class RatesSet(msgspec.Struct, frozen=True):
    """A set of rates that comes with the product: it replaces the rates of its countries."""

    set: Literal["eu", "gb", "us"]


class ZonesView(msgspec.Struct, frozen=True):
    zones: list[ShippingZone]


class TaxClass(msgspec.Struct, frozen=True):
    tax_class: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]


class TaxReport(msgspec.Struct, frozen=True):
    rows: list[TaxReportRow]


@get("/api/office/shops/{shop_id:uuid}/tax")
async def view_tax(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> TaxView:
    """Where the shop collects tax, and at which rates."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await _tax(connection, ShopId(shop_id))


@put("/api/office/shops/{shop_id:uuid}/tax")
async def put_tax(shop_id: FromPath[UUID], data: JSONBody[TaxSettings], staff: SignedIn, services: Wired) -> TaxView:
    """Collect tax as this says, from now on. 422 names what is wrong."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        await set_tax_settings(connection, ShopId(shop_id), data)
        return await _tax(connection, ShopId(shop_id))


@put("/api/office/shops/{shop_id:uuid}/tax/rates", request_max_body_size=RATES_BYTES_MAX)
async def put_rates(shop_id: FromPath[UUID], data: JSONBody[RatesFile], staff: SignedIn, services: Wired) -> TaxView:
    """Have the rates of a file. 422 names the row; 409 ``ambiguous_tax_rate`` names two that claim the same goods."""
    require_role(staff, shop_id, "finance")
    rates = rates_from_csv(data.csv)
    async with services.database.transaction() as connection:
        await set_tax_rates(connection, ShopId(shop_id), rates)
        return await _tax(connection, ShopId(shop_id))


@post("/api/office/shops/{shop_id:uuid}/tax/rates/shipped", status_code=200)
async def load_rates(shop_id: FromPath[UUID], data: JSONBody[RatesSet], staff: SignedIn, services: Wired) -> TaxView:
    """Take a set that comes with the product, in place of what there is for its countries."""
    require_role(staff, shop_id, "finance")
    new = shipped_rates(data.set)
    countries = {rate.country for rate in new}
    async with services.database.transaction() as connection:
        kept = [rate for rate in await tax_rates(connection, ShopId(shop_id)) if rate.country not in countries]
        await set_tax_rates(connection, ShopId(shop_id), [*kept, *new])
        return await _tax(connection, ShopId(shop_id))


@get("/api/office/shops/{shop_id:uuid}/tax/rates.csv")
async def rates_csv(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Response[str]:
    """Every rate, as the file that can be imported again."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        text = rates_to_csv(await tax_rates(connection, ShopId(shop_id)))
    headers = {"content-disposition": 'attachment; filename="tax-rates.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@get("/api/office/shops/{shop_id:uuid}/tax/report")
async def view_report(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, from_us: FromQuery[int], to_us: FromQuery[int]
) -> TaxReport:
    """What the sales and refunds of a period owe each authority, by rate."""
    require_role(staff, shop_id, "finance")
    async with services.database.reading() as connection:
        return TaxReport(await tax_report(connection, ShopId(shop_id), from_us=from_us, to_us=to_us))


@put("/api/office/shops/{shop_id:uuid}/products/{product_id:uuid}/tax-class", status_code=204)
async def put_tax_class(
    shop_id: FromPath[UUID],
    product_id: FromPath[UUID],
    data: JSONBody[TaxClass],
    staff: SignedIn,
    services: Wired,
) -> None:
    """Tax a product by the rates of this class from now on."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        await catalogue.set_tax_class(connection, ShopId(shop_id), ProductId(product_id), data.tax_class)


@get("/api/office/shops/{shop_id:uuid}/shipping")
async def view_shipping(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> ZonesView:
    """Where the shop sends to, how and for how much."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return ZonesView(await shipping_zones(connection, ShopId(shop_id)))


@put("/api/office/shops/{shop_id:uuid}/shipping", request_max_body_size=BODY_BYTES_MAX)
async def put_shipping(
    shop_id: FromPath[UUID], data: JSONBody[ZonesView], staff: SignedIn, services: Wired
) -> ZonesView:
    """Ship by these zones from now on. 422 names what is wrong."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        await set_shipping_zones(connection, shop.id, data.zones)
        return ZonesView(await shipping_zones(connection, shop.id))


@get("/api/addresses/{country:str}")
async def view_address_rules(country: FromPath[str]) -> AddressRules:
    """How an address is asked for in a country, with its own words; anyone may ask. 422 for no country."""
    return address_rules(country)


async def _tax(connection: AsyncConnection, shop_id: ShopId) -> TaxView:
    facts = await tax_facts(connection, shop_id)
    rates = await tax_rates(connection, shop_id) if facts is None else list(facts.rates)
    settings = (
        None
        if facts is None
        else TaxSettings(facts.origin, facts.rounding, facts.origin_in_eu, list(facts.registrations))
    )
    return TaxView(settings, rates[:SHOWN_MAX], len(rates))


HANDLERS = [
    view_tax, put_tax, put_rates, load_rates, rates_csv, view_report, put_tax_class, view_shipping, put_shipping,
    view_address_rules,
]  # fmt: skip
