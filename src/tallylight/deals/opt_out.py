"""A party takes a product out of an agreement, at once."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.catalogue.models import product
from tallylight.deals.decide_agreement import locked_agreement
from tallylight.deals.models import funder, opt_out
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import PersonId


async def opt_out_product(
    connection: AsyncConnection,
    agreement_id: UUID,
    party_id: UUID,
    product_id: UUID,
    *,
    by: PersonId | None,
    at_us: int,
) -> None:
    """From programme time ``at_us`` on no deal of the agreement lowers this product, for good. Again is no change.

    Whoever saw the price before keeps it within the grace, as with a deal that ends. Raises NotFoundError.
    """
    row = await locked_agreement(connection, agreement_id)
    funder_id = (
        await connection.execute(
            sa.select(funder.c.id).where(funder.c.agreement_id == agreement_id, funder.c.party_id == party_id)
        )
    ).scalar_one_or_none()
    known = sa.select(product.c.id).where(product.c.id == product_id, product.c.shop_id == row.shop_id)
    if funder_id is None or (await connection.execute(known)).first() is None:
        raise NotFoundError("there is no such agreement or product")
    made = {"agreement_id": agreement_id, "product_id": product_id, "funder_id": funder_id}
    await connection.execute(insert(opt_out).values(**made, at_us=at_us, by_person=by).on_conflict_do_nothing())
