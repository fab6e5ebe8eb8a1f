"""Writes to those who decide for a funder that its cap makes a deal stand still: once a person and question."""

from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.mail.compose import letter
from tallylight.app.mail.due import MAILS_A_TURN, DueMail, Mail, send_due_mail
from tallylight.app.mail.models import cap_mail
from tallylight.app.mail.smtp import Send
from tallylight.deals.models import agreement, cap_request, deal, funder, party_member
from tallylight.deals.types import Cap
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import Money
from tallylight.members.models import membership, person, shop

SINCE_US = 86_400 * MICROSECONDS
"""Questions that are older than this when they are first seen are for the inbox alone."""
QUIET_US = 12 * 3_600 * MICROSECONDS
"""A deal that comes and goes at one cap (something was returned, and sold again) is told of once in so long."""


class QuestionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the mail says. ``url``: of the inbox in which the question is answered."""

    shop_name: str
    person_name: str
    party_name: str
    agreement_title: str
    deal_title: str
    cap: Cap
    amount: Money
    asked_us: int
    url: str


async def note_questions(database: Database, *, now_us: int) -> int:
    """Note a mail to each person who decides for a funder that is asked; how many are new. Safe to repeat, to race."""
    async with database.transaction() as connection:
        found = (await connection.execute(_unwritten(now_us).limit(MAILS_A_TURN))).all()
        values = [
            {
                "id": new_id(),
                "request_id": row.request_id,
                "person_id": row.person_id,
                "state": "due",
                "next_try_us": now_us,
            }
            for row in found
        ]
        if values:
            await connection.execute(insert(cap_mail).values(values).on_conflict_do_nothing())
    return len(values)


async def send_questions(database: Database, send: Send, *, sender: str, base_url: str, now_us: int) -> int:
    """Send what is due, at most MAILS_A_TURN; how many were sent. A message that fails stops no other."""

    async def write(connection: AsyncConnection, claimed: "sa.Row[Any]") -> Mail | Literal["drop"]:
        found = await _facts(connection, claimed, base_url)
        if found is None:
            return "drop"
        facts, address = found
        return lambda message_id: letter(
            "cap_question", facts, subject=f"{facts.deal_title}: {facts.party_name} is asked about its cap",
            shop_name=facts.shop_name, sender=sender, to=(facts.person_name, address), message_id=message_id,
            now_us=now_us,
        )  # fmt: skip

    return await send_due_mail(database, send, DueMail(cap_mail, ("due",), write), now_us=now_us)


def _unwritten(now_us: int) -> sa.Select[tuple[UUID, UUID]]:
    """(question, person) of whom nobody has written yet. The brand's own finance people and owners decide for it."""
    members = sa.select(party_member.c.party_id, party_member.c.person_id)
    own = (
        sa.select(funder.c.party_id, membership.c.person_id)
        .join(agreement, agreement.c.id == funder.c.agreement_id)
        .join(membership, membership.c.shop_id == agreement.c.shop_id)
        .where(funder.c.party_kind == "brand", membership.c.role.in_(("owner", "finance")))
    )
    deciders = sa.union(members, own).subquery()
    earlier, asked = cap_request.alias("earlier"), funder.alias("asked")
    told_lately = (
        sa.exists()
        .where(
            cap_mail.c.request_id == earlier.c.id,
            cap_mail.c.person_id == deciders.c.person_id,
            earlier.c.funder_id == cap_request.c.funder_id,
            earlier.c.deal_id == cap_request.c.deal_id,
            earlier.c.cap == cap_request.c.cap,
            earlier.c.asked_us > now_us - QUIET_US,
        )
        .correlate(cap_request, deciders)
    )
    return (
        sa.select(cap_request.c.id.label("request_id"), deciders.c.person_id)
        .select_from(cap_request)
        .join(asked, asked.c.id == cap_request.c.funder_id)
        .join(deciders, deciders.c.party_id == asked.c.party_id)
        .where(
            cap_request.c.answered_us.is_(None),
            cap_request.c.asked_us > now_us - SINCE_US,
            ~told_lately,
            ~sa.exists().where(
                cap_mail.c.request_id == cap_request.c.id, cap_mail.c.person_id == deciders.c.person_id
            ),
        )
        .order_by(cap_request.c.asked_us, cap_request.c.id)
    )  # fmt: skip


async def _facts(
    connection: AsyncConnection, claimed: "sa.Row[Any]", base_url: str
) -> tuple[QuestionFacts, str] | None:
    """What to write, and to which address; None when the question was answered meanwhile."""
    row = (
        await connection.execute(
            sa.select(
                cap_request, deal.c.title.label("deal_title"), agreement.c.title, agreement.c.currency,
                funder.c.name.label("party_name"), funder.c.party_kind, shop.c.name.label("shop_name"),
                shop.c.slug, person.c.name.label("person_name"), person.c.email,
            )
            .join(funder, funder.c.id == cap_request.c.funder_id)
            .join(agreement, agreement.c.id == funder.c.agreement_id)
            .join(deal, deal.c.id == cap_request.c.deal_id)
            .join(shop, shop.c.id == agreement.c.shop_id)
            .join(person, person.c.id == claimed.person_id)
            .where(cap_request.c.id == claimed.request_id, cap_request.c.answered_us.is_(None))
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    inbox = f"/office/{row.slug}/funding" if row.party_kind == "brand" else "/funding"
    facts = QuestionFacts(
        shop_name=row.shop_name, person_name=row.person_name, party_name=row.party_name, agreement_title=row.title,
        deal_title=row.deal_title, cap=row.cap, amount=Money(row.cap_minor, row.currency), asked_us=row.asked_us,
        url=f"{base_url}{inbox}",
    )  # fmt: skip
    return facts, row.email
