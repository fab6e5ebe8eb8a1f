"""Which commission, fees and reserve an order is charged. Pure. Rules and worked numbers: docs/algorithms/books.md."""

from collections.abc import Sequence
from uuid import UUID

from tallylight.foundation.money import basis_points_of
from tallylight.ledger.charge_types import PRIORITY, Base, Fee, NewCharge, Plan, SoldLine, SoldOrder

FEE_NAMES = {
    "referral_fee": "Referral fee",
    "transaction_fee": "Transaction fee",
    "co_funded_service_fee": "Co-funded service fee",
    "flash_sale_service_fee": "Flash-sale service fee",
    "refund_administration_fee": "Refund administration fee",
    "reserve": "Reserve",
}


def plan_for(plans: Sequence[Plan], creator_name: str, product_id: UUID, sold_us: int) -> Plan | None:
    """The plan that counts: partner before target before open; within a kind, the product's before the general."""
    fitting = [
        plan
        for plan in plans
        if in_force(plan, sold_us)
        and plan.creator_name in (None, creator_name)
        and plan.product_id in (None, product_id)
    ]
    return min(
        fitting,
        key=lambda plan: (PRIORITY.index(plan.kind), plan.product_id is None, -plan.from_us, plan.id.int),
        default=None,
    )


def in_force(rule: Plan | Fee, at_us: int) -> bool:
    """Whether ``rule`` holds at wall time ``at_us``."""
    return rule.from_us <= at_us and (rule.until_us is None or at_us < rule.until_us)


def commissions(order: SoldOrder, plans: Sequence[Plan]) -> list[NewCharge]:
    """A commission a line: by its plan, else by the show's rate. Half a cent rounds up; nothing at 0 is charged."""
    made = []
    for line in order.lines:
        plan = plan_for(plans, order.creator_name, line.product_id, order.sold_us)
        rate = plan.rate_bps if plan else order.show_rate_bps
        base: Base = plan.base if plan else "goods"
        of = line.subtotal if base == "subtotal" else line.goods
        amount = basis_points_of(of, rate)
        if amount:
            by = f"{plan.kind} plan" if plan else "show's rate"
            made.append(
                NewCharge(
                    kind="commission",
                    purpose="affiliate_commission",
                    amount=amount,
                    description=f"Commission on order {order.number}: {_percent(rate)} ({by}) of {line.product_title}",
                    position=line.position,
                    rule_id=plan.id if plan else None,
                    base=base,
                    base_minor=of,
                    rate_bps=rate,
                )
            )
    return made


def fees(order: SoldOrder, rules: Sequence[Fee]) -> list[NewCharge]:
    """The fees and the reserve of the order. A fixed part is charged once an order, and only with something to base."""
    made = []
    for rule in rules:
        if rule.kind == "refund_administration_fee" or rule.currency != order.currency:
            continue
        if not in_force(rule, order.sold_us):
            continue
        if rule.base == "payment":
            made += _fee(order, rule, 0, order.payment, rule.fixed_minor)
            continue
        fixed = rule.fixed_minor
        for line in order.lines:
            if _falls_under(rule, line):
                of = line.subtotal if rule.base == "subtotal" else line.goods
                charged = _fee(order, rule, line.position, of, fixed)
                fixed = 0 if charged else fixed
                made += charged
    return made


def _falls_under(rule: Fee, line: SoldLine) -> bool:
    if rule.kind == "flash_sale_service_fee":
        return line.on_deal
    if rule.kind == "co_funded_service_fee":
        return line.co_funded
    return True


def _fee(order: SoldOrder, rule: Fee, position: int, of: int, fixed: int) -> list[NewCharge]:
    amount = basis_points_of(of, rule.rate_bps) + fixed if of else 0
    if not amount:
        return []
    return [
        NewCharge(
            kind="reserve" if rule.kind == "reserve" else "fee",
            purpose=rule.kind,
            amount=amount,
            description=f"{FEE_NAMES[rule.kind]} on order {order.number}: {_percent(rule.rate_bps)}",
            position=position,
            rule_id=rule.id,
            base=rule.base,
            base_minor=of,
            rate_bps=rule.rate_bps,
            kept_on_refund=rule.kept_on_refund,
        )
    ]


def _percent(rate_bps: int) -> str:
    whole, rest = divmod(rate_bps, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + " %"
