"""What stands behind the demo's show: the host's contract, the script that compliance signed, rates, and a plan.

Each is planted once; what somebody has changed since stays as it is.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.app.demo import cast
from tallylight.app.demo.offers import TOGETHER
from tallylight.app.demo.timeline import Line, read_timeline
from tallylight.app.flows.check_script import check_script
from tallylight.app.flows.plan_campaign import save_plan
from tallylight.app.flows.plan_start import PlanStart, plan_start
from tallylight.catalogue.price_history import DAY_US
from tallylight.compliance.scripts.draft_script import draft_script
from tallylight.compliance.scripts.queries import script_detail, scripts_of_shop
from tallylight.compliance.scripts.review_script import pin_script, sign_script, submit_script
from tallylight.compliance.scripts.types import Segment
from tallylight.deals import NewDeal
from tallylight.deals.planner.queries import plans_of_shop
from tallylight.deals.planner.types import (
    Assumptions,
    Basket,
    BasketLine,
    Plan,
    PlannedAgreement,
    PlannedDeal,
    PlannedShow,
    UnitCost,
)
from tallylight.foundation.clock import to_datetime
from tallylight.foundation.database import Database
from tallylight.foundation.ids import CueId, PersonId, ProductId, ShopId, ShowId
from tallylight.ledger.charge_types import NewFee, NewPlan
from tallylight.shows.paid_host import contracts_of_shop
from tallylight.shows.queries import cues_of
from tallylight.shows.record_contract import record_contract

HOUR_US = 3_600_000_000
_OFF_SCRIPT = ("violation", "trap")
"""What the host says without having been given it to say."""


class BackOffice(msgspec.Struct, frozen=True):
    """Where to plant. ``people`` by e-mail address, ``products`` by handle."""

    shop_id: ShopId
    show_id: ShowId
    people: Mapping[str, PersonId]
    products: Mapping[str, ProductId]


async def plant_papers(connection: AsyncConnection, office: BackOffice, now_us: int) -> None:
    """The contract, the rates and the signed script."""
    await _contract(connection, office, now_us)
    await _rates(connection, office, now_us)
    await _script(connection, office, now_us)


async def _contract(connection: AsyncConnection, office: BackOffice, now_us: int) -> None:
    if not await contracts_of_shop(connection, office.shop_id):
        await record_contract(
            connection,
            office.shop_id,
            creator_name=cast.HOST_NAME,
            person_id=office.people[cast.HOST],
            payer_name=cast.SHOP_NAME,
            paid_how="commission",
            from_us=now_us - 30 * DAY_US,
            until_us=None,
            recorded_by=office.people[cast.FINANCE],
            now_us=now_us,
        )


async def _rates(connection: AsyncConnection, office: BackOffice, now_us: int) -> None:
    """The host earns by a plan what the show was planned with; a card payment costs what such payments cost."""
    if await ledger.plans_of_shop(connection, office.shop_id) or await ledger.fees_of_shop(connection, office.shop_id):
        return
    finance = office.people[cast.FINANCE]
    plan = NewPlan(kind="target", rate_bps=cast.COMMISSION_BPS, creator_name=cast.HOST_NAME)
    await ledger.record_plan(connection, office.shop_id, plan, recorded_by=finance, now_us=now_us)
    fee = NewFee(kind="transaction_fee", rate_bps=290, fixed_minor=30, base="payment", kept_on_refund=True)
    await ledger.set_fee(
        connection, office.shop_id, fee, currency=cast.SHOP_CURRENCY, recorded_by=finance, now_us=now_us
    )


async def _script(connection: AsyncConnection, office: BackOffice, now_us: int) -> None:
    """Written by the producer, signed by compliance, pinned to the show."""
    if await scripts_of_shop(connection, office.shop_id):
        return
    at, writer = to_datetime(now_us), office.people[cast.PRODUCER]
    cues = {cue.label: cue.id for cue in await cues_of(connection, office.show_id)}
    segments = script_segments(read_timeline().lines, cues, office.products)
    checks = await check_script(connection, office.shop_id, cast.MARKET, segments, now_us=now_us)
    script_id = await draft_script(
        connection, office.shop_id, cast.SHOW_TITLE, segments, market=cast.MARKET, by=writer, at=at
    )
    await submit_script(connection, script_id, checks, revision=1, by=writer, at=at)
    newest = (await script_detail(connection, script_id)).versions[0]
    signer = office.people[cast.COMPLIANCE]
    version = await sign_script(
        connection, script_id, revision=newest.revision, by=signer, at=at, comment=cast.SIGNED_WITH
    )
    await pin_script(connection, script_id, version, office.show_id, by=writer, at=at)


def script_segments(
    lines: Sequence[Line], cues: Mapping[str, CueId], products: Mapping[str, ProductId]
) -> tuple[Segment, ...]:
    """What the host was given to say, a segment a cue. What he says beyond it is off script. Pure."""
    segments: list[Segment] = []
    for line in lines:
        if line.cue is not None:
            _, label, handle = cast.CUES[line.cue]
            product_id = None if handle is None else products[handle]
            segments.append(Segment(title=label, product_id=product_id, cue_id=cues.get(label)))
        if line.kind not in _OFF_SCRIPT:
            segments[-1] = msgspec.structs.replace(segments[-1], lines=(*segments[-1].lines, line.text))
    return tuple(segments)


async def plant_plan(database: Database, office: BackOffice, now_us: int) -> None:
    """Three shows a month apart, over which the platform steps back; the first is the one on air."""
    async with database.reading() as connection:
        if await plans_of_shop(connection, office.shop_id):
            return
        start = await plan_start(connection, office.shop_id)
    await save_plan(
        database, office.shop_id, campaign(start, office, now_us), plan_id=None, name="Slow mornings, three months",
        state="kept", after=0, saved_by=office.people[cast.FINANCE], now_us=now_us,
    )  # fmt: skip


def campaign(start: PlanStart, office: BackOffice, now_us: int) -> Plan:
    """The plan, by the shop's goods and the agreement that steps over the calendar. Pure."""
    together = next(each for each in start.agreements if each.terms.title == TOGETHER)
    first = now_us - now_us % HOUR_US
    begins = [first + month * 31 * DAY_US for month in range(3)]
    shows = tuple(
        PlannedShow(
            title=f"{cast.SHOW_TITLE} {number}",
            starts_us=at_us,
            duration_s=3_600,
            viewers=viewers,
            creator_name=cast.HOST_NAME,
            commission_bps=cast.COMMISSION_BPS,
            fixed_cost_minor=18_000,
            show_id=office.show_id if number == 1 else None,
        )
        for number, (at_us, viewers) in enumerate(zip(begins, (900, 1_100, 1_300), strict=True), 1)
    )
    deals = tuple(PlannedDeal(at_us + 5 * 60_000_000, _serum(office, together)) for at_us in begins)
    variants: dict[UUID, UUID] = {}
    for each in start.variants:
        variants.setdefault(each.product_id, each.variant_id)
    return Plan(
        shows=shows,
        baskets=tuple(
            Basket(tuple(BasketLine(variants[office.products[handle]], count) for handle, count in goods), weight)
            for goods, weight in cast.PLANNED_BASKETS
        ),
        assumptions=Assumptions(
            conversion_bps=350, viewers_spread_bps=2_000, conversion_spread_bps=2_500, repeat_bps=1_500,
            return_bps=400, code_bps=300, lift_bps=120,
        ),
        unit_costs=tuple(
            UnitCost(each.variant_id, each.price_minor * cast.COST_PERCENT // 100) for each in start.variants
        ),
        agreements=(together,),
        deals=deals,
        shipping_cost_minor=410,
        seed=7,
    )  # fmt: skip


def _serum(office: BackOffice, agreement: PlannedAgreement) -> NewDeal:
    return NewDeal(
        product_ids=(UUID(str(office.products[cast.DEAL_PRODUCT])),),
        kind="price",
        title=cast.DEAL_TITLE,
        price_minor=cast.DEAL_PRICE_MINOR,
        duration_s=3_000,
        per_buyer_limit=cast.DEAL_PIECES_A_BUYER,
        agreement_id=agreement.id,
    )
