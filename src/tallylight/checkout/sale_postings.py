"""The transfers that a paid order posts. Pure. Rules and worked numbers: docs/algorithms/money.md."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from tallylight.deals import FunderKind, Quote
from tallylight.foundation.ids import new_id
from tallylight.foundation.money import basis_points_of
from tallylight.ledger import NewEntry, NewTransfer, Purpose

FUNDING_PURPOSES: dict[FunderKind, Purpose] = {
    "brand": "seller_discount",
    "platform": "platform_discount",
    "creator": "creator_discount",
    "supplier": "supplier_discount",
}
"""The account that a funder's share of a discount is debited to."""


class Books(msgspec.Struct):
    """Account ids of one shop. ``taxes`` by the authority's name; ``funding`` by party; ``creators`` by name."""

    customer_payment: UUID
    subtotal: UUID
    shipping: UUID
    tax_included: UUID
    taxes: dict[str, UUID]
    commission: UUID
    funding: dict[UUID, UUID]
    creators: dict[str, UUID]


class SaleFigures(msgspec.Struct, frozen=True, gc=False):
    """Figures of one paid order in minor units. ``funding``: (party, amount), zeros left out.

    ``taxes``: (authority, amount) on top of prices and within them; ``tax_included``: of it, what prices held.
    """

    shop_id: UUID
    order_id: UUID
    number: int
    currency: str
    subtotal: int
    discount: int
    shipping: int
    taxes: Sequence[tuple[str, int]]
    tax_included: int
    total: int
    funding: Sequence[tuple[UUID, int]]
    commission_bps: int
    creator_name: str
    at_us: int
    posted_us: int


def commission_minor(subtotal: int, discount: int, commission_bps: int) -> int:
    """The creator's commission: of the goods after all discounts, before shipping and tax; half up."""
    return basis_points_of(subtotal - discount, commission_bps)


def sale_transfers(sale: SaleFigures, books: Books) -> list[NewTransfer]:
    """The sale itself and the creator's commission. An order of nothing at no price posts nothing."""
    debits: dict[UUID, int] = {}
    for party_id, amount in sale.funding:
        account_id = books.funding[party_id]
        debits[account_id] = debits.get(account_id, 0) + amount
    taxes: dict[UUID, int] = {}
    for authority, amount in sale.taxes:
        account_id = books.taxes[authority]
        taxes[account_id] = taxes.get(account_id, 0) - amount
    made: list[NewTransfer] = []
    sides = (
        (books.customer_payment, sale.total),
        *debits.items(),
        (books.subtotal, -sale.subtotal),
        (books.shipping, -sale.shipping),
        (books.tax_included, sale.tax_included),
        *taxes.items(),
    )
    _add(made, sale, "sale", f"Order {sale.number}", sides)
    commission = commission_minor(sale.subtotal, sale.discount, sale.commission_bps)
    if commission:
        sides = ((books.commission, commission), (books.creators[sale.creator_name], -commission))
        _add(made, sale, "commission", f"Commission on order {sale.number}", sides)
    return made


def taxes_of(quote: Quote) -> list[tuple[str, int]]:
    """What ``quote`` owes each authority, a part at a time."""
    return [(part.authority, part.tax.minor) for part in quote.tax_parts]


def _add(
    made: list[NewTransfer],
    sale: SaleFigures,
    kind: Literal["sale", "commission"],
    description: str,
    sides: Sequence[tuple[UUID, int]],
) -> None:
    entries = tuple(NewEntry(account_id, sale.currency, amount) for account_id, amount in sides if amount)
    if entries:
        made.append(
            NewTransfer(
                id=new_id(),
                shop_id=sale.shop_id,
                kind=kind,
                description=description,
                entries=entries,
                posted_us=sale.posted_us,
                order_id=sale.order_id,
                at_us=sale.at_us,
            )
        )
