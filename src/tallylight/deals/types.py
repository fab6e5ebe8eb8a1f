"""What a caller hands in to make a deal. Amounts are minor units of the shop's currency."""

from typing import Literal

import msgspec

from tallylight.foundation.ids import ProductId

DealKind = Literal["price", "percentage", "amount"]
DealState = Literal["draft", "agreed", "open", "ended"]
FunderKind = Literal["brand", "platform", "creator"]
RefusalCode = Literal["deal_limit_reached", "buyer_limit_reached", "budget_exhausted"]


class NewFunder(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays ``share_bps`` of each discount (basis points), up to ``budget_minor`` in all."""

    party: FunderKind
    name: str
    share_bps: int
    budget_minor: int


class NewDeal(msgspec.Struct, frozen=True, kw_only=True):
    """A flash deal on one product. ``kind`` says which one of the three figures is set.

    ``price_minor``: what a piece costs; ``percentage_bps``: off the list price; ``amount_minor``: off each piece.
    Limits count pieces; None is no limit.
    """

    product_id: ProductId
    kind: DealKind
    title: str
    duration_s: int
    funders: tuple[NewFunder, ...]
    price_minor: int | None = None
    percentage_bps: int | None = None
    amount_minor: int | None = None
    total_limit: int | None = None
    per_buyer_limit: int | None = None
