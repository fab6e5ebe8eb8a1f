"""Takes an order's postings back, in part or in full: the sale by amounts, what was charged on it pro rata.

docs/algorithms/books.md has the rules with worked numbers.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tallylight.ledger.charge_refund import charge_refund
from tallylight.ledger.models import account, charge, reversed_line, transfer
from tallylight.ledger.reversal_rules import ReversalTooLargeError, share_of, take_from
from tallylight.ledger.reverse_transfer import amounts_left, lock_order, reverse_transfer
from tallylight.ledger.types import Purpose, TransferKind

DISCOUNTS: tuple[Purpose, ...] = ("seller_discount", "platform_discount", "creator_discount", "supplier_discount")
REVERSED_AS: Mapping[str, TransferKind] = {
    "commission": "commission_refund",
    "fee": "fee_refund",
    "reserve": "reserve_release",
}
"""The kind of the transfer that takes a charge of an order back."""

Key = tuple[UUID, str]


class LineReversal(msgspec.Struct, frozen=True):
    """What of an order line goes back, minor units: of its list price and of its discount. ``position`` 1, 2, ..."""

    position: int
    subtotal_minor: int
    discount_minor: int


class OrderReversal(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back, minor units, all >= 0. ``shipping_discount_minor``: what funders paid of ``shipping_minor``.
    ``tax_minor``: of the tax that came on top of prices; ``tax_included_minor``: of what they held; ``taxes``: both
    by the account of the authority, when the caller knows. ``refund_id`` is the refund's own: the same again is
    refused.

    ``funding``: each funder's part of the discount by party, when the caller knows (it sums to the discounts);
    without it the discount goes back pro rata to what each funder bore and has not got back.
    """

    order_id: UUID
    refund_id: UUID
    lines: Sequence[LineReversal]
    posted_us: int
    description: str
    kind: Literal["refund", "chargeback"] = "refund"
    shipping_minor: int = 0
    shipping_discount_minor: int = 0
    shipping_discount_left_minor: int = 0
    tax_minor: int = 0
    tax_included_minor: int = 0
    taxes: Mapping[UUID, int] | None = None
    funding: Mapping[UUID, int] | None = None


class Reversed(msgspec.Struct, frozen=True):
    """``customer_minor`` goes back to the customer, ``funding`` to each funder's budget, by party."""

    transfer_ids: tuple[UUID, ...]
    customer_minor: int
    funding: Mapping[UUID, int]


class _Account(msgspec.Struct, frozen=True):
    purpose: str
    party_id: UUID


async def reverse_order(connection: AsyncConnection, asked: OrderReversal) -> Reversed:
    """Post the reversals of the sale, and of each commission, fee and reserve that was charged on it.

    Raises NotFoundError without a posted sale, InvalidInputError, ReversalTooLargeError; IntegrityError for a
    ``refund_id`` that was used.
    """
    await lock_order(connection, asked.order_id)
    _check(asked)
    sale_id = await _sale_of(connection, asked.order_id)
    left = await amounts_left(connection, sale_id)
    accounts = await _accounts(connection, left)
    amounts = _sale_amounts(asked, left, accounts)
    customer = sum(amount for key, amount in amounts.items() if accounts[key[0]].purpose == "customer_payment")
    made = [
        await reverse_transfer(
            connection, sale_id, amounts, refund_id=asked.refund_id, kind=asked.kind,
            description=asked.description, posted_us=asked.posted_us,
        )
    ]  # fmt: skip
    lines = [_Measure(line.subtotal_minor, line.subtotal_minor - line.discount_minor) for line in asked.lines]
    whole = _Measure(sum(line.subtotal for line in lines), sum(line.goods for line in lines), customer)
    going = {0: whole} | {line.position: each for line, each in zip(asked.lines, lines, strict=True)}
    gone = await _gone(connection, asked.order_id)
    made += await _reverse_charges(connection, asked, going, _of_order(asked, left, accounts), gone)
    await _record_lines(connection, asked, going)
    transfer_ids = [each for each in made if each is not None]
    made.append(await charge_refund(connection, asked.order_id, transfer_ids, posted_us=asked.posted_us))
    funding = {
        accounts[account_id].party_id: amount
        for (account_id, _), amount in amounts.items()
        if amount and accounts[account_id].purpose in DISCOUNTS
    }
    return Reversed(tuple(each for each in made if each is not None), customer, funding)


class _Measure(msgspec.Struct, frozen=True):
    """What charges are measured by: list price, list price less discounts, what the customer paid; minor units."""

    subtotal: int
    goods: int
    payment: int = 0

    def of(self, base: str | None) -> int:
        """The measure that ``base`` names; the goods for a charge that says nothing."""
        return int(getattr(self, base or "goods"))


_NOTHING = _Measure(0, 0)


def _check(asked: OrderReversal) -> None:
    amounts = [asked.shipping_minor, asked.shipping_discount_minor, asked.tax_minor, asked.tax_included_minor]
    if asked.shipping_discount_left_minor < asked.shipping_discount_minor:
        raise InvalidInputError("more of the shipping discount goes back than is left of it")
    amounts += [amount for line in asked.lines for amount in (line.subtotal_minor, line.discount_minor)]
    amounts += (asked.funding or {}).values()
    amounts += (asked.taxes or {}).values()
    positions = [line.position for line in asked.lines]
    if min(amounts) < 0 or any(line.discount_minor > line.subtotal_minor for line in asked.lines):
        raise InvalidInputError("a refund's amounts are 0 or more, and a discount is at most its list price")
    if len(set(positions)) < len(positions) or min(positions, default=1) < 1:
        raise InvalidInputError("a refund names each order line once, by its position from 1", field="lines")
    discount = sum(line.discount_minor for line in asked.lines) + asked.shipping_discount_minor
    if asked.funding is not None and sum(asked.funding.values()) != discount:
        raise InvalidInputError("the funders' parts do not sum to the discount that goes back", field="funding")
    if asked.taxes is not None and sum(asked.taxes.values()) != asked.tax_minor + asked.tax_included_minor:
        raise InvalidInputError("the authorities' parts do not sum to the tax that goes back", field="taxes")
    if not any(amounts):
        raise InvalidInputError("a refund of nothing changes nothing; name lines or amounts", field="lines")


async def _sale_of(connection: AsyncConnection, order_id: UUID) -> UUID:
    sale = await connection.execute(
        sa.select(transfer.c.id).where(transfer.c.order_id == order_id, transfer.c.kind == "sale")
    )
    sale_id: UUID | None = sale.scalar_one_or_none()
    if sale_id is None:
        raise NotFoundError("nothing was posted for this order, so nothing can be taken back")
    return sale_id


async def _accounts(connection: AsyncConnection, keys: Mapping[Key, int]) -> dict[UUID, _Account]:
    rows = await connection.execute(
        sa.select(account.c.id, account.c.purpose, account.c.party_id).where(account.c.id.in_({key[0] for key in keys}))
    )
    return {row.id: _Account(row.purpose, row.party_id) for row in rows}


def _sale_amounts(asked: OrderReversal, left: Mapping[Key, int], accounts: Mapping[UUID, _Account]) -> dict[Key, int]:
    """What to take from each account of the sale; the customer gets what balances it."""
    by_purpose: dict[str, list[Key]] = defaultdict(list)
    for key in left:
        by_purpose[accounts[key[0]].purpose].append(key)
    amounts: dict[Key, int] = {}

    def take(keys: Sequence[Key], amount: int) -> None:
        parts = take_from([abs(left[key]) for key in keys], amount)
        amounts.update(zip(keys, parts, strict=True))

    take(by_purpose["subtotal"], sum(line.subtotal_minor for line in asked.lines))
    take(by_purpose["shipping"], asked.shipping_minor)
    _take_taxes(asked, by_purpose["tax"], take)
    take(by_purpose["tax_included"], asked.tax_included_minor)
    discount = sum(line.discount_minor for line in asked.lines) + asked.shipping_discount_minor
    funders = [key for purpose in DISCOUNTS for key in by_purpose[purpose]]
    if asked.funding is None:
        take(funders, discount)
    else:
        if set(asked.funding) - {accounts[key[0]].party_id for key in funders}:
            raise ReversalTooLargeError("a funder is to get back what it did not pay for this order")
        for key in funders:
            take([key], asked.funding.get(accounts[key[0]].party_id, 0))
    owed = sum(amount for key, amount in amounts.items() if left[key] < 0)
    debits = sum(amount for key, amount in amounts.items() if left[key] > 0)
    take(by_purpose["customer_payment"], owed - debits)
    return amounts


def _take_taxes(asked: OrderReversal, keys: Sequence[Key], take: Callable[[Sequence[Key], int], None]) -> None:
    """From each authority what the caller says; pro rata to what is left when it does not."""
    if asked.taxes is None:
        take(keys, asked.tax_minor + asked.tax_included_minor)
        return
    if set(asked.taxes) - {key[0] for key in keys}:
        raise ReversalTooLargeError("an authority is to give back a tax that it was not owed for this order")
    for key in keys:
        take([key], asked.taxes.get(key[0], 0))


def _of_order(asked: OrderReversal, left: Mapping[Key, int], accounts: Mapping[UUID, _Account]) -> _Measure:
    """What is left of the order before ``asked``. What funders pay of the shipping fee takes nothing off the goods."""
    sums: dict[str, int] = defaultdict(int)
    for (account_id, _), amount in left.items():
        sums[accounts[account_id].purpose] += abs(amount)
    discounts = sum(sums[purpose] for purpose in DISCOUNTS) - asked.shipping_discount_left_minor
    goods = sums["subtotal"] - discounts
    return _Measure(sums["subtotal"], goods, sums["customer_payment"])


async def _gone(connection: AsyncConnection, order_id: UUID) -> dict[int, _Measure]:
    """By order line, what has gone back before."""
    subtotal, goods = sa.func.sum(reversed_line.c.subtotal_minor), sa.func.sum(reversed_line.c.goods_minor)
    rows = await connection.execute(
        sa.select(reversed_line.c.position, subtotal.label("subtotal"), goods.label("goods"))
        .where(reversed_line.c.order_id == order_id, reversed_line.c.position > 0)
        .group_by(reversed_line.c.position)
    )
    return {row.position: _Measure(int(row.subtotal), int(row.goods)) for row in rows}


async def _reverse_charges(
    connection: AsyncConnection,
    asked: OrderReversal,
    going: Mapping[int, _Measure],
    before: _Measure,
    gone: Mapping[int, _Measure],
) -> list[UUID | None]:
    """Take from every charge the share that goes back of what it was measured by; ``going``: by line, 0 the order."""
    rows = (
        await connection.execute(
            sa.select(
                transfer.c.id, transfer.c.kind, transfer.c.description,
                charge.c.position, charge.c.base, charge.c.base_minor,
            )
            .outerjoin(charge, charge.c.transfer_id == transfer.c.id)
            .where(
                transfer.c.order_id == asked.order_id,
                transfer.c.kind.in_(list(REVERSED_AS)),
                sa.func.coalesce(charge.c.kept_on_refund, sa.false()).is_(sa.false()),
            )
            .order_by(transfer.c.posted_us, transfer.c.id)
        )
    ).all()  # fmt: skip
    made = []
    for row in rows:
        position = row.position or 0
        part = going.get(position, _NOTHING).of(row.base)
        whole = before.of(row.base) if position == 0 else row.base_minor - gone.get(position, _NOTHING).of(row.base)
        if part:
            made.append(await reverse_share(connection, row.id, row.kind, row.description, part, whole, asked))
    return made


async def reverse_share(
    connection: AsyncConnection,
    transfer_id: UUID,
    kind: str,
    description: str,
    part: int,
    whole: int,
    asked: OrderReversal,
) -> UUID | None:
    """Take ``part`` of ``whole`` of what is left of a charge back, for the refund ``asked``."""
    left = await amounts_left(connection, transfer_id)
    debits = {key: amount for key, amount in left.items() if amount > 0}
    sources = {key: -amount for key, amount in left.items() if amount < 0}
    amount = share_of(sum(debits.values()), part, whole)
    amounts = {
        key: each
        for side in (debits, sources)
        for key, each in zip(side, take_from(list(side.values()), amount), strict=True)
    }
    return await reverse_transfer(
        connection, transfer_id, amounts, refund_id=asked.refund_id, kind=REVERSED_AS[kind],
        description=f"{description}: {asked.kind}", posted_us=asked.posted_us,
    )  # fmt: skip


async def _record_lines(connection: AsyncConnection, asked: OrderReversal, going: Mapping[int, _Measure]) -> None:
    await connection.execute(
        reversed_line.insert().values(
            [
                {
                    "refund_id": asked.refund_id,
                    "order_id": asked.order_id,
                    "position": position,
                    "subtotal_minor": each.subtotal,
                    "goods_minor": each.goods,
                    "payment_minor": each.payment,
                }
                for position, each in going.items()
            ]
        )
    )
