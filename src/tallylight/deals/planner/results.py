"""What a plan comes to. Amounts are minor units of ``currency``; shares are basis points."""

from uuid import UUID

import msgspec

from tallylight.deals.types import FunderKind


class Range(msgspec.Struct, frozen=True):
    """Of all runs: a tenth are below ``p10``, half below ``p50``, nine tenths below ``p90``; and their mean."""

    p10: int
    p50: int
    p90: int
    mean: int


class FunderRange(msgspec.Struct, frozen=True):
    """A party's part of the discounts; ``budget_minor``: of its agreements in the plan, together."""

    party: FunderKind
    name: str
    discount: Range
    budget_minor: int


class DayRange(msgspec.Struct, frozen=True):
    """A day (UTC). ``discount``: of all funders; ``discounts``: by funder, in the result's order."""

    day: str
    orders: Range
    revenue: Range
    margin: Range
    discount: Range
    discounts: tuple[Range, ...]


class DealRange(msgspec.Struct, frozen=True):
    """``short_bps``: in how many runs a cap kept the deal from an order."""

    title: str
    orders: Range
    discount: Range
    short_bps: int


class ProductRange(msgspec.Struct, frozen=True):
    """``per_piece_minor``: its margin a piece on average, before fixed costs; ``fixed_minor``: its part of them.

    ``break_even``: pieces at which the two meet; None when a piece earns nothing. ``reached_bps``: in how many runs.
    """

    product_id: UUID
    title: str
    pieces: Range
    margin: Range
    per_piece_minor: int
    fixed_minor: int
    break_even: int | None
    reached_bps: int


class PlanResult(msgspec.Struct, frozen=True, kw_only=True):
    """``revenue``: what customers pay, shipping included. ``margin``: docs/algorithms/planner.md. ``loss_bps``: in how
    many runs the margin is below zero. ``glide``: what changes along the way, in words.
    """

    currency: str
    seed: int
    runs: int
    orders: Range
    revenue: Range
    discount: Range
    commission: Range
    fees: Range
    margin: Range
    loss_bps: int
    fixed_minor: int
    brand_order_minor: int
    funders: tuple[FunderRange, ...]
    days: tuple[DayRange, ...]
    deals: tuple[DealRange, ...]
    products: tuple[ProductRange, ...]
    glide: tuple[str, ...]
