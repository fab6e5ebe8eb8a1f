"""The price engine. Pure: a cart, facts and a time in, an explained price out; the same everywhere it is asked.

Rules and worked numbers: docs/algorithms/money.md.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from tallylight.deals.explain import in_words
from tallylight.deals.facts import CartLine, DealFact, Facts
from tallylight.deals.schemas import Quote, QuoteLine, Reason
from tallylight.deals.types import DealKind, RefusalCode
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.money import Money, basis_points_of, split_minor

FOREVER_US = 1 << 62


class DealUse(msgspec.Struct):
    """What one cart takes from one deal: pieces, discount in minor units, and its ``parts`` by funder."""

    deal: DealFact
    quantity: int = 0
    discount_minor: int = 0
    parts: Sequence[int] = ()


def price(cart: Sequence[CartLine], facts: Facts, at_us: int, *, without: Collection[UUID] = ()) -> Quote:
    """The price of ``cart`` at programme time ``at_us``; deals named in ``without`` do not apply.

    Raises NotFoundError for a variant that ``facts`` do not have.
    """
    currency = facts.currency
    zero = Money(0, currency)
    lines = []
    subtotal = discount = 0
    for each in cart:
        variant = facts.variants.get(each.variant_id)
        if variant is None:
            raise NotFoundError("there is no such variant in this shop", variant_id=str(each.variant_id))
        deal = deal_at(facts, variant.product_id, at_us)
        off = 0 if deal is None or deal.deal_id in without else unit_discount(deal, variant.price_minor)
        unit_price = variant.price_minor - off
        line_off = off * each.quantity
        subtotal += variant.price_minor * each.quantity
        discount += line_off
        reasons = []
        if deal is not None and off:
            text = f"{deal.title} {in_words(Money(-off, currency))} {deal.terms}"
            reasons.append(Reason(text, deal.deal_id, Money(line_off, currency)))
        lines.append(
            QuoteLine(
                each.variant_id,
                variant.product_title,
                variant.variant_title,
                each.quantity,
                Money(variant.price_minor, currency),
                Money(unit_price, currency),
                Money(line_off, currency) if line_off else zero,
                Money(unit_price * each.quantity, currency),
                reasons,
            )
        )
    goods = subtotal - discount
    free_over = facts.free_shipping_over_minor
    shipping = 0 if free_over is not None and goods >= free_over else facts.shipping_fee_minor
    return Quote(
        lines,
        Money(subtotal, currency),
        Money(discount, currency),
        Money(shipping, currency),
        zero,
        Money(goods + shipping, currency),
        at_us,
    )


def unchanged_around(cart: Sequence[CartLine], facts: Facts, at_us: int) -> tuple[int, int]:
    """The stretch of programme time around ``at_us`` in which ``cart`` costs the same: [from, until)."""
    begins = ends = None
    for each in cart:
        for deal in facts.deals.get(facts.variants[each.variant_id].product_id, ()):
            for edge in (deal.opens_us, deal.ends_us):
                if edge <= at_us:
                    begins = edge if begins is None else max(begins, edge)
                else:
                    ends = edge if ends is None else min(ends, edge)
    return 0 if begins is None else begins, FOREVER_US if ends is None else ends


def deal_at(facts: Facts, product_id: UUID, at_us: int) -> DealFact | None:
    """The deal on the product at that programme time; deals on one product never overlap."""
    for deal in facts.deals.get(product_id, ()):
        if deal.opens_us <= at_us < deal.ends_us:
            return deal
    return None


def unit_discount(deal: DealFact, list_minor: int) -> int:
    """What ``deal`` takes off one piece of list price ``list_minor``: at least 0, at most all of it."""
    return discount_of(deal.kind, deal.figure, list_minor)


def discount_of(kind: DealKind, figure: int, list_minor: int) -> int:
    """The same, for terms that need not be an opened deal's."""
    if kind == "price":
        return max(0, list_minor - figure)
    if kind == "percentage":
        return min(list_minor, basis_points_of(list_minor, figure))
    return min(list_minor, figure)


def deal_uses(quote: Quote, facts: Facts) -> dict[UUID, DealUse]:
    """What ``quote`` takes from each deal that it applied."""
    uses: dict[UUID, DealUse] = {}
    for line in quote.lines:
        for reason in line.reasons:
            if reason.deal_id is not None:
                use = uses.get(reason.deal_id)
                if use is None:
                    product_id = facts.variants[line.variant_id].product_id
                    deal = next(each for each in facts.deals[product_id] if each.deal_id == reason.deal_id)
                    use = uses[reason.deal_id] = DealUse(deal)
                use.quantity += line.quantity
                use.discount_minor += reason.discount.minor
    for use in uses.values():
        use.parts = funder_parts(use.deal, use.discount_minor)
    return uses


def funder_parts(deal: DealFact, discount_minor: int) -> list[int]:
    """``discount_minor`` of one order split over the deal's funders, in their order, by largest remainder."""
    return split_minor(discount_minor, [funder.share_bps for funder in deal.funders])


def refusal_of(use: DealUse, *, left: int | None, bought: int, budgets_left: Sequence[int]) -> RefusalCode | None:
    """Why ``use`` does not fit what is left of its deal; None when it fits.

    ``left``: pieces under the total limit; ``bought``: pieces this buyer has; ``budgets_left``: minor units by funder.
    """
    limit = use.deal.per_buyer_limit
    if limit is not None and bought + use.quantity > limit:
        return "buyer_limit_reached"
    if left is not None and use.quantity > left:
        return "deal_limit_reached"
    if any(part > budget for part, budget in zip(use.parts, budgets_left, strict=True)):
        return "budget_exhausted"
    return None
