"""What a deal would look like to a viewer before anybody has drafted it: its prices, reasons, what speaks against it.

Nothing is written: the terms are drafted in a transaction of their own and taken back.
"""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals import CartLine, NewDeal, Quote, create_deal, price, selling_facts
from tallylight.deals.facts import Facts, VoucherFact
from tallylight.deals.models import deal
from tallylight.deals.priority import CODE_FORMS
from tallylight.deals.queries import deal_fact
from tallylight.deals.reference_price import Announced, reference_prices
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import TallyError
from tallylight.foundation.ids import ShopId
from tallylight.foundation.money import Money

VARIANTS_MAX = 50
LINES_MAX = 20


class PreviewVariant(msgspec.Struct, frozen=True):
    """A variant under the deal. ``problem``: why its list price is no genuine reference; None: it is."""

    variant_id: UUID
    product_title: str
    variant_title: str
    list: Money
    price: Money
    lowest_30d: Money | None
    lowest_ever: Money | None
    problem: str | None


class DealPreview(msgspec.Struct, frozen=True):
    """``problem``: what is wrong with the terms (``field`` names which), or what would keep the deal from opening now.

    ``variants``: the prices of pieces; ``sample``: a cart that the deal lowers, explained; None when there is none.
    """

    problem: str | None
    field: str | None
    variants: list[PreviewVariant]
    sample: Quote | None


async def preview_deal(connection: AsyncConnection, shop_id: ShopId, new: NewDeal, *, at_us: int) -> DealPreview:
    """``new`` as viewers would see it if it opened at ``at_us``. Terms that make no sense are told, not raised."""
    nested = await connection.begin_nested()
    try:
        # Not its code: a preview must not say which codes are taken, nor take one.
        terms = msgspec.structs.replace(new.conditions, offered=False)
        nameless = msgspec.structs.replace(new, code=None, conditions=terms)
        deal_id = await create_deal(connection, shop_id, nameless, at_us=at_us)
        times = {"opens_us": at_us, "ends_us": at_us + new.duration_s * MICROSECONDS, "state": "scheduled"}
        await connection.execute(deal.update().where(deal.c.id == deal_id).values(times))
        fact = await deal_fact(connection, deal_id)
        announced = Announced(
            title=new.title.strip(),
            form=new.form,
            kind=new.kind,
            figure=fact.figure,
            product_ids=list(fact.product_ids),
            market=new.market,
            opens_us=at_us,
            duration_s=new.duration_s,
            announces=new.announces,
        )
        prices = await reference_prices(connection, shop_id, announced)
        facts = await selling_facts(connection, shop_id, now_us=at_us)
    except TallyError as refusal:
        field = refusal.fields.get("field")
        return DealPreview(refusal.message, field if isinstance(field, str) else None, [], None)
    finally:
        await nested.rollback()
    currency = facts.currency

    def money(minor: int | None) -> Money | None:
        return None if minor is None else Money(minor, currency)

    alone = Facts(
        currency,
        facts.variants,
        {each.product_id: (fact,) for each in facts.variants.values()} if prices else {},
        facts.shipping_fee_minor,
        facts.free_shipping_over_minor,
        () if prices else (fact,),
    )
    variants = [
        PreviewVariant(
            each.variant_id,
            each.product_title,
            each.variant_title,
            Money(each.list_minor, currency),
            Money(each.deal_minor, currency),
            money(each.lowest_minor),
            money(each.ever_minor),
            each.problem,
        )
        for each in prices[:VARIANTS_MAX]
    ]
    problem = next((f"It cannot open now: {each.problem}" for each in prices if each.problem), None)
    return DealPreview(problem, None, variants, _sample(alone, new, at_us))


def _sample(facts: Facts, new: NewDeal, at_us: int) -> Quote | None:
    """The smallest of some carts that the deal lowers: one piece, then more of it, then what a set or a gift needs."""
    wanted = [each for each in facts.variants.values() if not new.product_ids or each.product_id in new.product_ids]
    if new.product_id is not None:
        wanted = [each for each in wanted if each.product_id == new.product_id]
    first = min(wanted, key=lambda each: (each.price_minor == 0, each.price_minor), default=None)
    if first is None:
        return None
    of_set = []
    for part in new.conditions.parts:
        variant = next((each for each in facts.variants.values() if each.product_id == part.product_id), None)
        if variant is not None:
            of_set.append(CartLine(variant.variant_id, part.quantity))
    gift = new.conditions.gift_variant_id
    code = next((each for each in facts.cart_deals if each.form in CODE_FORMS), None)
    voucher = None if code is None else VoucherFact(code.deal_id, b"")
    for quantity in (1, 2, 3, 4, 6, 8, 12, 20):
        cart = of_set or [CartLine(first.variant_id, quantity)]
        if gift is not None and gift != first.variant_id:
            cart = [*cart, CartLine(gift, 1)]
        quote = price(cart[:LINES_MAX], facts, at_us, voucher=voucher)
        if quote.discount.minor or quote.shipping_off_minor:
            return quote
    return None
