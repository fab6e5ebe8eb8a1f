"""Links on their way to an inbox: taken one by one, each try with a secret of its own."""

from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.shoppers.models import shopper_link
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShopId, new_id
from tallylight.members.create_person import clean_email
from tallylight.members.models import shop
from tallylight.members.tokens import hash_of, new_token

LINK_TTL_US = 15 * 60 * MICROSECONDS
CLAIM_US = 60 * MICROSECONDS
WAIT_US = 15 * MICROSECONDS
TRIES_MAX = 6


class LinkToSend(msgspec.Struct, frozen=True, kw_only=True):
    """A link that this caller alone sends now. ``token`` is in no database."""

    id: UUID
    email: str
    shop_name: str
    shop_slug: str
    show_slug: str | None
    token: str
    tries: int


async def take_link(connection: AsyncConnection, *, now_us: int) -> LinkToSend | None:
    """The link that waited longest, for CLAIM_US this caller's; None when none is due.

    The secret is made here and not when the link is asked for: so nothing that opens an account ever lies in the
    database. A repeated try makes the link of the mail before it void.
    """
    first = (
        sa.select(shopper_link.c.id)
        .where(
            shopper_link.c.state == "waiting", shopper_link.c.next_try_us <= now_us, shopper_link.c.used_us.is_(None)
        )
        .order_by(shopper_link.c.next_try_us)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    token = new_token()
    row = (
        await connection.execute(
            shopper_link.update()
            .where(shopper_link.c.id == first, shop.c.id == shopper_link.c.shop_id)
            .values(
                next_try_us=now_us + CLAIM_US,
                tries=shopper_link.c.tries + 1,
                token_hash=hash_of(token),
                expires_us=now_us + LINK_TTL_US,
            )
            .returning(shopper_link, shop.c.name.label("shop_name"), shop.c.slug.label("shop_slug"))
        )
    ).one_or_none()
    if row is None:
        return None
    return LinkToSend(
        id=row.id, email=row.email, shop_name=row.shop_name, shop_slug=row.shop_slug, show_slug=row.show_slug,
        token=token, tries=row.tries,
    )  # fmt: skip


async def issue_link(connection: AsyncConnection, shop_id: ShopId, email: str, *, now_us: int) -> str:
    """The token of a link that goes by no mail: the shop's operator hands it over. Raises InvalidInputError."""
    token = new_token()
    await connection.execute(
        shopper_link.insert().values(
            id=new_id(), shop_id=shop_id, email=clean_email(email), asked_us=now_us, state="sent", next_try_us=now_us,
            token_hash=hash_of(token), expires_us=now_us + LINK_TTL_US,
        )
    )  # fmt: skip
    return token


async def link_sent(connection: AsyncConnection, link_id: UUID) -> None:
    """The mail server has it."""
    await connection.execute(shopper_link.update().where(shopper_link.c.id == link_id).values(state="sent"))


async def link_not_sent(connection: AsyncConnection, link: LinkToSend, *, for_good: bool, now_us: int) -> None:
    """The mail server has it not: try again after a while, unless that is of no use."""
    over = for_good or link.tries >= TRIES_MAX
    await connection.execute(
        shopper_link.update()
        .where(shopper_link.c.id == link.id)
        .values(state="failed" if over else "waiting", next_try_us=now_us + (WAIT_US << link.tries))
    )


async def forget_links(connection: AsyncConnection, *, before_us: int) -> int:
    """Delete links that were asked for before ``before_us``: they open nothing any more, and name people. How many."""
    gone = await connection.execute(sa.delete(shopper_link).where(shopper_link.c.asked_us < before_us))
    return gone.rowcount
