"""What a shop with one funding agreement and one deal should do, kept by hand: a model that shares no code with the
sale desk.

Pieces and whole cents; money moves in ``PlainBooks``. The clock is a day and a moment, told from outside.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from tests.support.plain_books import OFF, PRICES, PlainBooks, PlainOrder, half_up, shares

COMMISSION_BPS = 1000
SHIPPING, FREE_FROM = 495, 6000
What = Literal["everything", "pieces", "amount"]


@dataclass
class PlainFunder:
    """``today``: what it bears of orders placed on ``PlainAgreement.day`` and not given back on it."""

    budget: int
    cap_order: int | None
    cap_day: int | None
    spent: int = 0
    held: int = 0
    today: int = 0

    def room(self) -> int:
        rooms = [self.budget - self.spent - self.held]
        rooms += [] if self.cap_day is None else [self.cap_day - self.today]
        rooms += [] if self.cap_order is None else [self.cap_order]
        return min(rooms)


@dataclass
class PlainAgreement:
    """``funders`` by name; ``shares_later`` hold from the moment ``step_us`` on."""

    funders: dict[str, PlainFunder]
    shares_now: dict[str, int]
    shares_later: dict[str, int]
    step_us: int
    moves_on: bool
    day: int

    def turn(self, day: int) -> None:
        if day != self.day:
            self.day = day
            for each in self.funders.values():
                each.today = 0

    def bears(self, discount: int, at_us: int) -> dict[str, int] | None:
        """Who bears how much of it; None when nobody can."""
        wanted = shares(discount, self.shares_later if at_us >= self.step_us else self.shares_now)
        room = {name: max(0, each.room()) for name, each in self.funders.items()}
        if all(part <= room[name] for name, part in wanted.items()):
            return wanted
        if not self.moves_on:
            return None
        borne = {name: min(part, room[name]) for name, part in wanted.items()}
        names = list(wanted)
        for place, name in enumerate(names):
            rest = wanted[name] - min(wanted[name], room[name])
            for other in names[place + 1 :] + names[:place]:
                more = min(rest, room[other] - borne[other])
                borne[other] += more
                rest -= more
            if rest:
                return None
        return borne


@dataclass
class PlainSale:
    """``left``: pieces not taken back. ``money``: None while its payment is pending. ``day``: when it was placed.
    ``sent_free``: it was got in exchange.
    """

    pieces: dict[str, int]
    funded: dict[str, int]
    buyer: int
    day: int
    left: dict[str, int] = field(default_factory=dict)
    money: PlainOrder | None = None
    sent_free: bool = False

    @property
    def on_deal(self) -> int:
        return self.pieces.get("serum", 0) if self.funded else 0


@dataclass
class PlainDispute:
    """The bank wants ``amount``; ``held`` of it was left of the sale and in no other open dispute."""

    sale: PlainSale
    amount: int
    held: int


@dataclass
class PlainExchange:
    """``many`` pieces of ``old``, paid with ``worth``, come back once ``new`` is paid for."""

    old: PlainSale
    new: PlainSale
    many: dict[str, int]
    worth: int
    restocked: bool


class PlainShop:
    def __init__(
        self, agreement: PlainAgreement, *, stock: int, total_limit: int | None, buyer_limit: int | None
    ) -> None:
        self.agreement = agreement
        self.total_limit, self.buyer_limit = total_limit, buyer_limit
        self.on_hand = {"serum": stock, "mug": stock}
        self.held = {"serum": 0, "mug": 0}
        self.sold = self.deal_held = 0
        self.bought: dict[int, int] = defaultdict(int)
        self.books = PlainBooks()
        self.disputes: list[PlainDispute] = []

    def total(self, pieces: dict[str, int], *, deal: bool, sent_free: bool = False) -> int:
        goods = sum((PRICES[name] - (OFF[name] if deal else 0)) * count for name, count in pieces.items())
        return goods + (0 if goods >= FREE_FROM or sent_free else SHIPPING)

    def has(self, pieces: dict[str, int]) -> bool:
        return all(self.on_hand[name] - self.held[name] >= count for name, count in pieces.items())

    def bears(self, serums: int, buyer: int, at_us: int) -> "dict[str, int] | str":
        """Who pays the deal's discount on so many serums; or the code of why nobody does."""
        if self.buyer_limit is not None and self.bought[buyer] + serums > self.buyer_limit:
            return "buyer_limit_reached"
        if self.total_limit is not None and self.sold + self.deal_held + serums > self.total_limit:
            return "deal_limit_reached"
        borne = self.agreement.bears(OFF["serum"] * serums, at_us)
        return "budget_exhausted" if borne is None else borne

    def sell(
        self,
        pieces: dict[str, int],
        buyer: int,
        at_us: int,
        *,
        deal: bool,
        pending: bool,
        sent_free: bool = False,
    ) -> "PlainSale | str":
        """The sale, or the code of why there is none."""
        if not self.has(pieces):
            return "sold_out"
        serums = pieces.get("serum", 0)
        funded = self.bears(serums, buyer, at_us) if deal and serums else {}
        if isinstance(funded, str):
            return funded
        sale = PlainSale(pieces, funded, buyer, self.agreement.day, sent_free=sent_free)
        self.bought[buyer] += sale.on_deal
        self._hold(sale, 1)
        for name, part in funded.items():
            self.agreement.funders[name].today += part
        if not pending:
            self.pay(sale)
        return sale

    def pay(self, sale: PlainSale) -> None:
        self._hold(sale, -1)
        self.sold += sale.on_deal
        for name, count in sale.pieces.items():
            self.on_hand[name] -= count
        for name, part in sale.funded.items():
            self.agreement.funders[name].spent += part
        off = OFF if sale.funded else dict.fromkeys(OFF, 0)
        sale.left = dict(sale.pieces)
        sale.money = self.books.sell(
            sale.pieces, off, rate_bps=COMMISSION_BPS, by_plan=False, funded=sale.funded,
            sent_free=sale.sent_free,
        )  # fmt: skip

    def release(self, sale: PlainSale) -> None:
        """Its payment will never come."""
        self._hold(sale, -1)
        self.bought[sale.buyer] -= sale.on_deal
        self._unburn(sale, sale.funded)

    def left_of(self, sale: PlainSale, what: What, *, shipping: bool) -> int:
        """The most that can be asked for in that way: pieces, or cents."""
        assert sale.money is not None
        if what == "pieces":
            return sum(sale.left.values())
        fee = sale.money.shipping if shipping or what == "everything" else 0
        return sum(sale.money.goods(name) for name in sale.pieces) + fee

    def take_back(
        self, sale: PlainSale, what: What, many: dict[str, int], *, shipping: bool, comes_back: bool, restocked: bool
    ) -> int:
        """What the customer gets. ``many``: pieces by product, or ``{"": cents}``. ``comes_back``: the pieces
        do, to the deal and, where they are ``restocked``, to the shelf.
        """
        order = sale.money
        assert order is not None
        pieces = dict(sale.left) if what == "everything" else {} if what == "amount" else many
        listed, off, fee = self._going(sale, what, many, shipping=shipping)
        parts = shares(sum(off.values()), order.funded)
        back = self.books.refund(order, listed, off, fee)
        for name, part in parts.items():
            self.agreement.funders[name].spent -= part
        self._unburn(sale, parts)
        for name, count in pieces.items():
            sale.left[name] -= count
            if comes_back and restocked:
                self.on_hand[name] += count
        if comes_back and sale.funded:
            returned = pieces.get("serum", 0)
            self.sold -= returned
            self.bought[sale.buyer] -= returned
        return back

    def worth(self, sale: PlainSale, many: dict[str, int]) -> int | None:
        """What was paid for the pieces; None when they are not there any more, or their money is held."""
        if any(count > sale.left[name] for name, count in many.items()):
            return None
        return self.goes_back(sale, "pieces", many, shipping=False)

    def take_in(self, exchange: PlainExchange) -> int:
        """What comes back of an exchange that is paid for; what of its worth the new order did not cost."""
        back = self.take_back(
            exchange.old, "pieces", exchange.many, shipping=False, comes_back=True, restocked=exchange.restocked
        )
        assert exchange.new.money is not None
        return max(0, back - exchange.new.money.payment)

    def disputed(self, sale: PlainSale) -> int:
        """What is held for open disputes of the sale."""
        return sum(each.held for each in self.disputes if each.sale is sale)

    def goes_back(self, sale: PlainSale, what: What, many: dict[str, int], *, shipping: bool) -> int | None:
        """What the customer would get; None when the bank holds that money."""
        assert sale.money is not None
        listed, off, fee = self._going(sale, what, many, shipping=shipping)
        back = sum(listed.values()) - sum(off.values()) + fee
        return back if back <= sale.money.payment - self.disputed(sale) else None

    def dispute(self, sale: PlainSale, amount: int) -> PlainDispute:
        assert sale.money is not None
        opened = PlainDispute(sale, amount, min(amount, sale.money.payment - self.disputed(sale)))
        self.disputes.append(opened)
        self.books.move(("brand", "reserve"), ("brand", "reserve_held"), opened.held)
        return opened

    def end_dispute(self, dispute: PlainDispute, *, won: bool, fee: int) -> None:
        """What was held is free; of a lost one it goes back, and what the bank took beyond it is the brand's loss."""
        self.disputes.remove(dispute)
        sale = dispute.sale
        assert sale.money is not None
        self.books.move(("brand", "reserve_held"), ("brand", "reserve"), dispute.held)
        self.books.move(("brand", "dispute_fee"), ("processor", "dispute_fee"), fee)
        if won:
            return
        self.books.move(("brand", "adjustment"), ("processor", "adjustment"), dispute.amount - dispute.held)
        if dispute.held:
            what: What = "everything" if dispute.held == sale.money.payment else "amount"
            self.take_back(sale, what, {"": dispute.held}, shipping=True, comes_back=False, restocked=False)

    def other_word(self, dispute: PlainDispute, *, won: bool) -> None:
        """A bank changes its last word about what was once lost: the money is the brand's, or not after all."""
        self.books.move(
            ("processor", "adjustment"), ("brand", "adjustment"), dispute.amount if won else -dispute.amount
        )

    def _going(
        self, sale: PlainSale, what: What, many: dict[str, int], *, shipping: bool
    ) -> tuple[dict[str, int], dict[str, int], int]:
        """List price and discount by product, and the fee, that go back."""
        order = sale.money
        assert order is not None
        if what == "everything":
            return dict(order.listed), dict(order.off), order.shipping
        listed, off = dict.fromkeys(sale.pieces, 0), dict.fromkeys(sale.pieces, 0)
        if what == "pieces":
            for name, count in many.items():
                listed[name] = half_up(Fraction(order.listed[name] * count, sale.left[name]))
                off[name] = half_up(Fraction(order.off[name] * count, sale.left[name]))
            return listed, off, order.shipping if shipping else 0
        weights = {name: order.goods(name) for name in sale.pieces} | {"": order.shipping if shipping else 0}
        split = shares(many[""], weights)
        for name in sale.pieces:
            if split[name]:
                off[name] = half_up(Fraction(order.off[name] * split[name], order.goods(name)))
                listed[name] = split[name] + off[name]
        return listed, off, split[""]

    def _hold(self, sale: PlainSale, sign: int) -> None:
        for name, count in sale.pieces.items():
            self.held[name] += sign * count
        self.deal_held += sign * sale.on_deal
        for name, part in sale.funded.items():
            self.agreement.funders[name].held += sign * part

    def _unburn(self, sale: PlainSale, parts: dict[str, int]) -> None:
        """What was placed today counts for today no more."""
        if sale.day == self.agreement.day:
            for name, part in parts.items():
                self.agreement.funders[name].today = max(0, self.agreement.funders[name].today - part)
