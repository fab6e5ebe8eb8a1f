"""Whether the price that a deal comes down from is genuine, by the rule of its market.

EU: Directive 98/6/EC article 6a: the reference is the lowest price of the 30 days before the reduction; while a
reduction is increased step by step, of the 30 days before its first step (article 6a(5)).
China: Interim Provisions on Regulating Sales Promotion (2020), article 21: the lowest price of the 7 days before.
US: 16 CFR 233.1: offered in earnest, recently, for a reasonably substantial time: for 7 of the 30 days before, or half
the time that the goods were on sale.
UK: CTSI Guidance for Traders on Pricing Practices: at the higher price for at least as long as the reduction will last.
"""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import product, variant
from tallylight.catalogue.price_history import DAY_US, Before, PriorPrice, prior_prices
from tallylight.deals.discount import discount_of
from tallylight.deals.errors import ReferencePriceError
from tallylight.deals.explain import in_words
from tallylight.deals.facts import DealFact
from tallylight.deals.price_engine import deal_at
from tallylight.deals.priority import PRICE_FORMS
from tallylight.deals.queries import selling_facts
from tallylight.deals.types import DealForm, DealKind
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money

OFFERED_US_MIN = 7 * DAY_US
LOWEST_OF_DAYS = {"eu": 30, "cn": 7}
"""Markets whose reference is the lowest price of so many days before."""


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A deal on the price of a piece as it will be announced: from ``opens_us`` for ``duration_s``, in ``market``."""

    title: str
    form: DealForm
    kind: DealKind
    figure: int
    product_ids: Sequence[UUID]
    market: str
    opens_us: int
    duration_s: int
    announces: bool


class ReferencePrice(msgspec.Struct, frozen=True):
    """A variant under a deal: what it costs, what that comes down from, and why that is not genuine (None: it is).

    ``lowest_minor``: of the 30 days before, ``ever_minor``: ever; None: it was never on sale before. Minor units.
    """

    variant_id: UUID
    product_title: str
    variant_title: str
    list_minor: int
    deal_minor: int
    lowest_minor: int | None
    ever_minor: int | None
    problem: str | None


async def check_reference_prices(connection: AsyncConnection, shop_id: ShopId, deal: Announced) -> None:
    """Raises ReferencePriceError naming the first variant whose reference price is not genuine."""
    for each in await reference_prices(connection, shop_id, deal):
        if each.problem is not None:
            raise ReferencePriceError(f"{deal.title!r} cannot open: {each.problem}", variant_id=str(each.variant_id))


async def reference_prices(connection: AsyncConnection, shop_id: ShopId, deal: Announced) -> list[ReferencePrice]:
    """Each variant that the deal lowers. A deal on several pieces or the order announces no former price of a piece."""
    if deal.form not in PRICE_FORMS:
        return []
    statement = (
        sa.select(variant.c.id, variant.c.product_id, product.c.title, variant.c.title, variant.c.price_minor)
        .join(product, product.c.id == variant.c.product_id)
        .where(product.c.shop_id == shop_id)
        .order_by(product.c.title, variant.c.position)
    )
    if deal.product_ids:
        statement = statement.where(product.c.id.in_(list(deal.product_ids)))
    rows = (await connection.execute(statement)).all()
    ids = [row[0] for row in rows]
    facts = await selling_facts(connection, shop_id, now_us=deal.opens_us, variant_ids=ids)
    asked = []
    for _, product_id, _, _, list_minor in rows:
        held = deal_at(facts, product_id, deal.opens_us)
        asked.append(_before_first_step(held, deal, list_minor))
    before = [Before(row[0], until_us, row[4]) for row, until_us in zip(rows, asked, strict=True)]
    prior = await prior_prices(connection, before)
    days = LOWEST_OF_DAYS.get(_region(deal.market), 30)
    lowest = {}
    for until_us in set(asked):
        of_window = await catalogue.lowest_prices(connection, ids, since_us=until_us - days * DAY_US, until_us=until_us)
        lowest.update({(variant_id, until_us): found for variant_id, found in of_window.items()})
    found = []
    for row, until_us, each in zip(rows, asked, before, strict=True):
        deal_minor = row[4] - discount_of(deal.kind, deal.figure, row[4])
        prices = lowest.get((row[0], until_us))
        name = row[2] if row[3] == "Default" else f"{row[2]} ({row[3]})"
        problem = None
        if deal.announces and deal_minor < row[4]:
            lowest_minor = None if prices is None else prices.since_minor
            why = _problem(deal, row[4], lowest_minor, prior.get(each), facts.currency)
            problem = None if why is None else f"{name} {why}"
        made = ReferencePrice(
            row[0],
            row[2],
            row[3],
            row[4],
            deal_minor,
            None if each not in prior else prior[each].lowest_minor,
            None if prices is None else prices.ever_minor,
            problem,
        )
        found.append(made)
    return found


def _before_first_step(held: DealFact | None, deal: Announced, list_minor: int) -> int:
    """The moment before which the price is looked at: a reduction that only grows began when its first step did."""
    if held is None or _region(deal.market) != "eu":
        return deal.opens_us
    grows = discount_of(deal.kind, deal.figure, list_minor) > discount_of(held.kind, held.figure, list_minor)
    return held.opens_us if grows else deal.opens_us


def _problem(
    deal: Announced, list_minor: int, lowest_minor: int | None, prior: PriorPrice | None, currency: str
) -> str | None:
    """Why the list price is no genuine reference, in words that say what to do."""
    listed = in_words(Money(list_minor, currency))
    instead = "show the deal's price without a comparison, or open it later"
    if prior is None or lowest_minor is None:
        return f"was never on sale at {listed} before, so nothing can be announced as down from it; {instead}"
    region = _region(deal.market)
    if region in LOWEST_OF_DAYS:
        days = LOWEST_OF_DAYS[region]
        if lowest_minor >= list_minor:
            return None
        sold = in_words(Money(lowest_minor, currency))
        return f"would be announced as down from {listed}, but sold for {sold} in the {days} days before; {instead}"
    if region == "uk":
        wanted_us = min(deal.duration_s * MICROSECONDS, 28 * DAY_US)
        if prior.offered_us >= min(wanted_us, prior.known_us) > 0:
            return None
        return f"was not offered at {listed} for as long as the deal will last; {instead}"
    if prior.offered_us > 0 and prior.offered_us >= min(OFFERED_US_MIN, prior.known_us // 2):
        return None
    return f"was not offered at {listed} for a substantial time in the 30 days before; {instead}"


def _region(market: str) -> str:
    return market.split("-")[0]
