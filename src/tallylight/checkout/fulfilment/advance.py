"""Takes an order a step further on its way."""

from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.disputes.models import order_dispute
from tallylight.checkout.fulfilment.models import fulfilment, fulfilment_change
from tallylight.checkout.models import customer_order
from tallylight.checkout.refunds.models import order_refunded
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError

FulfilmentState = Literal["waiting", "packing", "shipped", "delivered", "lost"]
TEXT_MAX = 100
STEPS: Mapping[FulfilmentState, tuple[FulfilmentState, ...]] = {
    "waiting": ("packing", "shipped"),
    "packing": ("waiting", "shipped"),
    "shipped": ("delivered", "lost"),
    "delivered": (),
    "lost": ("delivered",),
}
"""What may follow. A parcel that was lost may turn up after all."""


class Fulfilment(msgspec.Struct, frozen=True):
    """Where an order is. ``changed_us``: wall time; None while nobody has touched it."""

    state: FulfilmentState
    carrier: str | None = None
    tracking: str | None = None
    changed_us: int | None = None


class NewStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state that an order comes to, with the parcel's carrier and number when it is shipped."""

    state: FulfilmentState
    carrier: str | None = None
    tracking: str | None = None


async def advance(
    connection: AsyncConnection,
    shop_id: UUID,
    order_id: UUID,
    step: NewStep,
    *,
    now_us: int,
    person_id: UUID | None = None,
    api_key_id: UUID | None = None,
) -> Fulfilment:
    """Bring the order to ``step``; where it is already, nothing changes, and the answer is the same.

    Raises NotFoundError, InvalidInputError, and ConflictError for an order that is not to be shipped or a step that
    does not follow.
    """
    for field, text in (("carrier", step.carrier), ("tracking", step.tracking)):
        if text is not None and (not 1 <= len(text) <= TEXT_MAX or not text.isprintable()):
            raise InvalidInputError(f"{field} has 1 to {TEXT_MAX} characters", field=field)
    order = (
        await connection.execute(
            sa.select(customer_order.c.state)
            .where(customer_order.c.id == order_id, customer_order.c.shop_id == shop_id)
            .with_for_update(key_share=True)
        )
    ).one_or_none()
    if order is None:
        raise NotFoundError("there is no such order")
    now = await fulfilment_of(connection, order_id)
    wanted = Fulfilment(step.state, step.carrier or now.carrier, step.tracking or now.tracking, now_us)
    if msgspec.structs.replace(wanted, changed_us=now.changed_us) == now:
        return now
    if step.state != now.state:
        if step.state not in STEPS[now.state]:
            raise ConflictError(f"an order that is {now.state} cannot become {step.state}", state=now.state)
        await _require_owed(connection, order_id, order.state)
        if step.state in ("packing", "shipped"):
            await _require_undisputed(connection, order_id)
    values = {"state": wanted.state, "carrier": wanted.carrier, "tracking": wanted.tracking}
    await connection.execute(
        insert(fulfilment)
        .values(order_id=order_id, changed_us=now_us, **values)
        .on_conflict_do_update(index_elements=[fulfilment.c.order_id], set_={"changed_us": now_us, **values})
    )
    await connection.execute(
        fulfilment_change.insert().values(
            order_id=order_id, at_us=now_us, person_id=person_id, api_key_id=api_key_id, **values
        )
    )
    return wanted


async def fulfilment_states(connection: AsyncConnection, order_ids: Collection[UUID]) -> dict[UUID, FulfilmentState]:
    """The states of those orders that somebody has begun to ship."""
    rows = await connection.execute(
        sa.select(fulfilment.c.order_id, fulfilment.c.state).where(fulfilment.c.order_id.in_(list(order_ids)))
    )
    return {row.order_id: row.state for row in rows}


async def fulfilment_of(connection: AsyncConnection, order_id: UUID) -> Fulfilment:
    """Where the order is."""
    row = (await connection.execute(sa.select(fulfilment).where(fulfilment.c.order_id == order_id))).one_or_none()
    if row is None:
        return Fulfilment("waiting")
    return Fulfilment(row.state, row.carrier, row.tracking, row.changed_us)


async def _require_owed(connection: AsyncConnection, order_id: UUID, state: str) -> None:
    """An order that is not paid, or of which everything was taken back, goes nowhere."""
    if state != "paid":
        raise ConflictError("the order is not paid; it is not to be shipped", state=state)
    standing = await connection.scalar(
        sa.select(order_refunded.c.standing).where(order_refunded.c.order_id == order_id)
    )
    if standing in ("cancelled", "refunded", "disputed"):
        raise ConflictError(f"the order is {standing}; it is not to be shipped", state=standing)


async def _require_undisputed(connection: AsyncConnection, order_id: UUID) -> None:
    """Goods do not leave while the buyer's bank may take their money back."""
    still_open = sa.exists().where(order_dispute.c.order_id == order_id, order_dispute.c.ended_us.is_(None))
    if await connection.scalar(sa.select(still_open)):
        raise ConflictError("the buyer's bank disputes the payment; ship when the dispute is won", state="disputed")
