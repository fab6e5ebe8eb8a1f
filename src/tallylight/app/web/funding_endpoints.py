"""A funder's own view: the agreements of the parties that somebody decides for, and nothing else of any shop."""

from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody

from tallylight.app.flows.decide_funding import keep_caps_and_end, tell_agreement
from tallylight.app.web.deals_endpoints import CapPost, ProductPost
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.deals import (
    AgreementView,
    accept_agreement,
    agreements_of_person,
    decline_agreement,
    opt_out_product,
    raise_cap,
)
from tallylight.deals.agreement_queries import party_of_person


class DeclinePost(msgspec.Struct):
    reason: str = ""


@get("/api/funding/agreements")
async def list_mine(staff: SignedIn, services: Wired) -> list[AgreementView]:
    """What the caller decides on: of other funders it shows the shares, not the money."""
    async with services.database.reading() as connection:
        return await agreements_of_person(connection, staff.person.id)


@post("/api/funding/agreements/{agreement_id:uuid}/accept", status_code=200)
async def accept_mine(agreement_id: FromPath[UUID], staff: SignedIn, services: Wired) -> list[AgreementView]:
    """The caller's party accepts; the last acceptance makes drafted deals ready to open."""
    async with services.database.transaction() as connection:
        party_id = await party_of_person(connection, agreement_id, staff.person.id)
        now_us = services.clock.now_us()
        await accept_agreement(connection, agreement_id, party_id, by=staff.person.id, at_us=now_us)
        await tell_agreement(connection, agreement_id)
        return await agreements_of_person(connection, staff.person.id)


@post("/api/funding/agreements/{agreement_id:uuid}/decline", status_code=200)
async def decline_mine(
    agreement_id: FromPath[UUID], data: JSONBody[DeclinePost], staff: SignedIn, services: Wired
) -> list[AgreementView]:
    """The caller's party declines; its reason is for the shop to read."""
    async with services.database.transaction() as connection:
        party_id = await party_of_person(connection, agreement_id, staff.person.id)
        now_us = services.clock.now_us()
        await decline_agreement(
            connection, agreement_id, party_id, reason=data.reason, by=staff.person.id, at_us=now_us
        )
        return await agreements_of_person(connection, staff.person.id)


@post("/api/funding/agreements/{agreement_id:uuid}/opt-out", status_code=200)
async def opt_out_mine(
    agreement_id: FromPath[UUID], data: JSONBody[ProductPost], staff: SignedIn, services: Wired
) -> list[AgreementView]:
    """The caller's party takes a product out, at once and for good."""
    async with services.database.transaction() as connection:
        party_id = await party_of_person(connection, agreement_id, staff.person.id)
        now_us = services.clock.now_us()
        await opt_out_product(connection, agreement_id, party_id, data.product_id, by=staff.person.id, at_us=now_us)
        return await agreements_of_person(connection, staff.person.id)


@post("/api/funding/agreements/{agreement_id:uuid}/cap", status_code=200)
async def raise_mine(
    agreement_id: FromPath[UUID], data: JSONBody[CapPost], staff: SignedIn, services: Wired
) -> list[AgreementView]:
    """The caller's party lets its cap be higher."""
    async with services.database.transaction() as connection:
        party_id = await party_of_person(connection, agreement_id, staff.person.id)
        now_us = services.clock.now_us()
        await raise_cap(
            connection, agreement_id, party_id, data.minor, cap=data.cap, by=staff.person.id, at_us=now_us
        )  # fmt: skip
        await tell_agreement(connection, agreement_id)
        return await agreements_of_person(connection, staff.person.id)


@post("/api/funding/agreements/{agreement_id:uuid}/keep-caps", status_code=200)
async def keep_mine(agreement_id: FromPath[UUID], staff: SignedIn, services: Wired) -> list[AgreementView]:
    """The caller's party was asked about its cap and leaves it: what stands still ends."""
    async with services.database.transaction() as connection:
        party_id = await party_of_person(connection, agreement_id, staff.person.id)
        now_us = services.clock.now_us()
        await keep_caps_and_end(connection, agreement_id, party_id, by=staff.person.id, now_us=now_us)
        return await agreements_of_person(connection, staff.person.id)


HANDLERS = [list_mine, accept_mine, decline_mine, opt_out_mine, raise_mine, keep_mine]
