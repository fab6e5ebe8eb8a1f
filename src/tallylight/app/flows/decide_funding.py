"""A party decides on an agreement; control rooms that have a cue for one of its deals see it change."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.end_deals import end_deal_and_tell
from tallylight.app.flows.open_deals import tell_staff
from tallylight.deals import keep_caps
from tallylight.deals.errors import DealStateError
from tallylight.deals.invite_party import invite_to_party
from tallylight.deals.models import deal
from tallylight.foundation.clock import Clock
from tallylight.foundation.ids import DealId, PersonId, ShopId
from tallylight.members.create_person import clean_email, create_person
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.models import person

INVITATION_TTL = timedelta(days=3)


async def tell_agreement(connection: AsyncConnection, agreement_id: UUID) -> None:
    """``deal`` for the staff of every show that has a cue for one of the agreement's deals."""
    rows = await connection.execute(
        sa.select(deal.c.id).where(deal.c.agreement_id == agreement_id, deal.c.state != "ended").order_by(deal.c.id)
    )
    for row in rows.all():
        await tell_staff(connection, DealId(row.id))


async def keep_caps_and_end(
    connection: AsyncConnection, agreement_id: UUID, party_id: UUID, *, by: PersonId, now_us: int
) -> None:
    """``deals.keep_caps``; what stood still ends, for everyone who sees it."""
    for deal_id in await keep_caps(connection, agreement_id, party_id, by=by, at_us=now_us):
        with suppress(DealStateError):  # it has ended meanwhile
            await end_deal_and_tell(connection, deal_id, now_us, reason="a funder keeps its cap", by=by)


class Invitation(msgspec.Struct, frozen=True):
    """``path``: signs the person in, once, within three days. It is told once, here."""

    email: str
    path: str


async def invite_party_member(
    connection: AsyncConnection,
    shop_id: ShopId,
    party_id: UUID,
    *,
    email: str,
    name: str,
    by: PersonId,
    clock: Clock,
) -> Invitation:
    """Let somebody decide for a party, and make the link that signs them in for the first time.

    A link is made only for a person who works for nobody yet: others sign in as they always do, so that inviting
    somebody is no way to become them. Raises InvalidInputError, NotFoundError, ConflictError.
    """
    address = clean_email(email)
    known = (await connection.execute(sa.select(person.c.id).where(person.c.email == address))).scalar_one_or_none()
    if known is not None:
        await invite_to_party(connection, shop_id, party_id, PersonId(known), by=by)
        return Invitation(address, "/signin?next=/funding")
    made = await create_person(connection, email=address, name=name)
    await invite_to_party(connection, shop_id, party_id, made.id, by=by)
    token = await issue_sign_in_link(connection, made.id, INVITATION_TTL, clock)
    return Invitation(address, f"/signin/{token}?next=/funding")
