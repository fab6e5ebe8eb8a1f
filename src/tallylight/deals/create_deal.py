"""Drafts a deal with its funding agreement."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, ledger
from tallylight.catalogue.models import product, variant
from tallylight.deals.models import deal, funder
from tallylight.deals.types import NewDeal
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import DealId, ShopId, new_id
from tallylight.foundation.money import BASIS_POINTS, basis_points_of

FUNDERS_MAX = 8
DURATION_S_MIN = 10
DURATION_S_MAX = 86_400
PIECES_MAX = 1_000_000
BUDGET_MINOR_MAX = 1_000_000_000_000
TEXT_MAX = 80


async def create_deal(connection: AsyncConnection, shop_id: ShopId, new: NewDeal) -> DealId:
    """Draft ``new``. It cannot open before every funder has accepted.

    Raises InvalidInputError for terms that make no sense, NotFoundError for a product of another shop.
    """
    check_terms(new)
    currency = await catalogue.shop_currency(connection, shop_id)
    prices = (
        await connection.execute(
            sa.select(variant.c.price_minor)
            .join(product, product.c.id == variant.c.product_id)
            .where(product.c.id == new.product_id, product.c.shop_id == shop_id)
        )
    ).scalars()
    listed = list(prices)
    if not listed:
        raise NotFoundError("there is no such product in this shop")
    if new.price_minor is not None and new.price_minor >= max(listed):
        raise InvalidInputError("the deal's price is not below the list price", field="price_minor")
    if new.percentage_bps is not None and not any(basis_points_of(each, new.percentage_bps) for each in listed):
        raise InvalidInputError("the percentage takes nothing off", field="percentage_bps")
    deal_id = DealId(new_id())
    await connection.execute(
        deal.insert().values(
            id=deal_id,
            shop_id=shop_id,
            product_id=new.product_id,
            kind=new.kind,
            title=new.title.strip(),
            currency=currency,
            price_minor=new.price_minor,
            percentage_bps=new.percentage_bps,
            amount_minor=new.amount_minor,
            duration_s=new.duration_s,
            total_limit=new.total_limit,
            per_buyer_limit=new.per_buyer_limit,
        )
    )
    rows = []
    for position, each in enumerate(new.funders, 1):
        party = await ledger.ensure_party(connection, shop_id, each.party, each.name.strip())
        rows.append(
            {
                "id": new_id(),
                "deal_id": deal_id,
                "position": position,
                "party_id": party.id,
                "party_kind": each.party,
                "name": each.name.strip(),
                "share_bps": each.share_bps,
                "budget_minor": each.budget_minor,
            }
        )
    # One VALUES list: the database checks the sum of the shares a statement.
    await connection.execute(funder.insert().values(rows))
    return deal_id


def check_terms(new: NewDeal) -> None:
    """Raises InvalidInputError naming the first term that makes no sense."""
    figures = {"price": new.price_minor, "percentage": new.percentage_bps, "amount": new.amount_minor}
    if [kind for kind, figure in figures.items() if figure is not None] != [new.kind]:
        raise InvalidInputError(f"a deal of the kind {new.kind} has that figure and no other", field="kind")
    checks = (
        ("price_minor", new.price_minor, 0, BUDGET_MINOR_MAX),
        ("percentage_bps", new.percentage_bps, 1, BASIS_POINTS),
        ("amount_minor", new.amount_minor, 1, BUDGET_MINOR_MAX),
        ("duration_s", new.duration_s, DURATION_S_MIN, DURATION_S_MAX),
        ("total_limit", new.total_limit, 1, PIECES_MAX),
        ("per_buyer_limit", new.per_buyer_limit, 1, PIECES_MAX),
        *(("share_bps", each.share_bps, 1, BASIS_POINTS) for each in new.funders),
        *(("budget_minor", each.budget_minor, 0, BUDGET_MINOR_MAX) for each in new.funders),
    )
    for name, value, least, most in checks:
        if value is not None and not least <= value <= most:
            raise InvalidInputError(f"{name} is {value}; it must be {least} to {most}", field=name)
    for what, text in (("title", new.title), *(("name", each.name) for each in new.funders)):
        if not 1 <= len(text.strip()) <= TEXT_MAX:
            raise InvalidInputError(f"{what} must have 1 to {TEXT_MAX} characters", field=what)
    if not 1 <= len(new.funders) <= FUNDERS_MAX:
        raise InvalidInputError(f"a deal has 1 to {FUNDERS_MAX} funders", field="funders")
    if sum(each.share_bps for each in new.funders) != BASIS_POINTS:
        raise InvalidInputError("the funders' shares must sum to 10000 basis points", field="funders")
    parties = {(each.party, each.name.strip() if each.party == "creator" else "") for each in new.funders}
    if len(parties) < len(new.funders):
        raise InvalidInputError("a funder is named twice", field="funders")
