"""Lets somebody work for a shop, and gives them a way in that is nobody else's."""

from collections.abc import Collection
from datetime import timedelta

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.mail.staff_links import LINK_TTL, ask_for_link
from tallylight.deals.models import party_member
from tallylight.foundation.clock import Clock
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.change_roles import check_roles
from tallylight.members.create_person import clean_email, create_person, grant_roles
from tallylight.members.end_shown_ways import end_shown_ways
from tallylight.members.errors import TakenError
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.lock_people import lock_people
from tallylight.members.people import PEOPLE_MAX, Colleague, colleague, people_of, works_for_others
from tallylight.members.queries import person_by_email, roles_of
from tallylight.members.remove_person import void_links
from tallylight.members.types import Role


class WayIn(msgspec.Struct, frozen=True):
    """How a person gets in. ``path``: signs them in, once, within ``hours``, and is told this once; None: they sign in
    as they always do, or by the mail. ``mailed``: a mail with a link of its own is on its way.
    """

    email: str
    path: str | None
    hours: int
    mailed: bool


async def invite_person(
    connection: AsyncConnection,
    shop_id: ShopId,
    *,
    email: str,
    name: str,
    roles: Collection[Role],
    by: PersonId,
    mails: bool,
    clock: Clock,
) -> WayIn:
    """Somebody works for the shop from now on. ``mails``: this installation can write to people.

    Somebody who is known here already keeps their name, and loses the ways in that another shop's owner was shown.
    Raises InvalidInputError naming the field; TakenError for
    somebody who works there; ConflictError over PEOPLE_MAX; ForbiddenError when ``by`` is no owner any more.
    """
    address = clean_email(email)
    check_roles(roles)
    await lock_people(connection, shop_id, by)
    person = await person_by_email(connection, address)
    if person is not None and await roles_of(connection, shop_id, person.id):
        raise TakenError(f"{address} works for this shop already; change their roles in the list", field="email")
    if len(await people_of(connection, shop_id)) >= PEOPLE_MAX:
        raise ConflictError(f"at most {PEOPLE_MAX} people work for one shop; remove somebody first")
    if person is None:
        person = await create_person(connection, email=address, name=name)
    else:
        await end_shown_ways(connection, person.id)
    await grant_roles(connection, shop_id, person.id, sorted(roles))
    who = await colleague(connection, shop_id, person.id)
    shown = not who.enters and not await _opens_more(connection, shop_id, who.id)
    return await _way_in(connection, shop_id, who, shown=shown, by=by, mails=mails, clock=clock)


async def new_link(
    connection: AsyncConnection, shop_id: ShopId, person_id: PersonId, *, by: PersonId, mails: bool, clock: Clock
) -> WayIn:
    """A way in for somebody who lost theirs; the links that they have not used open nothing any more.

    Where it can be mailed, it is shown to nobody but the person, once they have signed in: an owner is no way to become
    a colleague, who decides and signs in their own name. Raises NotFoundError; ConflictError where there is no mail and
    the link would open more than this shop.
    """
    await lock_people(connection, shop_id, by)
    who = await colleague(connection, shop_id, person_id)
    more = await _opens_more(connection, shop_id, person_id)
    if more and not mails:
        raise ConflictError(
            "they work for others too, whom a link would open to you as well; the installation's operator has"
            f" tallylight person link {who.email}"
        )
    shown = not more and not (mails and who.enters)
    await void_links(connection, person_id)
    return await _way_in(connection, shop_id, who, shown=shown, by=by, mails=mails, clock=clock)


async def _way_in(
    connection: AsyncConnection,
    shop_id: ShopId,
    who: Colleague,
    *,
    shown: bool,
    by: PersonId,
    mails: bool,
    clock: Clock,
) -> WayIn:
    token = await issue_sign_in_link(connection, who.id, LINK_TTL, clock, issued_by=by) if shown else None
    if mails:
        await ask_for_link(connection, shop_id, who.id, by=by, now_us=clock.now_us())
    path = None if token is None else f"/signin/{token}"
    return WayIn(who.email, path, LINK_TTL // timedelta(hours=1), mails)


async def _opens_more(connection: AsyncConnection, shop_id: ShopId, person_id: PersonId) -> bool:
    """Whether who has this person's link gets at more than this shop's own: another shop, a funder's decisions."""
    if await works_for_others(connection, shop_id, person_id):
        return True
    decides = sa.exists().where(party_member.c.person_id == person_id)
    return bool(await connection.scalar(sa.select(decides)))
