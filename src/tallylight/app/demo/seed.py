"""Plants the demo's shop, people, show and run of show. Running it again continues with what is there."""

import asyncio
import shutil
from datetime import timedelta

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.app.demo import cast
from tallylight.app.demo.back_office import BackOffice, plant_papers, plant_plan
from tallylight.app.demo.flash_deal import prepare_deal
from tallylight.app.demo.offers import plant_offers
from tallylight.app.demo.timeline import CATALOGUE_FILE, PHOTOS, read_timeline
from tallylight.compliance.competitors import add_competitors
from tallylight.compliance.library.approve_claim import approve_claim
from tallylight.compliance.library.queries import claims_in_force
from tallylight.foundation.clock import Clock, SystemClock, to_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.ids import PersonId, ProductId, ShopId, ShowId
from tallylight.foundation.settings import Settings
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.create_shop import create_shop
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.queries import person_by_email, shop_by_slug
from tallylight.shows.create_show import add_cue, create_show, set_show_products
from tallylight.shows.queries import cues_of, shows_listed

SIGN_IN_TTL = timedelta(hours=24)


class DemoPerson(msgspec.Struct, frozen=True):
    """Someone of the demo's staff. ``sign_in_token``: for ``/signin/{token}``, once, within a day."""

    id: PersonId
    name: str
    email: str
    roles: tuple[str, ...]
    sign_in_token: str


class DemoShow(msgspec.Struct, frozen=True):
    """What was planted. ``staff``: the owner, who may do everything, first."""

    shop_id: ShopId
    shop_slug: str
    show_id: ShowId
    show_slug: str
    staff: tuple[DemoPerson, ...]


async def seed(database: Database, settings: Settings, clock: Clock | None = None) -> DemoShow:
    """Make whatever of the demo is missing, fill the shelves up and issue fresh sign-in links."""
    clock = clock or SystemClock()
    await asyncio.to_thread(_copy_photos, settings)
    async with database.transaction() as connection:
        shop_id = await _shop(connection)
        staff = await _staff(connection, shop_id, clock)
        products = await _products(connection, shop_id, clock.now_us() - cast.ON_SALE_BEFORE_US)
        await _claims(connection, shop_id, products, staff, clock.now_us())
        await add_competitors(connection, shop_id, cast.RIVALS)
        await plant_offers(connection, shop_id, staff[0].id, clock.now_us())
        people = {person.email: person.id for person in staff}
        show_id = await _show(connection, shop_id, products, people, clock.now_us())
        office = BackOffice(shop_id, show_id, people, products)
        await plant_papers(connection, office, clock.now_us())
    await plant_plan(database, office, clock.now_us())
    return DemoShow(shop_id, cast.SHOP_SLUG, show_id, cast.SHOW_SLUG, staff)


def _copy_photos(settings: Settings) -> None:
    settings.photos_dir.mkdir(parents=True, exist_ok=True)
    for picture in PHOTOS.glob("*.webp"):
        shutil.copyfile(picture, settings.photos_dir / picture.name)


async def _shop(connection: AsyncConnection) -> ShopId:
    shop = await shop_by_slug(connection, cast.SHOP_SLUG) or await create_shop(
        connection, slug=cast.SHOP_SLUG, name=cast.SHOP_NAME, currency=cast.SHOP_CURRENCY, accent=cast.SHOP_ACCENT
    )
    await catalogue.set_shop_terms(
        connection,
        shop.id,
        shipping_fee_minor=cast.SHIPPING_MINOR,
        free_shipping_over_minor=cast.FREE_SHIPPING_OVER_MINOR,
    )
    return shop.id


async def _staff(connection: AsyncConnection, shop_id: ShopId, clock: Clock) -> tuple[DemoPerson, ...]:
    staff = []
    for name, email, roles in cast.STAFF:
        person = await person_by_email(connection, email) or await create_person(connection, email=email, name=name)
        await grant_roles(connection, shop_id, person.id, roles)
        token = await issue_sign_in_link(connection, person.id, SIGN_IN_TTL, clock)
        staff.append(DemoPerson(person.id, name, email, roles, token))
    return tuple(staff)


async def _products(connection: AsyncConnection, shop_id: ShopId, now_us: int) -> dict[str, ProductId]:
    """Import the catalogue, which also restocks it, and serve its pictures from here; products by handle."""
    body = await asyncio.to_thread(CATALOGUE_FILE.read_bytes)
    await catalogue.import_shopify_csv(connection, shop_id, body, at_us=now_us)
    found = await catalogue.products_of_shop(connection, shop_id)
    for product in found:
        photos = [
            catalogue.NewPhoto(file_name=photo.url.rpartition("/")[2], alt=photo.alt)
            for photo in product.photos
            if (PHOTOS / photo.url.rpartition("/")[2]).is_file()
        ]
        if photos:
            await catalogue.replace_photos(connection, ProductId(product.id), photos)
    return {product.handle: ProductId(product.id) for product in found}


async def _claims(
    connection: AsyncConnection,
    shop_id: ShopId,
    products: dict[str, ProductId],
    staff: tuple[DemoPerson, ...],
    now_us: int,
) -> None:
    compliance = next(person for person in staff if person.email == cast.COMPLIANCE)
    now = to_datetime(now_us)
    for handle, wording in cast.CLAIMS:
        known = await claims_in_force(connection, shop_id, [products[handle]], "us-en", now)
        if wording not in [claim.wording for claim in known]:
            await approve_claim(
                connection,
                shop_id,
                products[handle],
                wording,
                expires_at=now + timedelta(days=365),
                approved_by=compliance.id,
                since=now,
            )


async def _show(
    connection: AsyncConnection,
    shop_id: ShopId,
    products: dict[str, ProductId],
    people: dict[str, PersonId],
    now_us: int,
) -> ShowId:
    """The show with its run of show; a show that is there keeps its own."""
    known = {each.slug: each.id for each in await shows_listed(connection, {shop_id})}
    if cast.SHOW_SLUG in known:
        show_id = known[cast.SHOW_SLUG]
    else:
        made = await create_show(
            connection,
            shop_id=shop_id,
            slug=cast.SHOW_SLUG,
            title=cast.SHOW_TITLE,
            host_name=cast.HOST_NAME,
            host_person_id=people[cast.HOST],
            host_is_paid=True,
            creator_commission_bps=cast.COMMISSION_BPS,
        )
        show_id = made.id
    pinned = [product for _, _, product in cast.CUES.values() if product is not None]
    await set_show_products(connection, show_id, [products[handle] for handle in dict.fromkeys([*pinned, *products])])
    if not await cues_of(connection, show_id):
        deal_id = await prepare_deal(connection, shop_id, products[cast.DEAL_PRODUCT], people[cast.OWNER], now_us)
        for line in read_timeline().cued:
            assert line.cue is not None
            kind, label, handle = cast.CUES[line.cue]
            product_id = None if handle is None else products[handle]
            await add_cue(
                connection,
                show_id,
                kind=kind,
                label=label,
                line=line.text,
                product_id=product_id,
                deal_id=deal_id if kind == "deal" else None,
            )
    return show_id
