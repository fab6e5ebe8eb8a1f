"""What a cart costs a viewer, before there is an order: with its gifts, its follower's voucher, and what is near."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue, deals
from tallylight.catalogue.price_history import DAY_US
from tallylight.checkout.check_request import LINES_MAX, QUANTITY_MAX, check_code
from tallylight.checkout.look_up_code import look_up_code
from tallylight.checkout.schemas import CartQuote, OwnVoucher, ShippingOption
from tallylight.deals import (
    FUTURE_US_MAX,
    CartLine,
    DealUse,
    Facts,
    Gifts,
    GiftWishes,
    Place,
    Quote,
    RefusalCode,
    VoucherFact,
    priced_at,
)
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.foundation.ids import ShopId, ShowId
from tallylight.foundation.money import Money
from tallylight.shows.models import show


async def quote_cart(
    connection: AsyncConnection,
    show_id: ShowId,
    lines: Sequence[CartLine],
    *,
    at_us: int,
    now_us: int,
    code: str | None = None,
    where: Place | None = None,
    method_id: UUID | None = None,
    wishes: GiftWishes | None = None,
    viewer_id: str | None = None,
) -> CartQuote:
    """What the cart costs a viewer of the show who sees programme time ``at_us``.

    A deal whose pieces or budget cannot bear the cart does not apply, as at the sale desk when the buyer confirms the
    list price. ``code``: a voucher's or a creator's; without one, a follower's voucher applies by itself when
    ``viewer_id`` follows the shop. ``where`` it is sent to, by which method: None is the shop's own place, and the
    place's first. ``wishes``: with them the gifts that the cart has earned are put in, and the order has to be for the
    quote's own lines; None: nothing is put in. Raises InvalidInputError, NotFoundError, NotShippedError,
    ShippingMethodError, ShippingUnknownError, TaxUnknownError.
    """
    _check_cart(lines, at_us, now_us, code)
    found = (
        await connection.execute(sa.select(show.c.shop_id, show.c.delay_ms).where(show.c.id == show_id))
    ).one_or_none()
    if found is None:
        raise NotFoundError("there is no such show")
    shop_id = ShopId(found.shop_id)
    facts = await _facts(connection, shop_id, {line.variant_id for line in lines}, now_us, gifts=wishes is not None)
    available = await catalogue.available_pieces(connection, facts.variants) if facts.cart_deals else {}
    priced_us = priced_at(at_us, now_us=now_us, delay_us=found.delay_ms * 1000)
    ground = deals.ground_of(facts, where, method_id)
    refusals = partial(_refusals, now_us=now_us)

    def priced(voucher: VoucherFact | None) -> Gifts:
        if wishes is None:
            quote, uses, _ = deals.fitting_price(lines, facts, priced_us, refusals, voucher=voucher, ground=ground)
            return Gifts(list(lines), quote, uses, [])
        return deals.with_gifts(
            lines, facts, priced_us, refusals,
            available=available, wishes=wishes, lines_max=LINES_MAX, voucher=voucher, ground=ground,
        )  # fmt: skip

    voucher = None
    if code is not None:
        voucher = await look_up_code(connection, shop_id, code, None)
    elif viewer_id is not None and await deals.follows_as_viewer(connection, shop_id, viewer_id):
        own = deals.follower_vouchers(facts, priced_us)
        voucher = min(own, key=lambda each: priced(each).quote.total.minor, default=None)
    cart = priced(voucher)
    by_itself = code is None and voucher is not None
    return CartQuote(
        # Nobody typed what applies by itself, so nobody is told why it does not.
        **(msgspec.structs.asdict(cart.quote) | ({"code_problem": None} if by_itself else {})),
        shipping_options=_options(facts, where, cart.quote, cart.lines, priced_us),
        next_steps=deals.next_steps(cart.lines, cart.quote, facts, voucher=voucher, ground=ground, available=available),
        gifts=cart.offers,
        by_follow=_own(voucher, cart.uses) if by_itself else None,
    )


def _check_cart(lines: Sequence[CartLine], at_us: int, now_us: int, code: str | None) -> None:
    if not 1 <= len(lines) <= LINES_MAX or len({line.variant_id for line in lines}) < len(lines):
        raise InvalidInputError(f"a cart has 1 to {LINES_MAX} lines, each of another variant", field="lines")
    if any(not 1 <= line.quantity <= QUANTITY_MAX for line in lines):
        raise InvalidInputError(f"a quantity must be 1 to {QUANTITY_MAX}", field="lines")
    if not 0 < at_us <= now_us + FUTURE_US_MAX:
        raise InvalidInputError("at_us is not a moment that anybody has seen", field="at_us")
    if code is not None:
        check_code(code)


async def _facts(
    connection: AsyncConnection, shop_id: ShopId, variant_ids: Collection[UUID], now_us: int, *, gifts: bool
) -> Facts:
    """Facts of the cart's variants, and of those that a deal would give."""
    facts = await deals.selling_facts(connection, shop_id, now_us=now_us, variant_ids=variant_ids)
    given = {variant_id for deal in facts.cart_deals for variant_id in deal.conditions.gifts} if gifts else set()
    if given <= facts.variants.keys():
        return facts
    return await deals.selling_facts(connection, shop_id, now_us=now_us, variant_ids={*variant_ids, *given})


def _own(voucher: VoucherFact | None, uses: Mapping[UUID, DealUse]) -> OwnVoucher | None:
    use = None if voucher is None or voucher.deal_id is None else uses.get(voucher.deal_id)
    return None if use is None else OwnVoucher(use.deal.deal_id, use.deal.title)


def _options(
    facts: Facts, where: Place | None, quote: Quote, lines: Sequence[CartLine], at_us: int
) -> list[ShippingOption]:
    """Every way of sending the cart to the place, with its fee before deals."""
    goods = quote.subtotal.minor - quote.discount.minor
    grams = sum(facts.variants[line.variant_id].weight_grams * line.quantity for line in lines)
    return [
        ShippingOption(each.id, each.name, Money(each.fee(goods, grams), facts.currency), each.days_min, each.days_max)
        for each in deals.methods_to(facts, where, at_us)
    ]


def _refusals(uses: Mapping[UUID, DealUse], now_us: int) -> dict[UUID, RefusalCode]:
    """What a new buyer would be refused."""
    refused: dict[UUID, RefusalCode] = {}
    for deal_id, use in uses.items():
        today = now_us // DAY_US
        rooms = [each.room(each.left_minor, each.day_minor if each.day == today else 0) for each in use.deal.funders]
        why = deals.refusal_of(use, left=use.deal.left, bought=0, rooms=rooms)
        if why is not None:
            refused[deal_id] = why
    return refused
