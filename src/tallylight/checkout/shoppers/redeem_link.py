"""Redeems a shopper's link."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.shoppers.models import shopper, shopper_link
from tallylight.foundation.ids import ShopId, new_id
from tallylight.members.errors import LinkSpentError
from tallylight.members.tokens import hash_of


async def redeem_link(connection: AsyncConnection, shop_id: ShopId, token: str, *, now_us: int) -> UUID:
    """The shopper that the link signs in, made at the first time; from now on the link is spent.

    Raises LinkSpentError for what is unknown, of another shop, expired or used: which of them is not said. One UPDATE
    decides, so that of two simultaneous clicks one wins.
    """
    email = (
        await connection.execute(
            shopper_link.update()
            .where(
                shopper_link.c.token_hash == hash_of(token),
                shopper_link.c.shop_id == shop_id,
                shopper_link.c.used_us.is_(None),
                shopper_link.c.expires_us > now_us,
            )
            .values(used_us=now_us)
            .returning(shopper_link.c.email)
        )
    ).scalar_one_or_none()
    if email is None:
        raise LinkSpentError("this link was used or is too old; ask for a new one")
    # The row is locked even when it was there: the account cannot be deleted before the session stands.
    made = insert(shopper).values(id=new_id(), shop_id=shop_id, email=email, created_us=now_us)
    row = await connection.execute(
        made.on_conflict_do_update(
            index_elements=[shopper.c.shop_id, shopper.c.email], set_={"email": made.excluded.email}
        ).returning(shopper.c.id)
    )
    shopper_id: UUID = row.scalar_one()
    return shopper_id
