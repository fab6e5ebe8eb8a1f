"""What one order comes to, for everybody: priced, funded and charged by the rules that real orders meet. Pure."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight.deals.can_bear import can_bear
from tallylight.deals.deal_use import DealUse, deal_uses, fitted_parts, refusal_of
from tallylight.deals.facts import CartLine, VoucherFact
from tallylight.deals.fitting_price import fitting_price
from tallylight.deals.planner.planned_facts import Scene, Stretch, Surroundings
from tallylight.deals.planner.types import Plan
from tallylight.deals.price_engine import price
from tallylight.deals.priority import CODE_FORMS
from tallylight.deals.schemas import Quote
from tallylight.deals.types import RefusalCode
from tallylight.foundation.money import BASIS_POINTS, basis_points_of, split_minor
from tallylight.ledger.charge_rules import commissions, fees
from tallylight.ledger.charge_types import NewCharge, SoldLine, SoldOrder

_NOBODY = UUID(int=0)


PLENTY = 1 << 60
"""More than any order takes."""


class Kind(msgspec.Struct, frozen=True):
    """A sort of order: a basket, with or without the code of the plan's deal by code."""

    cart: tuple[CartLine, ...]
    voucher: VoucherFact | None
    weight: int


class State(msgspec.Struct, frozen=True):
    """What is left when an order comes: room by funder (minor units), pieces or orders by deal, deals that are over."""

    rooms: tuple[int, ...]
    left: tuple[int | None, ...]
    ended: tuple[bool, ...]


class Sold(msgspec.Struct, frozen=True):
    """An order, minor units. ``discounts``, ``counts`` and ``short`` (a cap kept it from the order) by deal of the
    plan, ``parts`` by funder. ``margin``, ``margin_back`` (when all of it comes back), ``lists`` and ``pieces`` by line
    of the basket. ``ends``: deals that are over with it.
    """

    list_minor: int
    paid_minor: int
    discounts: tuple[int, ...]
    counts: tuple[int, ...]
    short: tuple[bool, ...]
    parts: tuple[int, ...]
    commission_minor: int
    fees_minor: int
    cost_minor: int
    products: tuple[UUID, ...]
    lists: tuple[int, ...]
    pieces: tuple[int, ...]
    margin: tuple[int, ...]
    margin_back: tuple[int, ...]
    ends: tuple[int, ...]


def untouched(scene: Scene) -> State:
    """No cap and no limit in the way."""
    return State((PLENTY,) * len(scene.funders), (None,) * len(scene.deals), (False,) * len(scene.deals))


def kinds_of(plan: Plan, scene: Scene) -> list[Kind]:
    """Every basket, once without a code and, when a deal asks for one, once with it."""
    carts = [tuple(CartLine(line.variant_id, line.quantity) for line in each.lines) for each in plan.baskets]
    coded = next((deal for deal in scene.deals if deal.form in CODE_FORMS), None)
    share = 0 if coded is None else _code_share(plan, coded.conditions.audience)
    made = []
    for cart, basket in zip(carts, plan.baskets, strict=True):
        if share < BASIS_POINTS:
            made.append(Kind(cart, None, basket.weight * (BASIS_POINTS - share)))
        if coded is not None and share:
            made.append(Kind(cart, VoucherFact(coded.deal_id, b""), basket.weight * share))
    return made


def _code_share(plan: Plan, audience: str) -> int:
    """Of all orders, those that use a code: of the buyers whom it is for."""
    given = plan.assumptions
    of = {"new": BASIS_POINTS - given.repeat_bps, "repeat": given.repeat_bps}.get(audience, BASIS_POINTS)
    return basis_points_of(given.code_bps, of)


def sell(plan: Plan, around: Surroundings, scene: Scene, stretch: Stretch, kind: Kind, state: State) -> Sold:
    """The order of ``kind`` in ``stretch``, with what the deals that fit ``state`` take off."""
    places = {deal.deal_id: place for place, deal in enumerate(scene.deals)}

    def rooms_of(deal_id: UUID, taken: Mapping[int, int]) -> list[int]:
        return [state.rooms[each] - taken.get(each, 0) for each in scene.funders_of[places[deal_id]]]

    def refusals(uses: Mapping[UUID, DealUse]) -> dict[UUID, RefusalCode]:
        found, taken = {}, dict[int, int]()
        for deal_id, use in uses.items():
            rooms = rooms_of(deal_id, taken)
            code = refusal_of(use, left=state.left[places[deal_id]], bought=0, rooms=rooms)
            if code is None:
                _take(taken, scene.funders_of[places[deal_id]], fitted_parts(use, rooms) or ())
            else:
                found[deal_id] = code
        return found

    over: dict[UUID, RefusalCode] = {
        deal.deal_id: "budget_exhausted" for deal, ended in zip(scene.deals, state.ended, strict=True) if ended
    }
    quote, uses, refused = fitting_price(
        kind.cart, scene.facts, stretch.from_us, refusals, voucher=kind.voucher, refused=over, ground=scene.ground
    )
    parts = [0] * len(scene.funders)
    taken: dict[int, int] = {}
    for deal_id, use in uses.items():
        fitted = fitted_parts(use, rooms_of(deal_id, taken)) or ()
        use.parts = fitted
        _take(taken, scene.funders_of[places[deal_id]], fitted)
    for place, part in taken.items():
        parts[place] = part
    ends = _ends(scene, stretch, state, {key: code for key, code in refused.items() if key not in over})
    short = _short(scene, stretch, kind, {key for key, code in refused.items() if code == "budget_exhausted"})
    return _figures(plan, around, scene, stretch, kind, quote, uses, parts, short, ends)


def _short(scene: Scene, stretch: Stretch, kind: Kind, refused: Collection[UUID]) -> list[bool]:
    """By deal, whether a cap kept it from an order that it would have lowered."""
    if not refused:
        return [False] * len(scene.deals)
    wished = price(kind.cart, scene.facts, stretch.from_us, voucher=kind.voucher)
    wanted = deal_uses(wished, scene.facts).keys() & refused
    return [deal.deal_id in wanted for deal in scene.deals]


def _take(taken: dict[int, int], places: Sequence[int], parts: Sequence[int]) -> None:
    for place, part in zip(places, parts, strict=True):
        taken[place] = taken.get(place, 0) + part


def _ends(scene: Scene, stretch: Stretch, state: State, refused: Mapping[UUID, RefusalCode]) -> tuple[int, ...]:
    found = []
    for place, deal in enumerate(scene.deals):
        if refused.get(deal.deal_id) == "budget_exhausted" and deal.at_cap == "end_deal":
            rooms = [state.rooms[each] for each in scene.funders_of[place]]
            if not can_bear(scene.facts, deal, rooms, stretch.from_us):
                found.append(place)
    return tuple(found)


def _figures(
    plan: Plan, around: Surroundings, scene: Scene, stretch: Stretch, kind: Kind, quote: Quote,
    uses: Mapping[UUID, DealUse], parts: Sequence[int], short: Sequence[bool], ends: tuple[int, ...],
) -> Sold:  # fmt: skip
    products = tuple(scene.facts.variants[line.variant_id].product_id for line in quote.lines)
    order = _as_sold(plan, stretch, quote, products, _co_funded(scene, uses))
    earned = commissions(order, around.commission_plans)
    charged = [each for each in fees(order, around.fees) if each.kind == "fee"]
    costs = {cost.variant_id: cost.cost_minor for cost in plan.unit_costs}
    cost = [costs[line.variant_id] * line.quantity for line in quote.lines]
    sending = _sending(plan, scene, kind)
    taxed = [part.tax.minor if part.included else 0 for part in quote.tax_parts]
    tax = [0] * (len(cost) + 1)
    for part, minor in zip(quote.tax_parts, taxed, strict=True):
        tax[part.of] += minor
    shipping = quote.shipping.minor + quote.shipping_off_minor
    weights = [line.subtotal for line in order.lines]
    brand = _brand_by_line(scene, quote, uses, weights)
    taken = [one + two for one, two in zip(_by_line(earned, weights), _by_line(charged, weights), strict=True)]
    sent = _spread(shipping - sending - tax[0], weights)
    margin = [
        line.subtotal - off - charge - piece - levied + box
        for line, off, charge, piece, levied, box in zip(order.lines, brand, taken, cost, tax[1:], sent, strict=True)
    ]
    kept = [each for each in charged if each.kept_on_refund]
    back = [-amount for amount in _by_line(kept, weights)]
    lost = _spread(-sending - _administration(around, order, charged), weights)
    return Sold(
        list_minor=quote.subtotal.minor,
        paid_minor=quote.total.minor,
        discounts=tuple(uses[deal.deal_id].discount_minor if deal.deal_id in uses else 0 for deal in scene.deals),
        counts=tuple(uses[deal.deal_id].quantity if deal.deal_id in uses else 0 for deal in scene.deals),
        short=tuple(short),
        parts=tuple(parts),
        commission_minor=sum(each.amount for each in earned),
        fees_minor=sum(each.amount for each in charged),
        cost_minor=sum(cost) + sending,
        products=products,
        lists=tuple(weights),
        pieces=tuple(line.quantity for line in quote.lines),
        margin=tuple(margin),
        margin_back=tuple(one + two for one, two in zip(back, lost, strict=True)),
        ends=ends,
    )


def _sending(plan: Plan, scene: Scene, kind: Kind) -> int:
    """What it costs to send the order: as the plan says, else what the shop asks for it when it is not free."""
    if plan.shipping_cost_minor is not None:
        return plan.shipping_cost_minor
    if scene.ground is None or scene.ground.method is None:
        return scene.facts.shipping_fee_minor
    weight = sum(scene.facts.variants[line.variant_id].weight_grams * line.quantity for line in kind.cart)
    return scene.ground.method.fee(0, weight)


def _co_funded(scene: Scene, uses: Mapping[UUID, DealUse]) -> set[UUID]:
    """Deals whose discount the platform bears a part of."""
    return {
        deal.deal_id
        for deal, places in zip(scene.deals, scene.funders_of, strict=True)
        if deal.deal_id in uses
        for place, part in zip(places, uses[deal.deal_id].parts, strict=True)
        if part and scene.funders[place].party == "platform"
    }


def _as_sold(plan: Plan, stretch: Stretch, quote: Quote, products: Sequence[UUID], co_funded: set[UUID]) -> SoldOrder:
    show = plan.shows[stretch.show]
    return SoldOrder(
        order_id=_NOBODY,
        shop_id=_NOBODY,
        number=0,
        currency=quote.total.currency,
        creator_name=show.creator_name,
        show_rate_bps=show.commission_bps,
        sold_us=stretch.from_us,
        posted_us=stretch.from_us,
        at_us=stretch.from_us,
        payment=quote.total.minor,
        lines=tuple(
            SoldLine(
                number,
                product_id,
                line.product_title,
                line.unit_list.minor * line.quantity,
                line.discount.minor,
                bool(line.reasons),
                any(reason.deal_id in co_funded for reason in line.reasons),
            )
            for number, (line, product_id) in enumerate(zip(quote.lines, products, strict=True), 1)
        ),
    )


def _brand_by_line(scene: Scene, quote: Quote, uses: Mapping[UUID, DealUse], weights: Sequence[int]) -> list[int]:
    """What the brand itself bears of the discounts, by line."""
    borne = [0] * len(weights)
    for deal, places in zip(scene.deals, scene.funders_of, strict=True):
        if deal.deal_id not in uses:
            continue
        funded = zip(places, uses[deal.deal_id].parts, strict=True)
        part = sum(part for place, part in funded if scene.funders[place].party == "brand")
        off = [
            sum(reason.discount.minor for reason in line.reasons if reason.deal_id == deal.deal_id)
            for line in quote.lines
        ]
        for place, amount in enumerate(_spread(part, off if any(off) else weights)):
            borne[place] += amount
    return borne


def _by_line(charges: Sequence[NewCharge], weights: Sequence[int]) -> list[int]:
    """Charges by line; what is charged on the whole order is spread over its lines."""
    found = _spread(sum(each.amount for each in charges if not each.position), weights)
    for each in charges:
        if each.position:
            found[each.position - 1] += each.amount
    return found


def _spread(minor: int, weights: Sequence[int]) -> list[int]:
    return split_minor(minor, weights if any(weights) else [1] * len(weights))


def _administration(around: Surroundings, order: SoldOrder, charged: Sequence[NewCharge]) -> int:
    """What a refund of the whole order is charged: of the referral fee that it gives back."""
    given_back = sum(each.amount for each in charged if each.purpose == "referral_fee" and not each.kept_on_refund)
    return sum(
        basis_points_of(given_back, rule.rate_bps)
        for rule in around.fees
        if rule.kind == "refund_administration_fee" and rule.until_us is None and rule.currency == order.currency
    )
