"""Somebody asks for a link to an e-mail address."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.shoppers.models import shopper_link
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import TooManyRequestsError, UnavailableError
from tallylight.foundation.ids import ShopId, new_id
from tallylight.members.create_person import clean_email

HOUR_US = 3_600 * MICROSECONDS
ASKED_AN_HOUR_MAX = 5
"""Links to one address in an hour, whoever asks: more would be a way of filling somebody's inbox."""
WAITING_MAX = 10_000
"""Links that wait for the mail server, of all shops."""


async def ask_link(
    connection: AsyncConnection, shop_id: ShopId, email: str, *, show_slug: str | None = None, now_us: int
) -> None:
    """Note that a link is to be sent. Whether the address has an account or an order is not looked at, so that neither
    the answer nor its time can tell. Raises InvalidInputError, TooManyRequestsError, UnavailableError.
    """
    address = clean_email(email)
    asked = (
        await connection.execute(
            sa.select(sa.func.count(), sa.func.min(shopper_link.c.asked_us)).where(
                shopper_link.c.shop_id == shop_id,
                shopper_link.c.email == address,
                shopper_link.c.asked_us > now_us - HOUR_US,
            )
        )
    ).one()
    if asked[0] >= ASKED_AN_HOUR_MAX:
        wait_s = -(-(asked[1] + HOUR_US - now_us) // MICROSECONDS)
        raise TooManyRequestsError(
            f"{ASKED_AN_HOUR_MAX} links went to this address within the hour; use the newest, or try again later",
            retry_after_s=int(wait_s),
        )
    waiting = sa.select(sa.literal(1)).where(shopper_link.c.state == "waiting").limit(WAITING_MAX).subquery()
    if (await connection.scalar(sa.select(sa.func.count()).select_from(waiting)) or 0) >= WAITING_MAX:
        raise UnavailableError("too many mails wait to be sent; try again in some minutes")
    await connection.execute(
        shopper_link.insert().values(
            id=new_id(), shop_id=shop_id, email=address, show_slug=show_slug, asked_us=now_us, state="waiting",
            next_try_us=now_us,
        )
    )  # fmt: skip
