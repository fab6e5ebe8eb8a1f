"""One loop's flash deal: a deal opens once, so each loop gets a fresh one, funded and accepted beforehand."""

from collections.abc import Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals
from tallylight.app.demo import cast
from tallylight.app.demo.timeline import CATALOGUE_FILE, read_timeline
from tallylight.app.flows.end_deals import end_deal_and_tell
from tallylight.catalogue.shopify_csv import decode_csv, parse_shopify_csv
from tallylight.foundation.ids import DealId, PersonId, ProductId, ShopId, VariantId


async def prepare_deal(
    connection: AsyncConnection, shop_id: ShopId, product_id: ProductId, accepted_by: PersonId, now_us: int
) -> DealId:
    """The next deal, agreed and not yet open: one that waits already is taken first."""
    for each in await deals.deals_of_shop(connection, shop_id):
        if each.state == "agreed" and each.title == cast.DEAL_TITLE and each.product_id == product_id:
            return DealId(each.id)
    new = deals.NewDeal(
        product_id=product_id,
        kind="price",
        title=cast.DEAL_TITLE,
        price_minor=cast.DEAL_PRICE_MINOR,
        duration_s=read_timeline().deal_seconds,
        total_limit=cast.DEAL_PIECES,
        per_buyer_limit=cast.DEAL_PIECES_A_BUYER,
        funders=cast.FUNDERS,
    )
    deal_id = await deals.create_deal(connection, shop_id, new)
    for each_funder in cast.FUNDERS:
        await deals.accept_funding(connection, deal_id, each_funder.party, accepted_by=accepted_by, at_us=now_us)
    return deal_id


async def end_open_deals(connection: AsyncConnection, shop_id: ShopId, now_us: int) -> int:
    """End what an earlier loop left running, because two deals on one product cannot run at once; returns how many."""
    ended = 0
    for each in await deals.deals_of_shop(connection, shop_id):
        if each.state == "open" and each.title in (cast.DEAL_TITLE, cast.FIRST_TITLE):
            await end_deal_and_tell(connection, DealId(each.id), now_us, reason="the show began again")
            ended += 1
    return ended


class Shelf(msgspec.Struct, frozen=True):
    """How many pieces of a variant the catalogue file states."""

    handle: str
    variant: str
    pieces: int


def full_shelves() -> list[Shelf]:
    """Every variant of the catalogue file."""
    parsed = parse_shopify_csv(decode_csv(CATALOGUE_FILE.read_bytes()), cast.SHOP_CURRENCY)
    return [
        Shelf(handle, variant.title, variant.on_hand)
        for handle, product in parsed.products.items()
        for variant in product.variants
    ]


async def restock(connection: AsyncConnection, shop_id: ShopId, shelves: Sequence[Shelf], now_us: int) -> int:
    """Fill up variants that ran low; returns how many."""
    stock = {(shelf.handle, shelf.variant): shelf.pieces for shelf in shelves}
    filled = 0
    for product in await catalogue.products_of_shop(connection, shop_id):
        for variant in product.variants:
            wanted = stock.get((product.handle, variant.title))
            if wanted is not None and variant.available < cast.STOCK_LOW < wanted:
                await catalogue.set_stock(connection, shop_id, VariantId(variant.id), on_hand=wanted, at_us=now_us)
                filled += 1
    return filled
