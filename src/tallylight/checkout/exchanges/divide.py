"""From whose payment a refund goes back, where an order was paid by more than its own: by what an exchange brought."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

_CREDITS = "select charge_order_id, amount_minor from order_credit where order_id = $1 order by charge_order_id"
_OWN = "select amount_minor from payment where order_id = $1"
_TAKEN = """
select p.charge_order_id, sum(p.amount_minor)::bigint as amount_minor from order_refund_part as p
join order_refund as r on r.id = p.refund_id where r.order_id = $1 group by p.charge_order_id
"""
_INSERT_PART = """
insert into order_refund_part (refund_id, charge_order_id, amount_minor, credited_minor) values ($1, $2, $3, $4)
"""
_INSERT_CREDIT = "insert into order_credit (order_id, charge_order_id, amount_minor) values ($1, $2, $3)"


def divide(left: Mapping[UUID, int], amount_minor: int, credited_minor: int) -> dict[UUID, tuple[int, int]]:
    """``amount_minor`` over the payments that are ``left``, one emptied after the other: (amount, of it credited) by
    payment. What is sent comes first: the order's own payment stands first, and banks like it fresh. Pure.

    Raises ValueError for more than is left.
    """
    parts: dict[UUID, tuple[int, int]] = {}
    sent = amount_minor - credited_minor
    for charge_id, minor in left.items():
        part = min(minor, amount_minor)
        going = min(part, sent)
        if part:
            parts[charge_id] = (part, part - going)
        amount_minor -= part
        sent -= going
    if amount_minor:
        raise ValueError("more goes back than was paid")
    return parts


async def divide_refund(
    connection: asyncpg.Connection,
    order_id: UUID,
    refund_id: UUID,
    amount_minor: int,
    credited_minor: int,
    credited_to: UUID | None,
) -> None:
    """Note from whose payments a refund of the order goes back, and whose pay for ``credited_to``.

    An order without credits was paid by its own payment alone: of such a one nothing is noted.
    """
    brought = await connection.fetch(_CREDITS, order_id)
    if brought:
        left = {order_id: await connection.fetchval(_OWN, order_id)}
        left |= {row["charge_order_id"]: row["amount_minor"] for row in brought}
        for row in await connection.fetch(_TAKEN, order_id):
            left[row["charge_order_id"]] -= row["amount_minor"]
        parts = divide(left, amount_minor, credited_minor)
        rows = [(refund_id, charge_id, *part) for charge_id, part in parts.items()]
        await connection.executemany(_INSERT_PART, rows)
    else:
        parts = {order_id: (amount_minor, credited_minor)}
    if credited_to is not None:
        paid = [(credited_to, charge_id, credited) for charge_id, (_, credited) in parts.items() if credited]
        await connection.executemany(_INSERT_CREDIT, paid)
