"""Who pays a creator: a shop's contracts, and a person's ruling for one show."""

from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.disclose import rule_paid_and_tell
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.foundation.ids import PersonId, ShopId
from tallylight.members.queries import hosts_of, shop_by_id
from tallylight.members.roles import require_role
from tallylight.shows.paid_host import contracts_of_shop
from tallylight.shows.queries import show_by
from tallylight.shows.record_contract import end_contract, record_contract
from tallylight.shows.types import Contract, PaidHost, PaidHow

BODY_BYTES_MAX = 16 << 10


class ContractPost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``person_id``: one of the shop's people; None: a guest, bound by their name alone. ``from_us`` None: from now on;
    ``until_us`` None: until it is ended.
    """

    creator_name: str
    payer_name: str
    paid_how: PaidHow
    from_us: int | None = None
    until_us: int | None = None
    person_id: UUID | None = None


class PaidPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``paid`` None: the contracts decide again."""

    paid: bool | None
    reason: str


class HostChoice(msgspec.Struct, frozen=True):
    """One of the shop's people with the role host. The address tells two people of one name apart."""

    id: UUID
    name: str
    email: str


class Contracts(msgspec.Struct, frozen=True):
    """``hosts``: whom a contract may name."""

    contracts: list[Contract]
    hosts: list[HostChoice]
    server_now_us: int


@get("/api/office/shops/{shop_id:uuid}/contracts")
async def list_contracts(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> Contracts:
    """The shop's contracts with creators, for anyone who works for the shop."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await _contracts(connection, ShopId(shop_id), services.clock.now_us())


@post("/api/office/shops/{shop_id:uuid}/contracts", request_max_body_size=BODY_BYTES_MAX)
async def add_contract(
    shop_id: FromPath[UUID], data: JSONBody[ContractPost], staff: SignedIn, services: Wired
) -> Contracts:
    """Put a contract on record; the creator counts as paid in every show whose host they are."""
    require_role(staff, shop_id, "compliance", "finance")
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        await record_contract(
            connection,
            shop.id,
            creator_name=data.creator_name,
            person_id=None if data.person_id is None else PersonId(data.person_id),
            payer_name=data.payer_name,
            paid_how=data.paid_how,
            from_us=now_us if data.from_us is None else data.from_us,
            until_us=data.until_us,
            recorded_by=staff.person.id,
            now_us=now_us,
        )
        return await _contracts(connection, shop.id, now_us)


@post("/api/office/shops/{shop_id:uuid}/contracts/{contract_id:uuid}/end", status_code=200)
async def end_a_contract(
    shop_id: FromPath[UUID], contract_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> Contracts:
    """The contract holds no longer than now."""
    require_role(staff, shop_id, "compliance", "finance")
    now_us = services.clock.now_us()
    async with services.database.transaction() as connection:
        await end_contract(connection, ShopId(shop_id), contract_id, until_us=now_us, ended_by=staff.person.id)
        return await _contracts(connection, ShopId(shop_id), now_us)


@put("/api/control/shows/{show_id:uuid}/paid", request_max_body_size=BODY_BYTES_MAX)
async def rule(show_id: FromPath[UUID], data: JSONBody[PaidPut], staff: SignedIn, services: Wired) -> PaidHost:
    """Rule whether the show's host is paid, with a reason; players and the evidence follow at once."""
    async with services.database.transaction() as connection:
        show = await show_by(connection, show_id)
        require_role(staff, show.shop_id, "compliance")
        return await rule_paid_and_tell(
            connection,
            show.id,
            data.paid,
            reason=data.reason,
            ruled_by=staff.person.id,
            at_us=services.clock.now_us(),
        )


async def _contracts(connection: AsyncConnection, shop_id: ShopId, now_us: int) -> Contracts:
    hosts = [HostChoice(one.id, one.name, one.email) for one in await hosts_of(connection, shop_id)]
    return Contracts(await contracts_of_shop(connection, shop_id), hosts, now_us)


HANDLERS = [list_contracts, add_contract, end_a_contract, rule]
