"""Plans a show: its frame, its products, its run of show."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.compliance.pack import MARKETS
from tallylight.foundation.errors import ConflictError, InvalidInputError
from tallylight.foundation.ids import CueId, DealId, PersonId, ProductId, ShopId, ShowId, is_uuid, new_id
from tallylight.members.queries import roles_of
from tallylight.shows.errors import SlugTakenError
from tallylight.shows.models import cue, show, show_product
from tallylight.shows.types import SLUG, Cue, CueKind, Show

DELAY_MS_MAX = 30_000
COMMISSION_BPS_MAX = 8_000
TITLE_LENGTH_MAX = 120
HOST_NAME_LENGTH_MAX = 80
LINE_LENGTH_MAX = 2_000
STARTS_YEAR_MIN, STARTS_YEAR_MAX = 2000, 2099
SHOWS_MAX = 2_000
PRODUCTS_MAX = 200
CUES_MAX = 500


async def create_show(
    connection: AsyncConnection,
    *,
    shop_id: ShopId,
    slug: str,
    title: str,
    host_name: str,
    host_person_id: PersonId | None = None,
    host_is_paid: bool = False,
    creator_commission_bps: int = 0,
    market: str = "us-en",
    delay_ms: int = 8_000,
    fail_open: bool = False,
    hold_policy: Literal["bleep", "clear"] = "bleep",
    starts_at: datetime | None = None,
) -> Show:
    """A new show. SlugTakenError when another show has the slug, InvalidInputError naming a field that is wrong,
    ConflictError over SHOWS_MAX.
    """
    check_frame(slug=slug, title=title, host_name=host_name, market=market, delay_ms=delay_ms, starts_at=starts_at)
    if host_person_id is not None:
        await require_host(connection, shop_id, host_person_id)
    if not 0 <= creator_commission_bps <= COMMISSION_BPS_MAX:
        raise InvalidInputError("the creator's commission is between 0 and 80 %", field="creator_commission_bps")
    kept = await connection.scalar(sa.select(sa.func.count()).select_from(show).where(show.c.shop_id == shop_id))
    if (kept or 0) >= SHOWS_MAX:
        raise ConflictError(f"a shop keeps up to {SHOWS_MAX} shows")
    made = Show(
        id=ShowId(new_id()),
        shop_id=shop_id,
        slug=slug,
        title=title.strip(),
        host_name=host_name.strip(),
        host_person_id=host_person_id,
        host_is_paid=host_is_paid,
        creator_commission_bps=creator_commission_bps,
        market=market,
        delay_ms=delay_ms,
        fail_open=fail_open,
        hold_policy=hold_policy,
        starts_at=starts_at,
    )
    row = await connection.execute(
        insert(show)
        .values({name: getattr(made, name) for name in made.__struct_fields__})
        .on_conflict_do_nothing(index_elements=[show.c.slug])
        .returning(sa.literal(1))
    )
    if row.first() is None:
        raise SlugTakenError(f"another show lives at {slug}; choose another slug", field="slug")
    return made


def check_frame(
    *, slug: str, title: str, host_name: str, market: str, delay_ms: int, starts_at: datetime | None
) -> None:
    """What is true of every show's frame. InvalidInputError naming a field that is wrong."""
    if not SLUG.fullmatch(slug) or is_uuid(slug):
        raise InvalidInputError("a slug has lower-case letters, digits and inner hyphens, at most 63", field="slug")
    if not 1 <= len(title.strip()) <= TITLE_LENGTH_MAX:
        raise InvalidInputError(f"a title has 1 to {TITLE_LENGTH_MAX} characters", field="title")
    if not 1 <= len(host_name.strip()) <= HOST_NAME_LENGTH_MAX:
        raise InvalidInputError(f"a host's name has 1 to {HOST_NAME_LENGTH_MAX} characters", field="host_name")
    if market not in MARKETS:
        raise InvalidInputError(f"a show sells in one of the markets {', '.join(MARKETS)}", field="market")
    if not 0 <= delay_ms <= DELAY_MS_MAX:
        raise InvalidInputError("the delay is between 0 and 30 seconds", field="delay_ms")
    if starts_at is not None and not (starts_at.tzinfo and STARTS_YEAR_MIN <= starts_at.year <= STARTS_YEAR_MAX):
        raise InvalidInputError("a start is a date and a time of this century, with its zone", field="starts_at")


async def require_host(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId) -> None:
    """InvalidInputError unless this person is a host of the shop."""
    if "host" not in await roles_of(connection, shop_id, person_id):
        raise InvalidInputError(
            "this person has not the role host in the shop; an owner gives it to them", field="host_person_id"
        )


async def set_show_products(connection: AsyncConnection, show_id: ShowId, products: Sequence[ProductId]) -> None:
    """The show's products, in this order; replaces what was there."""
    if len(products) > PRODUCTS_MAX:
        raise InvalidInputError(f"a show has at most {PRODUCTS_MAX} products", field="products")
    await connection.execute(show_product.delete().where(show_product.c.show_id == show_id))
    for position, product_id in enumerate(dict.fromkeys(products), start=1):
        await connection.execute(
            show_product.insert().values(show_id=show_id, product_id=product_id, position=position)
        )


async def add_cue(
    connection: AsyncConnection,
    show_id: ShowId,
    *,
    kind: CueKind,
    label: str,
    line: str = "",
    product_id: ProductId | None = None,
    deal_id: DealId | None = None,
) -> Cue:
    """A cue at the end of the run of show. A pin names a product, a deal cue a deal."""
    if kind == "pin" and product_id is None:
        raise InvalidInputError("a pin cue names a product", field="product_id")
    if kind == "deal" and deal_id is None:
        raise InvalidInputError("a deal cue names a deal", field="deal_id")
    if not 1 <= len(label.strip()) <= TITLE_LENGTH_MAX or len(line) > LINE_LENGTH_MAX:
        raise InvalidInputError("a cue has a label of up to 120 and a line of up to 2000 characters", field="label")
    # The show's row orders two producers who add a cue at once.
    await connection.execute(sa.select(show.c.id).where(show.c.id == show_id).with_for_update(key_share=True))
    last = await connection.scalar(
        sa.select(sa.func.coalesce(sa.func.max(cue.c.position), 0)).where(cue.c.show_id == show_id)
    )
    position = int(last or 0) + 1
    if position > CUES_MAX:
        raise InvalidInputError(f"a run of show has at most {CUES_MAX} cues", field="position")
    made = Cue(CueId(new_id()), position, kind, label.strip(), line, product_id, deal_id)
    await connection.execute(
        cue.insert().values(
            id=made.id,
            show_id=show_id,
            position=position,
            kind=kind,
            label=made.label,
            line=line,
            product_id=product_id,
            deal_id=deal_id,
        )
    )
    return made
