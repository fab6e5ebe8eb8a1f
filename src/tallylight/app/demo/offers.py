"""The shop's deals beside the flash of each loop: one of every form that a viewer can meet, and who pays for them.

They hold for as long as a demo is likely to run. None is on the price of a piece that the host names, so that what the
host says stays true.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals
from tallylight.app.demo import cast
from tallylight.app.flows.open_deals import tell_opened
from tallylight.catalogue.price_history import DAY_US
from tallylight.deals.types import BundlePart, Conditions, GlideStep, NewAgreement, NewDeal, NewFunder, Tier
from tallylight.foundation.ids import DealId, PersonId, ShopId

HELD_S = 300 * 86_400
CREATOR_CODE, WELCOME_CODE = "JOE10", "WELCOME5"
MAKER = "Hazel Row Apothecary"

TOGETHER, PARCELS, MAKERS_GIFT, HOSTS_OWN = "Slow mornings", "Parcels on the house", "A gift from the maker", "From Joe"


def _agreements(now_us: int) -> tuple[NewAgreement, ...]:
    brand, platform, creator = cast.SHOP_NAME, "Tallylight", cast.HOST_NAME
    return (
        NewAgreement(
            title=TOGETHER,
            funders=(
                NewFunder(party="brand", name=brand, share_bps=5_000, budget_minor=2_000_000),
                NewFunder(party="platform", name=platform, share_bps=3_000, budget_minor=400_000, cap_day_minor=20_000),
                NewFunder(party="creator", name=creator, share_bps=2_000, budget_minor=150_000, cap_order_minor=300),
            ),
            at_cap="next_funder",
            # The platform steps back: half of what it bore after a month, nothing after two.
            steps=(
                GlideStep(now_us + 30 * DAY_US, (6_500, 1_500, 2_000)),
                GlideStep(now_us + 60 * DAY_US, (8_000, 0, 2_000)),
            ),
        ),
        NewAgreement(
            title=PARCELS,
            funders=(
                NewFunder(party="platform", name=platform, share_bps=7_500, budget_minor=300_000, cap_day_minor=15_000),
                NewFunder(party="brand", name=brand, share_bps=2_500, budget_minor=600_000),
            ),
            at_cap="next_funder",
        ),
        NewAgreement(
            title=MAKERS_GIFT,
            funders=(
                NewFunder(party="supplier", name=MAKER, share_bps=8_000, budget_minor=250_000),
                NewFunder(party="brand", name=brand, share_bps=2_000, budget_minor=300_000),
            ),
            at_cap="next_funder",
        ),
        NewAgreement(
            title=HOSTS_OWN,
            funders=(
                NewFunder(party="creator", name=creator, share_bps=5_000, budget_minor=200_000),
                NewFunder(party="brand", name=brand, share_bps=5_000, budget_minor=400_000),
            ),
            at_cap="next_funder",
        ),
    )


class _Shelf(msgspec.Struct, frozen=True):
    """The shop's products and their first variants, by handle."""

    products: Mapping[str, UUID]
    variants: Mapping[str, UUID]


def _deals(shelf: _Shelf, agreements: Mapping[str, UUID]) -> tuple[NewDeal, ...]:
    products, variants = shelf.products, shelf.variants
    together, parcels = agreements[TOGETHER], agreements[PARCELS]

    def deal(form: deals.DealForm, title: str, agreement_id: UUID, **terms: object) -> NewDeal:
        base = {"kind": "percentage", "duration_s": HELD_S, "counts": "orders", "form": form, "title": title}
        return NewDeal(**{**base, "agreement_id": agreement_id, **terms})  # type: ignore[arg-type]

    return (
        deal(
            "tiers", "Tea for the shelf", together, percentage_bps=1_000, product_ids=(products["evening-tea"],),
            conditions=Conditions(tiers=(Tier(2, 1_000), Tier(3, 2_000))),
        ),
        deal(
            "buy_get", "Three soaps for two", together, percentage_bps=10_000, product_ids=(products["oatmeal-soap"],),
            conditions=Conditions(buy=2, get=1),
        ),
        deal(
            "bundle", "Out to the garden", together, kind="price", price_minor=3_500,
            conditions=Conditions(
                parts=(BundlePart(products["garden-hand-balm"], 1), BundlePart(products["market-tote"], 1))
            ),
        ),
        deal(
            "gift", "A little something", agreements[MAKERS_GIFT], percentage_bps=10_000,
            conditions=Conditions(
                min_minor=5_000, gift_variant_id=variants["lip-balm-trio"], gift_choices=(variants["oatmeal-soap"],)
            ),
        ),
        deal(
            "threshold", "The big basket", together, kind="amount", amount_minor=800,
            conditions=Conditions(min_minor=8_000),
        ),
        deal(
            "free_shipping", "Parcels on the house", parcels, percentage_bps=10_000,
            conditions=Conditions(min_minor=3_500),
        ),
        deal(
            "voucher", "For followers", together, percentage_bps=1_000, per_buyer_limit=3,
            conditions=Conditions(audience="follower", max_minor=600),
        ),
        deal(
            "voucher", "Welcome", together, kind="amount", amount_minor=500, code=WELCOME_CODE, per_buyer_limit=1,
            conditions=Conditions(audience="new", min_minor=2_500, offered=True),
        ),
        deal(
            "creator_code", "Joe's own code", agreements[HOSTS_OWN], percentage_bps=1_000, code=CREATOR_CODE,
            conditions=Conditions(creator_name=cast.HOST_NAME, max_minor=800, offered=True),
        ),
    )  # fmt: skip


async def plant_offers(connection: AsyncConnection, shop_id: ShopId, by: PersonId, now_us: int) -> None:
    """Agree and open what is missing of the shop's offers; what is there already, open or ended, stays as it is."""
    known = {each.title: each.id for each in await deals.agreements_of_shop(connection, shop_id)}
    for new in _agreements(now_us):
        if new.title not in known:
            known[new.title] = await _agreed(connection, shop_id, new, by, now_us)
    found = await catalogue.products_of_shop(connection, shop_id)
    shelf = _Shelf({each.handle: each.id for each in found}, {each.handle: each.variants[0].id for each in found})
    titles = {each.title for each in await deals.deals_of_shop(connection, shop_id, limit=500)}
    for new_deal in _deals(shelf, known):
        if new_deal.title not in titles:
            deal_id = await deals.create_deal(connection, shop_id, new_deal, by=by, at_us=now_us)
            await deals.open_deal(connection, deal_id, now_us, by=by)


async def _agreed(connection: AsyncConnection, shop_id: ShopId, new: NewAgreement, by: PersonId, now_us: int) -> UUID:
    """The agreement, accepted by everybody."""
    agreement_id = await deals.create_agreement(connection, shop_id, new, at_us=now_us)
    proposed = next(each for each in await deals.agreements_of_shop(connection, shop_id) if each.id == agreement_id)
    for funder in proposed.funders:
        await deals.accept_agreement(connection, agreement_id, funder.party_id, by=by, at_us=now_us)
    return agreement_id


def first_buyers(product_id: UUID) -> NewDeal:
    """Each loop's deal for whoever is quick: so many buyers, one order each."""
    return NewDeal(
        product_id=product_id,  # type: ignore[arg-type]
        kind="percentage",
        title=cast.FIRST_TITLE,
        percentage_bps=3_000,
        duration_s=cast.FIRST_SECONDS,
        counts="orders",
        total_limit=cast.FIRST_BUYERS,
        per_buyer_limit=1,
        funders=cast.FIRST_FUNDERS,
    )


async def open_first_buyers(
    connection: AsyncConnection, shop_id: ShopId, product_id: UUID, by: PersonId, now_us: int
) -> DealId:
    """A fresh one, open from ``now_us`` on."""
    deal_id = await deals.create_deal(connection, shop_id, first_buyers(product_id), by=by, at_us=now_us)
    for funder in cast.FIRST_FUNDERS:
        await deals.accept_funding(connection, deal_id, funder.party, accepted_by=by, at_us=now_us)
    await tell_opened(connection, await deals.open_deal(connection, deal_id, now_us, by=by, reason="the show began"))
    return deal_id
