"""What became of an order in a batch."""

from uuid import UUID

import msgspec


class Settled(msgspec.Struct, frozen=True):
    """What a settlement changed. ``changed`` is False when the order was settled before.

    ``also``: of the order whose pieces came back for it.
    """

    order_id: UUID
    show_id: UUID
    state: str
    changed: bool
    variant_ids: tuple[UUID, ...] = ()
    deal_ids: tuple[UUID, ...] = ()
    also: "Settled | None" = None
