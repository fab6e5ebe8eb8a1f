"""The office: who works for the shop, for its owners."""

from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.invite_person import WayIn, invite_person, new_link
from tallylight.app.mail.staff_links import failed_mail
from tallylight.app.services import Services
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.foundation.outbox import publish
from tallylight.members.change_roles import change_roles
from tallylight.members.people import PEOPLE_MAX, people_of
from tallylight.members.remove_person import remove_person
from tallylight.members.roles import require_role
from tallylight.members.types import Role

BODY_BYTES_MAX = 16 << 10


class InvitePost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``name`` is that of somebody new here; others keep theirs."""

    email: str
    name: str
    roles: list[Role]


class RolesPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All the roles that the person has from now on."""

    roles: list[Role]


class PersonRow(msgspec.Struct, frozen=True):
    """``signed_in_us``: the last time, None: not that it were known; ``enters``: needs nobody's link.

    ``mail_problem``: why the last mail to them did not go.
    """

    id: UUID
    name: str
    email: str
    roles: list[Role]
    signed_in_us: int | None
    enters: bool
    mail_problem: str | None


class People(msgspec.Struct, frozen=True):
    """``mails``: invitations are mailed too."""

    people: list[PersonRow]
    people_max: int
    mails: bool


@get("/api/office/shops/{shop_id:uuid}/people")
async def list_people(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> People:
    """Who works for the shop, by name."""
    require_role(staff, shop_id, "owner")
    async with services.database.reading() as connection:
        return await _people(connection, ShopId(shop_id), services)


@post("/api/office/shops/{shop_id:uuid}/people", request_max_body_size=BODY_BYTES_MAX)
async def invite(shop_id: FromPath[UUID], data: JSONBody[InvitePost], staff: SignedIn, services: Wired) -> WayIn:
    """Let somebody work for the shop. Twenty at once, then one in three minutes."""
    require_role(staff, shop_id, "owner")
    services.invitations.take(str(shop_id), services.clock.monotonic_us())
    async with services.database.transaction() as connection:
        return await invite_person(
            connection,
            ShopId(shop_id),
            email=data.email,
            name=data.name,
            roles=data.roles,
            by=staff.person.id,
            mails=services.sends_mail,
            clock=services.clock,
        )


@post(
    "/api/office/shops/{shop_id:uuid}/people/{person_id:uuid}/link",
    status_code=200,
    request_max_body_size=BODY_BYTES_MAX,
)
async def link(shop_id: FromPath[UUID], person_id: FromPath[UUID], staff: SignedIn, services: Wired) -> WayIn:
    """A new way in for somebody who lost theirs."""
    require_role(staff, shop_id, "owner")
    services.invitations.take(str(shop_id), services.clock.monotonic_us())
    async with services.database.transaction() as connection:
        return await new_link(
            connection,
            ShopId(shop_id),
            PersonId(person_id),
            by=staff.person.id,
            mails=services.sends_mail,
            clock=services.clock,
        )


@put("/api/office/shops/{shop_id:uuid}/people/{person_id:uuid}/roles", request_max_body_size=BODY_BYTES_MAX)
async def set_roles(
    shop_id: FromPath[UUID], person_id: FromPath[UUID], data: JSONBody[RolesPut], staff: SignedIn, services: Wired
) -> People:
    """Change what somebody may do. 409 ``own_account``, ``last_owner``."""
    require_role(staff, shop_id, "owner")
    async with services.database.transaction() as connection:
        await change_roles(connection, ShopId(shop_id), PersonId(person_id), data.roles, by=staff.person.id)
        people = await _people(connection, ShopId(shop_id), services)
        await _tell(connection, person_id, services)
        return people


@delete("/api/office/shops/{shop_id:uuid}/people/{person_id:uuid}", status_code=204)
async def remove(shop_id: FromPath[UUID], person_id: FromPath[UUID], staff: SignedIn, services: Wired) -> None:
    """Take somebody out of the shop; whatever they have open of it ends. 409 ``own_account``, ``last_owner``."""
    require_role(staff, shop_id, "owner")
    async with services.database.transaction() as connection:
        await remove_person(connection, ShopId(shop_id), PersonId(person_id), by=staff.person.id)
        await _tell(connection, person_id, services)


async def _people(connection: AsyncConnection, shop_id: ShopId, services: Services) -> People:
    problems = await failed_mail(connection, shop_id)
    rows = [
        PersonRow(one.id, one.name, one.email, one.roles, one.signed_in_us, one.enters, problems.get(one.id))
        for one in await people_of(connection, shop_id)
    ]
    return People(rows, PEOPLE_MAX, services.sends_mail)


async def _tell(connection: AsyncConnection, person_id: UUID, services: Services) -> None:
    """Their streams end, and are opened again as far as they still may be."""
    await publish(connection, f"person:{person_id}", "membership", {}, at_us=services.clock.now_us())


HANDLERS = [list_people, invite, link, set_roles, remove]
