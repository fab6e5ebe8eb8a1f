"""Who sees a deal in the player, and what of it: viewers of every show that sells something it is for.

A deal on everything, or on what stands on a show's shelf, lowers what its viewers pay, whoever opened it; so they are
told, with or without a cue. A code is told only where the deal offers it; what is only for people who hold a code, and
on no cue, is told to nobody.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import deals
from tallylight.deals import DealBudget, DealView
from tallylight.deals.priority import CODE_FORMS
from tallylight.foundation.ids import DealId, ShowId
from tallylight.shows.queries import shows_of_deal, shows_on_air_with


async def shows_that_see(connection: AsyncConnection, deal: DealView) -> list[ShowId]:
    """Shows with a cue for the deal, and shows on air that sell something it is for; in the order of their ids."""
    with_cue = await shows_of_deal(connection, DealId(deal.id))
    if not is_told(deal):
        return with_cue
    shop_id = await deals.shop_of_deal(connection, DealId(deal.id))
    return sorted({*with_cue, *await shows_on_air_with(connection, shop_id, products_of_deal(deal))})


def is_told(deal: DealView) -> bool:
    """Whether viewers are told of it without a cue."""
    conditions = deal.conditions
    by_itself = deal.form == "voucher" and conditions.audience == "follower"
    return deal.form not in CODE_FORMS or conditions.offered or by_itself


def viewers_deal(budget: DealBudget) -> DealView:
    """A deal without what only its staff and funders may see."""
    shown = {name: getattr(budget, name) for name in DealView.__struct_fields__}
    return DealView(**(shown | {"code": budget.code if budget.conditions.offered else None}))


def products_of_deal(deal: DealView) -> set[UUID]:
    """What it is for; empty is everything that the shop sells."""
    return {part.product_id for part in deal.conditions.parts} or set(deal.product_ids)
