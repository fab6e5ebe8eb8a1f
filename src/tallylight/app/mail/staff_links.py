"""Writes to people of a shop who were invited, or who lost their way in: a link that signs them in once."""

from datetime import timedelta
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.mail.compose import letter
from tallylight.app.mail.due import DueMail, Mail, send_due_mail
from tallylight.app.mail.models import staff_mail
from tallylight.app.mail.smtp import Send
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.ids import PersonId, ShopId, new_id
from tallylight.members.issue_sign_in_link import issue_sign_in_link
from tallylight.members.models import membership, person, shop

LINK_TTL = timedelta(days=3)
"""How long an invitation's link works."""


class StaffLinkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the mail says. ``asked_by``: who of the shop had it sent; ``hours``: how long its link works."""

    shop_name: str
    person_name: str
    asked_by: str
    url: str
    hours: int


class _Reader(msgspec.Struct, frozen=True):
    name: str
    email: str
    shop_name: str
    asked_by: str


async def ask_for_link(
    connection: AsyncConnection, shop_id: ShopId, person_id: PersonId, *, by: PersonId, now_us: int
) -> None:
    """The person is written to when the jobs process next looks."""
    await connection.execute(
        staff_mail.insert().values(
            id=new_id(), shop_id=shop_id, person_id=person_id, asked_by=by, asked_us=now_us, state="due",
            next_try_us=now_us,
        )
    )  # fmt: skip


async def failed_mail(connection: AsyncConnection, shop_id: ShopId) -> dict[PersonId, str]:
    """Why the last mail to somebody of the shop did not go; those whom it reached are left out."""
    last = await connection.execute(
        sa.select(staff_mail.c.person_id, staff_mail.c.state, staff_mail.c.problem)
        .where(staff_mail.c.shop_id == shop_id)
        .ext(distinct_on(staff_mail.c.person_id))
        .order_by(staff_mail.c.person_id, staff_mail.c.asked_us.desc(), staff_mail.c.id.desc())
    )
    return {PersonId(row.person_id): row.problem or "it was refused" for row in last if row.state == "failed"}


async def send_staff_links(database: Database, send: Send, *, sender: str, base_url: str, clock: Clock) -> int:
    """Send what is due; how many were sent. Each try brings a link of its own, and none lies in the database."""
    now_us = clock.now_us()

    async def write(connection: AsyncConnection, claimed: "sa.Row[Any]") -> Mail | Literal["drop"]:
        found = await _reader(connection, claimed)
        if found is None:
            return "drop"
        token = await issue_sign_in_link(connection, PersonId(claimed.person_id), LINK_TTL, clock)
        facts = StaffLinkFacts(
            shop_name=found.shop_name, person_name=found.name, asked_by=found.asked_by,
            url=f"{base_url}/signin/{token}", hours=LINK_TTL // timedelta(hours=1),
        )  # fmt: skip
        return lambda message_id: letter(
            "staff_link", facts, subject=f"Sign in to work for {facts.shop_name}", shop_name=facts.shop_name,
            sender=sender, to=(facts.person_name, found.email), message_id=message_id, now_us=now_us,
        )  # fmt: skip

    return await send_due_mail(database, send, DueMail(staff_mail, ("due",), write), now_us=now_us)


async def _reader(connection: AsyncConnection, claimed: "sa.Row[Any]") -> _Reader | None:
    """Whom to write to; None for somebody who was removed from the shop meanwhile."""
    asker = person.alias("asker")
    works = sa.exists().where(membership.c.shop_id == claimed.shop_id, membership.c.person_id == claimed.person_id)
    row = (
        await connection.execute(
            sa.select(person.c.name, person.c.email, shop.c.name.label("shop_name"), asker.c.name.label("asked_by"))
            .select_from(person)
            .join(shop, shop.c.id == claimed.shop_id)
            .join(asker, asker.c.id == claimed.asked_by)
            .where(person.c.id == claimed.person_id, works)
        )
    ).one_or_none()
    return None if row is None else _Reader(row.name, row.email, row.shop_name, row.asked_by)
