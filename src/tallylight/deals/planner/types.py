"""A plan: shows, who is expected, what they put in their carts, deals, who funds them, what things cost.

A plan is complete in itself: it names the shop's products, and everything else is written in it. Amounts are minor
units of the shop's currency; shares and rates are basis points; times are microseconds of programme time.
"""

from uuid import UUID

import msgspec

from tallylight.deals.types import NewAgreement, NewDeal


class PlannedShow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A show of the campaign. ``viewers``: unique ones, expected. ``commission_bps``: the show's rate, where no plan of
    the books decides. ``fixed_cost_minor``: what it costs however much it sells. ``show_id``: the real one, once known.
    """

    title: str
    starts_us: int
    duration_s: int
    viewers: int
    creator_name: str = ""
    commission_bps: int = 0
    fixed_cost_minor: int = 0
    show_id: UUID | None = None


class BasketLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variant_id: UUID
    quantity: int


class Basket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cart that buyers are expected to fill; ``weight``: how often, beside the others."""

    lines: tuple[BasketLine, ...]
    weight: int


class UnitCost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variant_id: UUID
    cost_minor: int


class PlannedAgreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``id``: the name that deals of the plan know it by."""

    id: UUID
    terms: NewAgreement


class PlannedDeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``terms`` name an agreement of the plan, or funders of their own."""

    opens_us: int
    terms: NewDeal


class Assumptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What nobody knows yet. ``rests_on_shows``: how many past shows the figures come from; 0 is a guess.

    ``conversion_bps``: orders of each viewer. ``viewers_spread_bps``, ``conversion_spread_bps``: standard deviation
    between shows, of the mean. ``repeat_bps``: orders of buyers who bought before. ``return_bps``: orders that come
    back whole. ``code_bps``: orders that type a code. ``lift_bps``: how much more of a basket is bought for each
    percent that it costs less.
    """

    conversion_bps: int
    viewers_spread_bps: int = 0
    conversion_spread_bps: int = 0
    repeat_bps: int = 0
    return_bps: int = 0
    code_bps: int = 0
    lift_bps: int = 0
    rests_on_shows: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``shipping_cost_minor``: what it costs to send an order; None is what the shop asks for it. ``seed``: the same
    one draws the same campaign again.
    """

    shows: tuple[PlannedShow, ...]
    baskets: tuple[Basket, ...]
    assumptions: Assumptions
    unit_costs: tuple[UnitCost, ...] = ()
    agreements: tuple[PlannedAgreement, ...] = ()
    deals: tuple[PlannedDeal, ...] = ()
    shipping_cost_minor: int | None = None
    runs: int = 1000
    seed: int = 1
