"""What the books should say, kept by hand: a model that shares no code with the ledger.

Whole cents in dictionaries, fractions where something is divided. Debits +, credits -.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

PRICES = {"serum": 2499, "mug": 1200}
OFF = {"serum": 800, "mug": 0}
FUNDERS = {"brand": 5000, "platform": 3000, "creator": 2000}
PURPOSE_OF = {
    "brand": "seller_discount", "platform": "platform_discount", "creator": "creator_discount",
}  # fmt: skip
FEES = {"referral_fee": 500, "co_funded_service_fee": 200, "flash_sale_service_fee": 100}
Account = tuple[str, str]


def half_up(amount: Fraction) -> int:
    return floor(amount + Fraction(1, 2))


def shares(amount: int, weights: dict[str, int]) -> dict[str, int]:
    """``amount`` by ``weights``: whole cents first, then one each to the largest fractions, earlier ones on a tie."""
    total = sum(weights.values())
    exact = {name: Fraction(amount * weight, total) for name, weight in weights.items()} if amount else {}
    parts = {name: floor(share) for name, share in exact.items()}
    spare = amount - sum(parts.values())
    for name in sorted(exact, key=lambda name: parts[name] - exact[name])[:spare]:
        parts[name] += 1
    return {name: parts.get(name, 0) for name in weights}


@dataclass
class Charge:
    purpose: str
    debit: Account
    credit: Account
    line: str | None
    measure: int
    left: int


@dataclass
class PlainOrder:
    """``goods``, ``list``, ``off`` by product and ``funded`` by funder: what has not gone back."""

    pieces: dict[str, int]
    listed: dict[str, int]
    off: dict[str, int]
    funded: dict[str, int]
    shipping: int
    rate_bps: int
    by_plan: bool
    on_deal: dict[str, bool]
    gone: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paid_back: int = 0
    charged: bool = False
    charges: list[Charge] = field(default_factory=list)

    @property
    def payment(self) -> int:
        return sum(self.listed.values()) - sum(self.off.values()) + self.shipping

    def goods(self, product: str) -> int:
        return self.listed[product] - self.off[product]


class PlainBooks:
    def __init__(self) -> None:
        self.accounts: dict[Account, int] = defaultdict(int)
        self.stated: dict[str, int] = defaultdict(int)
        self.carried: dict[str, int] = defaultdict(int)
        self.to_pay: dict[str, list[int]] = defaultdict(list)

    def move(self, debit: Account, credit: Account, amount: int) -> None:
        self.accounts[debit] += amount
        self.accounts[credit] -= amount

    def sell(
        self,
        pieces: dict[str, int],
        off_each: dict[str, int],
        *,
        rate_bps: int,
        by_plan: bool,
        funded: dict[str, int] | None = None,
        sent_free: bool = False,
    ) -> PlainOrder:
        """A paid order; ``by_plan``: its commission comes later. ``funded``: by the usual shares when not said."""
        listed = {product: PRICES[product] * count for product, count in pieces.items()}
        off = {product: off_each[product] * count for product, count in pieces.items()}
        goods = sum(listed.values()) - sum(off.values())
        order = PlainOrder(
            pieces,
            listed,
            off,
            shares(sum(off.values()), FUNDERS) if funded is None else dict(funded),
            0 if goods >= 6000 or sent_free else 495,
            rate_bps,
            by_plan,
            {p: off > 0 for p, off in off.items()},
        )
        self._sale(order, listed, off, order.funded, order.shipping, 1)
        if not by_plan:
            self._charge(order, "affiliate_commission", ("creator", "affiliate_commission"), None, goods, rate_bps)
        return order

    def charge(self, order: PlainOrder, rate_bps: int) -> None:
        """Commission by plan, fees and the reserve; less what went back before."""
        order.charged = True
        start = len(order.charges)
        paid = order.payment + order.paid_back
        for product in order.pieces:
            goods = order.goods(product) + order.gone[product]
            if order.by_plan:
                to = ("creator", "affiliate_commission")
                self._charge(order, "affiliate_commission", to, product, goods, rate_bps)
            for fee, fee_bps in FEES.items():
                if fee == "referral_fee" or order.on_deal[product]:
                    self._charge(order, fee, ("platform", fee), product, goods, fee_bps)
        self._charge(order, "reserve", ("brand", "reserve_held"), "payment", paid, 1000)
        for each in order.charges[start:]:
            gone = order.paid_back if each.line == "payment" else order.gone[each.line or ""]
            self._take(each, gone)

    def refund(self, order: PlainOrder, listed: dict[str, int], off: dict[str, int], shipping: int) -> int:
        """Take back; what the customer gets."""
        before = order.payment
        parts = shares(sum(off.values()), order.funded)
        self._sale(order, listed, off, parts, shipping, -1)
        for product in listed:
            order.listed[product] -= listed[product]
            order.off[product] -= off[product]
        order.funded = {name: left - parts[name] for name, left in order.funded.items()}
        order.shipping -= shipping
        back = before - order.payment
        gone = {product: listed[product] - off[product] for product in listed}
        for each in order.charges:
            if each.line == "payment":
                self._take(each, back)
            else:
                self._take(each, sum(gone.values()) if each.line is None else gone.get(each.line, 0))
        for product, amount in gone.items():
            order.gone[product] += amount
        order.paid_back += back
        return back

    def release(self, order: PlainOrder) -> None:
        for each in order.charges:
            if each.purpose == "reserve":
                self.move(each.credit, each.debit, each.left)
                each.left = 0

    def close(self) -> dict[str, int]:
        """By party with a statement, what is payable."""
        made = {}
        for party in ("brand", "platform", "creator"):
            owed = -sum(
                amount
                for (kind, purpose), amount in self.accounts.items()
                if kind == party and purpose not in ("reserve_held", "payout")
            )
            payable = owed - self.stated[party] + self.carried[party]
            self.stated[party] = owed
            self.carried[party] = min(0, payable)
            made[party] = payable
            if payable > 0:
                self.to_pay[party].append(payable)
        return made

    def pay(self) -> int:
        total = 0
        for party, waiting in self.to_pay.items():
            for amount in waiting:
                self.move((party, "payout"), ("bank", "cash"), amount)
                total += amount
            waiting.clear()
        return total

    def _sale(
        self, order: PlainOrder, listed: dict[str, int], off: dict[str, int], funded: dict[str, int], shipping: int,
        sign: int,
    ) -> None:  # fmt: skip
        paid = sum(listed.values()) - sum(off.values()) + shipping
        self.accounts["processor", "customer_payment"] += sign * paid
        for funder, amount in funded.items():
            self.accounts[funder, PURPOSE_OF[funder]] += sign * amount
        self.accounts["brand", "subtotal"] -= sign * sum(listed.values())
        self.accounts["brand", "shipping"] -= sign * shipping

    def _charge(
        self, order: PlainOrder, purpose: str, credit: Account, line: str | None, measure: int, rate_bps: int
    ) -> None:
        amount = half_up(Fraction(measure * rate_bps, 10_000))
        if amount:
            charge = Charge(purpose, ("brand", purpose), credit, line, measure, amount)
            self.move(charge.debit, charge.credit, amount)
            order.charges.append(charge)

    def _take(self, charge: Charge, part: int) -> None:
        if part:
            amount = charge.left if part == charge.measure else half_up(Fraction(charge.left * part, charge.measure))
            self.move(charge.credit, charge.debit, amount)
            charge.left -= amount
            charge.measure -= part
