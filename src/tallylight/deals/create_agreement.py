"""Proposes a funding agreement to its parties."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, ledger
from tallylight.catalogue.models import product
from tallylight.deals.check_terms import BUDGET_MINOR_MAX, FUNDERS_MAX, PRODUCTS_MAX, check_text
from tallylight.deals.models import agreement, funder
from tallylight.deals.types import NewAgreement, NewFunder
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import AgreementId, ShopId, new_id
from tallylight.foundation.money import BASIS_POINTS

STEPS_MAX = 24


async def create_agreement(
    connection: AsyncConnection, shop_id: ShopId, new: NewAgreement, *, at_us: int, standing: bool = True
) -> AgreementId:
    """Propose ``new`` at wall time ``at_us``. Nothing is funded before every party has accepted.

    ``standing``: whether more than one deal may be funded by it. Raises InvalidInputError, NotFoundError for a product
    of another shop.
    """
    check_agreement(new)
    if new.product_ids:
        known = sa.select(sa.func.count()).where(product.c.shop_id == shop_id, product.c.id.in_(new.product_ids))
        if (await connection.execute(known)).scalar_one() < len(new.product_ids):
            raise NotFoundError("there is no such product in this shop")
    agreement_id = AgreementId(new_id())
    await connection.execute(
        agreement.insert().values(
            id=agreement_id,
            shop_id=shop_id,
            title=new.title.strip(),
            currency=await catalogue.shop_currency(connection, shop_id),
            standing=standing,
            from_us=new.from_us,
            until_us=new.until_us,
            product_ids=list(new.product_ids),
            at_cap=new.at_cap,
            steps=msgspec.to_builtins(new.steps),
            created_us=at_us,
        )
    )
    await _add_funders(connection, shop_id, agreement_id, new.funders)
    return agreement_id


def check_agreement(new: NewAgreement) -> None:
    """Raises InvalidInputError naming the first term that makes no sense."""
    check_text("title", new.title)
    _check_funders(new.funders)
    if new.from_us is not None and new.until_us is not None and new.from_us >= new.until_us:
        raise InvalidInputError("an agreement ends after it begins", field="until_us")
    if len(new.product_ids) > PRODUCTS_MAX or len(set(new.product_ids)) < len(new.product_ids):
        raise InvalidInputError(f"name at most {PRODUCTS_MAX} products, each once", field="product_ids")
    moments = [step.from_us for step in new.steps]
    if len(moments) > STEPS_MAX or moments != sorted(set(moments)):
        raise InvalidInputError(f"there are at most {STEPS_MAX} steps, each later than the one before", field="steps")
    for step in new.steps:
        shares = step.shares_bps
        if len(shares) != len(new.funders) or min(shares) < 0 or sum(shares) != BASIS_POINTS:
            message = "each step names a share for every funder, and they sum to 10000 basis points"
            raise InvalidInputError(message, field="steps")


def _check_funders(funders: Sequence[NewFunder]) -> None:
    for each in funders:
        check_text("name", each.name)
        for name, value, least, most in (
            ("share_bps", each.share_bps, 1, BASIS_POINTS),
            ("budget_minor", each.budget_minor, 0, BUDGET_MINOR_MAX),
            ("cap_order_minor", each.cap_order_minor, 0, BUDGET_MINOR_MAX),
            ("cap_day_minor", each.cap_day_minor, 0, BUDGET_MINOR_MAX),
        ):
            if value is not None and not least <= value <= most:
                raise InvalidInputError(f"{name} is {value}; it must be {least} to {most}", field=name)
    if not 1 <= len(funders) <= FUNDERS_MAX:
        raise InvalidInputError(f"a deal has 1 to {FUNDERS_MAX} funders", field="funders")
    if sum(each.share_bps for each in funders) != BASIS_POINTS:
        raise InvalidInputError("the funders' shares must sum to 10000 basis points", field="funders")
    several = ("creator", "supplier")
    parties = {(each.party, each.name.strip() if each.party in several else "") for each in funders}
    if len(parties) < len(funders):
        raise InvalidInputError("a funder is named twice", field="funders")


async def _add_funders(
    connection: AsyncConnection, shop_id: ShopId, agreement_id: UUID, funders: Sequence[NewFunder]
) -> None:
    rows = []
    for position, each in enumerate(funders, 1):
        party = await ledger.ensure_party(connection, shop_id, each.party, each.name.strip())
        rows.append(
            {
                "id": new_id(),
                "agreement_id": agreement_id,
                "position": position,
                "party_id": party.id,
                "party_kind": each.party,
                "name": each.name.strip(),
                "share_bps": each.share_bps,
                "budget_minor": each.budget_minor,
                "cap_order_minor": each.cap_order_minor,
                "cap_day_minor": each.cap_day_minor,
            }
        )
    # One VALUES list: the database checks the sum of the shares a statement.
    await connection.execute(funder.insert().values(rows))
