"""The price engine. Pure: a cart, facts and a time in, an explained price out; the same everywhere it is asked.

Rules and worked numbers: docs/algorithms/pricing.md.
"""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from tallylight.deals.discount import discount_of
from tallylight.deals.explain import deal_terms, in_words
from tallylight.deals.facts import CartLine, DealFact, Facts, VoucherFact
from tallylight.deals.ground import Ground
from tallylight.deals.order_deals import apply_code, apply_gift, apply_threshold, shipping_off
from tallylight.deals.priority import PRICE_FORMS, SET_FORMS
from tallylight.deals.schemas import Quote, QuoteLine, Reason
from tallylight.deals.set_deals import APPLY_SET
from tallylight.deals.shipping.types import ShippingMethod, choice_of
from tallylight.deals.tax.explain import tax_parts
from tallylight.deals.working_cart import WorkingLine
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.money import Money

FOREVER_US = 1 << 62


def price(
    cart: Sequence[CartLine],
    facts: Facts,
    at_us: int,
    *,
    without: Collection[UUID] = (),
    voucher: VoucherFact | None = None,
    ground: Ground | None = None,
) -> Quote:
    """The price of ``cart`` at programme time ``at_us``; deals named in ``without`` do not apply.

    ``ground``: what the place that it is sent to adds; None is the shop's one fee and no tax.

    Raises NotFoundError for a variant that ``facts`` do not have.
    """
    lines = [_working_line(each, facts, at_us, without) for each in cart]
    # An order of their own: how a cart is written down must not change what it costs.
    ordered = sorted(lines, key=lambda line: line.variant.variant_id)
    holding = [deal for deal in facts.cart_deals if deal.holds(at_us) and deal.deal_id not in without]
    problem = None
    if holding or voucher is not None:
        problem = _apply_cart_deals(ordered, holding, voucher, facts.currency)
    subtotal = sum(line.variant.price_minor * line.quantity for line in lines)
    goods = sum(line.net_minor for line in lines)
    method = None if ground is None else ground.method_at(at_us)
    fee = _fee(lines, facts, goods, method)
    shipping = shipping_off(ordered, [deal for deal in holding if deal.form == "free_shipping"], fee) if fee else None
    reasons = [] if shipping is None else [_reason(*shipping, facts.currency, at_us)]
    paid_fee = fee if shipping is None else fee - shipping[1]
    currency = facts.currency
    parts = tax_parts(lines, paid_fee, None if ground is None else ground.tax, at_us, currency)
    tax = sum(part.tax.minor for part in parts if not part.included)
    return Quote(
        [_quote_line(line, currency) for line in lines],
        Money(subtotal, currency),
        Money(subtotal - goods, currency),
        Money(paid_fee, currency),
        Money(tax, currency),
        Money(goods + paid_fee + tax, currency),
        at_us,
        reasons,
        problem,
        parts,
        None if method is None else choice_of(method),
    )


def _fee(lines: Sequence[WorkingLine], facts: Facts, goods: int, method: ShippingMethod | None) -> int:
    """What it costs to send the lines, before deals: by the method, or the shop's one fee."""
    if method is not None:
        return method.fee(goods, sum(line.variant.weight_grams * line.quantity for line in lines))
    free_over = facts.free_shipping_over_minor
    return 0 if free_over is not None and goods >= free_over else facts.shipping_fee_minor


def _working_line(each: CartLine, facts: Facts, at_us: int, without: Collection[UUID]) -> WorkingLine:
    """The line at the price of a piece: the list price, or that of the first deal on it that holds."""
    variant = facts.variants.get(each.variant_id)
    if variant is None:
        raise NotFoundError("there is no such variant in this shop", variant_id=str(each.variant_id))
    total = variant.price_minor * each.quantity
    line = WorkingLine(variant, each.quantity, variant.price_minor, total, each.quantity, False, [], at_us)
    deal = deal_at(facts, variant.product_id, at_us, without=without)
    off = 0 if deal is None else unit_discount(deal, variant.price_minor)
    if deal is not None and off:
        line.unit_minor -= off
        line.take_off(deal, off * each.quantity)
    return line


def _apply_cart_deals(
    lines: Sequence[WorkingLine], holding: Sequence[DealFact], voucher: VoucherFact | None, currency: str
) -> str | None:
    """Sets, gifts, the threshold, the code, in this order; why the code does not apply, if it does not."""
    for form in SET_FORMS:
        for of_set in _of_form(holding, form):
            APPLY_SET[form](lines, of_set)
    for of_gift in _of_form(holding, "gift"):
        apply_gift(lines, of_gift)
    apply_threshold(lines, _of_form(holding, "threshold"))
    if voucher is None:
        return None
    deal = next((each for each in holding if each.deal_id == voucher.deal_id), None)
    return apply_code(lines, deal, voucher, currency)


def _of_form(deals: Iterable[DealFact], form: str) -> list[DealFact]:
    """Of these, the ones of ``form``, in an order that does not depend on how they came."""
    return sorted((deal for deal in deals if deal.form == form), key=lambda deal: (deal.opens_us, deal.deal_id))


def _quote_line(line: WorkingLine, currency: str) -> QuoteLine:
    variant = line.variant
    total = variant.price_minor * line.quantity
    return QuoteLine(
        variant.variant_id,
        variant.product_title,
        variant.variant_title,
        line.quantity,
        Money(variant.price_minor, currency),
        Money(line.unit_minor, currency),
        Money(total - line.net_minor, currency),
        Money(line.net_minor, currency),
        [_reason(deal, minor, currency, line.at_us, line.quantity) for deal, minor in _each_once(line.offs)],
    )


def _each_once(offs: Sequence[tuple[DealFact, int]]) -> list[tuple[DealFact, int]]:
    """A bundle may name a product in two parts, and take off one line twice: one reason a deal."""
    sums: dict[UUID, tuple[DealFact, int]] = {}
    for deal, minor in offs:
        sums[deal.deal_id] = (deal, sums.get(deal.deal_id, (deal, 0))[1] + minor)
    return list(sums.values())


def _reason(deal: DealFact, minor: int, currency: str, at_us: int, quantity: int = 1) -> Reason:
    """``Flash deal −$8.00 until ...``: a deal on a piece says what a piece costs less, others what the line does."""
    terms = deal.terms
    if deal.steps:
        parties = [funder.party for funder in deal.funders]
        terms = deal_terms(deal.ends_us, zip(parties, deal.shares_at(at_us), strict=True), opens_us=deal.opens_us)
    if not deal.announces:
        # No former price may be compared with, so none can be worked out from the text either.
        text = f"{deal.title} {in_words(Money(deal.figure, currency))} {terms}"
        return Reason(text, deal.deal_id, Money(minor, currency), announces=False)
    off = minor // quantity if deal.form in PRICE_FORMS else minor
    text = f"{deal.title} {in_words(Money(-off, currency))} {terms}"
    return Reason(text, deal.deal_id, Money(minor, currency))


def unchanged_around(
    cart: Sequence[CartLine], facts: Facts, at_us: int, ground: Ground | None = None
) -> tuple[int, int]:
    """The stretch of programme time around ``at_us`` in which ``cart`` costs the same: [from, until)."""
    begins, ends = 0, FOREVER_US
    of_pieces = (facts.deals.get(facts.variants[each.variant_id].product_id, ()) for each in cart)
    edges = [edge for deals in (*of_pieces, facts.cart_deals) for deal in deals for edge in deal.edges()]
    for edge in (*edges, *(() if ground is None else ground.edges())):
        if edge <= at_us:
            begins = max(begins, edge)
        else:
            ends = min(ends, edge)
    return begins, ends


def deal_at(facts: Facts, product_id: UUID, at_us: int, *, without: Collection[UUID] = ()) -> DealFact | None:
    """The deal on a piece of the product at that programme time: the first by priority that holds."""
    for deal in facts.deals.get(product_id, ()):
        if deal.opens_us <= at_us < deal.ends_us and deal.deal_id not in without and deal.is_for(product_id, at_us):
            return deal
    return None


def unit_discount(deal: DealFact, list_minor: int) -> int:
    """What ``deal`` takes off one piece of list price ``list_minor``: at least 0, at most all of it."""
    return discount_of(deal.kind, deal.figure, list_minor)
