"""The deal desk: drafting, the calendar, codes, and the brand's side of funding agreements."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.flows.decide_funding import Invitation, invite_party_member, keep_caps_and_end, tell_agreement
from tallylight.app.flows.end_deals import end_deal_and_tell
from tallylight.app.flows.open_deals import open_deal_and_tell, schedule_deal_and_tell, tell_staff
from tallylight.app.flows.preview_deal import DealPreview, preview_deal
from tallylight.app.flows.price_history import VariantPrices, price_history
from tallylight.app.web.injected import SignedIn, Wired
from tallylight.deals import (
    AgreementView,
    DealBudget,
    DealChange,
    NewAgreement,
    NewDeal,
    accept_agreement,
    agreements_of_shop,
    changes_of,
    create_agreement,
    create_deal,
    make_codes,
    opt_out_product,
    raise_cap,
    unschedule_deal,
)
from tallylight.deals.agreement_queries import agreement_view, brand_of_agreement
from tallylight.deals.queries import deal_budget, locked_deal
from tallylight.deals.types import Cap
from tallylight.foundation.errors import ForbiddenError
from tallylight.foundation.ids import DealId, ShopId
from tallylight.members.roles import require_role
from tallylight.members.types import Staff

BODY_BYTES_MAX = 128 << 10
Microseconds = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class SchedulePost(msgspec.Struct):
    opens_us: Microseconds


class CodesPost(msgspec.Struct):
    count: int
    prefix: str = ""


class CodeList(msgspec.Struct):
    """Told once: only hashes are kept."""

    codes: list[str]


class ProductPost(msgspec.Struct):
    product_id: UUID


class CapPost(msgspec.Struct):
    """What ``cap`` is to be, minor units."""

    minor: int
    cap: Cap = "budget"


class InvitePost(msgspec.Struct):
    email: str
    name: str


@post("/api/office/shops/{shop_id:uuid}/deals", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def draft_deal(shop_id: FromPath[UUID], data: JSONBody[NewDeal], staff: SignedIn, services: Wired) -> DealBudget:
    """Draft a deal. 422 names the term that makes no sense."""
    require_role(staff, shop_id, "producer", "finance")
    async with services.database.transaction() as connection:
        now_us = services.clock.now_us()
        deal_id = await create_deal(connection, ShopId(shop_id), data, by=staff.person.id, at_us=now_us)
        return await deal_budget(connection, deal_id)


@post("/api/office/shops/{shop_id:uuid}/deals/preview", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def preview(shop_id: FromPath[UUID], data: JSONBody[NewDeal], staff: SignedIn, services: Wired) -> DealPreview:
    """The deal as viewers would see it now, and what speaks against it. Nothing is kept."""
    require_role(staff, shop_id, "producer", "finance")
    async with services.database.transaction() as connection:
        return await preview_deal(connection, ShopId(shop_id), data, at_us=services.clock.now_us())


@get("/api/office/shops/{shop_id:uuid}/products/{product_id:uuid}/prices")
async def list_prices(
    shop_id: FromPath[UUID], product_id: FromPath[UUID], staff: SignedIn, services: Wired
) -> list[VariantPrices]:
    """A product's price history by variant."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await price_history(connection, ShopId(shop_id), product_id, now_us=services.clock.now_us())


@post("/api/office/deals/{deal_id:uuid}/open", status_code=200)
async def open_now(deal_id: FromPath[UUID], staff: SignedIn, services: Wired) -> DealBudget:
    """Open an agreed deal now. 409 says what keeps it shut: funders, another deal, a reference price."""
    async with services.database.transaction() as connection:
        row = await locked_deal(connection, DealId(deal_id))
        require_role(staff, row.shop_id, "producer")
        await open_deal_and_tell(connection, DealId(deal_id), services.clock.now_us(), by=staff.person.id)
        return await deal_budget(connection, DealId(deal_id))


@post("/api/office/deals/{deal_id:uuid}/schedule", status_code=200)
async def schedule(
    deal_id: FromPath[UUID], data: JSONBody[SchedulePost], staff: SignedIn, services: Wired
) -> DealBudget:
    """Let an agreed deal open by itself at a moment to come."""
    async with services.database.transaction() as connection:
        row = await locked_deal(connection, DealId(deal_id))
        require_role(staff, row.shop_id, "producer")
        now_us = services.clock.now_us()
        await schedule_deal_and_tell(connection, DealId(deal_id), data.opens_us, by=staff.person.id, now_us=now_us)
        return await deal_budget(connection, DealId(deal_id))


@post("/api/office/deals/{deal_id:uuid}/unschedule", status_code=200)
async def unschedule(deal_id: FromPath[UUID], staff: SignedIn, services: Wired) -> DealBudget:
    """Take a deal off the calendar again."""
    async with services.database.transaction() as connection:
        row = await locked_deal(connection, DealId(deal_id))
        require_role(staff, row.shop_id, "producer")
        now_us = services.clock.now_us()
        await unschedule_deal(connection, DealId(deal_id), by=staff.person.id, now_us=now_us, reason="taken off")
        await tell_staff(connection, DealId(deal_id))
        return await deal_budget(connection, DealId(deal_id))


@post("/api/office/deals/{deal_id:uuid}/end", status_code=200)
async def end_now(deal_id: FromPath[UUID], staff: SignedIn, services: Wired) -> DealBudget:
    """End an open deal now; whoever saw its price before keeps it within the grace."""
    async with services.database.transaction() as connection:
        row = await locked_deal(connection, DealId(deal_id))
        require_role(staff, row.shop_id, "producer")
        now_us = services.clock.now_us()
        await end_deal_and_tell(connection, DealId(deal_id), now_us, reason="ended by hand", by=staff.person.id)
        return await deal_budget(connection, DealId(deal_id))


@get("/api/office/deals/{deal_id:uuid}/changes")
async def list_changes(deal_id: FromPath[UUID], staff: SignedIn, services: Wired) -> list[DealChange]:
    """Each step of the deal's life: who, when, why."""
    async with services.database.transaction() as connection:
        require_role(staff, (await locked_deal(connection, DealId(deal_id))).shop_id)
        return await changes_of(connection, DealId(deal_id))


@post("/api/office/deals/{deal_id:uuid}/codes", status_code=200)
async def draw_codes(deal_id: FromPath[UUID], data: JSONBody[CodesPost], staff: SignedIn, services: Wired) -> CodeList:
    """Codes for one use each. They are told here and never again."""
    async with services.database.transaction() as connection:
        require_role(staff, (await locked_deal(connection, DealId(deal_id))).shop_id, "producer", "finance")
        return CodeList(await make_codes(connection, DealId(deal_id), data.count, prefix=data.prefix))


@get("/api/office/shops/{shop_id:uuid}/agreements")
async def list_agreements(shop_id: FromPath[UUID], staff: SignedIn, services: Wired) -> list[AgreementView]:
    """The shop's funding agreements with all their parties and budgets."""
    require_role(staff, shop_id, "finance", "producer")
    async with services.database.reading() as connection:
        return await agreements_of_shop(connection, ShopId(shop_id))


@post("/api/office/shops/{shop_id:uuid}/agreements", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def propose(
    shop_id: FromPath[UUID], data: JSONBody[NewAgreement], staff: SignedIn, services: Wired
) -> AgreementView:
    """Propose an agreement. Each party accepts or declines in its own view."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        now_us = services.clock.now_us()
        agreement_id = await create_agreement(connection, ShopId(shop_id), data, at_us=now_us)
        return await agreement_view(connection, agreement_id)


@post("/api/office/agreements/{agreement_id:uuid}/accept", status_code=200)
async def accept_for_brand(agreement_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AgreementView:
    """The brand accepts its own share. Finance speaks for the brand and for nobody else."""
    async with services.database.transaction() as connection:
        party_id = await _brand(connection, agreement_id, staff)
        now_us = services.clock.now_us()
        await accept_agreement(connection, agreement_id, party_id, by=staff.person.id, at_us=now_us)
        await tell_agreement(connection, agreement_id)
        return await agreement_view(connection, agreement_id)


@post("/api/office/agreements/{agreement_id:uuid}/opt-out", status_code=200)
async def opt_out_for_brand(
    agreement_id: FromPath[UUID], data: JSONBody[ProductPost], staff: SignedIn, services: Wired
) -> AgreementView:
    """The brand takes a product out of the agreement, at once and for good."""
    async with services.database.transaction() as connection:
        party_id = await _brand(connection, agreement_id, staff)
        now_us = services.clock.now_us()
        await opt_out_product(connection, agreement_id, party_id, data.product_id, by=staff.person.id, at_us=now_us)
        return await agreement_view(connection, agreement_id)


@post("/api/office/agreements/{agreement_id:uuid}/cap", status_code=200)
async def raise_brand_cap(
    agreement_id: FromPath[UUID], data: JSONBody[CapPost], staff: SignedIn, services: Wired
) -> AgreementView:
    """The brand lets its cap be higher."""
    async with services.database.transaction() as connection:
        party_id = await _brand(connection, agreement_id, staff)
        now_us = services.clock.now_us()
        await raise_cap(
            connection, agreement_id, party_id, data.minor, cap=data.cap, by=staff.person.id, at_us=now_us
        )  # fmt: skip
        await tell_agreement(connection, agreement_id)
        return await agreement_view(connection, agreement_id)


@post("/api/office/agreements/{agreement_id:uuid}/keep-caps", status_code=200)
async def keep_brand_caps(agreement_id: FromPath[UUID], staff: SignedIn, services: Wired) -> AgreementView:
    """The brand was asked about its cap and leaves it: what stands still ends."""
    async with services.database.transaction() as connection:
        party_id = await _brand(connection, agreement_id, staff)
        now_us = services.clock.now_us()
        await keep_caps_and_end(connection, agreement_id, party_id, by=staff.person.id, now_us=now_us)
        return await agreement_view(connection, agreement_id)


@post("/api/office/shops/{shop_id:uuid}/parties/{party_id:uuid}/invite", status_code=200)
async def invite(
    shop_id: FromPath[UUID],
    party_id: FromPath[UUID],
    data: JSONBody[InvitePost],
    staff: SignedIn,
    services: Wired,
) -> Invitation:
    """Let somebody decide for a platform, a creator or a supplier. The answer's path signs them in once."""
    require_role(staff, shop_id, "finance")
    async with services.database.transaction() as connection:
        return await invite_party_member(
            connection,
            ShopId(shop_id),
            party_id,
            email=data.email,
            name=data.name,
            by=staff.person.id,
            clock=services.clock,
        )


async def _brand(connection: AsyncConnection, agreement_id: UUID, staff: Staff) -> UUID:
    """The brand's party of the agreement, for whoever may speak for it."""
    shop_id, party_id = await brand_of_agreement(connection, agreement_id)
    require_role(staff, shop_id, "finance")
    if party_id is None:
        raise ForbiddenError("the brand does not fund this agreement; its parties decide in their own view")
    return party_id


HANDLERS = [
    draft_deal,
    preview,
    list_prices,
    open_now,
    schedule,
    unschedule,
    end_now,
    list_changes,
    draw_codes,
    list_agreements,
    propose,
    accept_for_brand,
    opt_out_for_brand,
    raise_brand_cap,
    keep_brand_caps,
    invite,
]
