"""What a caller hands in to make a deal. Amounts are minor units of the shop's currency."""

from typing import Literal
from uuid import UUID

import msgspec

from tallylight.foundation.ids import ProductId

DealKind = Literal["price", "percentage", "amount"]
DealState = Literal["draft", "agreed", "scheduled", "open", "ended"]
FunderKind = Literal["brand", "platform", "creator", "supplier"]
AtCap = Literal["next_funder", "end_deal", "ask"]
Cap = Literal["budget", "day", "order"]
"""A funder's caps: in all, of a day (UTC), of one order."""
CapAnswer = Literal["raised", "kept", "withdrawn"]
""""withdrawn": what was asked about went on, or ended, before anybody answered."""
RefusalCode = Literal["deal_limit_reached", "buyer_limit_reached", "budget_exhausted"]
PriceForm = Literal["creator_live", "live_flash", "campaign", "flash", "discount"]
DealForm = Literal[
    PriceForm,
    "bundle",
    "buy_get",
    "tiers",
    "gift",
    "threshold",
    "voucher",
    "creator_code",
    "free_shipping",
]
Audience = Literal["everyone", "new", "repeat", "follower"]
Counts = Literal["pieces", "orders"]


class NewFunder(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays ``share_bps`` of each discount (basis points), up to ``budget_minor`` in all.

    ``cap_order_minor``, ``cap_day_minor``: the most that it pays for one order, and on one day (UTC); None is no cap.
    """

    party: FunderKind
    name: str
    share_bps: int
    budget_minor: int
    cap_order_minor: int | None = None
    cap_day_minor: int | None = None


class GlideStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From programme time ``from_us`` on the funders, in their order, bear ``shares_bps``; a share may be 0."""

    from_us: int
    shares_bps: tuple[int, ...]


class NewAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """Who funds discounts: in [from_us, until_us) of programme time, on ``product_ids`` (empty: all).

    ``at_cap``: what happens when a funder's cap cannot bear an order: the next funders bear it, the deal ends, or the
    deal waits until the funder has raised its cap.
    """

    title: str
    funders: tuple[NewFunder, ...]
    from_us: int | None = None
    until_us: int | None = None
    product_ids: tuple[UUID, ...] = ()
    at_cap: AtCap = "end_deal"
    steps: tuple[GlideStep, ...] = ()


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From ``quantity`` pieces on, ``figure`` off each piece (of the deal's kind)."""

    quantity: int
    figure: int


class BundlePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``quantity`` pieces of a product in each set."""

    product_id: UUID
    quantity: int


class Conditions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """When a deal of several pieces, of the whole order or of a code applies. Each form has its own: ``check_terms``.

    ``min_minor``: what the goods must come to, after earlier discounts; ``max_minor``: the most that a code takes off.
    ``exclusive``: leaves out lines whose price another deal has lowered. ``buy``/``get``: of each ``buy + get`` pieces
    the ``get`` cheapest are discounted. ``gift_choices``: pieces that may be taken in the gift's place.
    ``offered``: the player tells every viewer the code; a code that is not offered, they have from elsewhere.
    """

    min_minor: int = 0
    max_minor: int | None = None
    exclusive: bool = False
    buy: int = 0
    get: int = 0
    tiers: tuple[Tier, ...] = ()
    parts: tuple[BundlePart, ...] = ()
    gift_variant_id: UUID | None = None
    gift_choices: tuple[UUID, ...] = ()
    audience: Audience = "everyone"
    offered: bool = False
    creator_name: str | None = None

    @property
    def gifts(self) -> tuple[UUID, ...]:
        """The variants of which one is the gift, the usual one first."""
        return () if self.gift_variant_id is None else (self.gift_variant_id, *self.gift_choices)


class NewDeal(msgspec.Struct, frozen=True, kw_only=True):
    """A deal. ``kind`` says which one of the three figures is set.

    ``agreement_id``: who funds it, when that is agreed already; else ``funders`` are asked for this deal alone.

    ``price_minor``: what a piece (or a set) costs; ``percentage_bps``: off; ``amount_minor``: off each piece, set or
    order. ``product_id``/``product_ids``: what it is for; neither: everything the shop sells. Limits count pieces or
    orders, as ``counts`` says; None is no limit. The first N buyers: ``counts="orders"``, a total limit of N, 1 each.
    ``duration_s``: how long it holds once open. ``code``: what buyers type, for a code that everybody may know.
    ``market``: whose rules on reference prices hold; ``announces``: whether the price before is shown, struck through.
    ``first_paid``: whether an order on it holds nothing before its money is sure; None is as the shop does.
    """

    kind: DealKind
    title: str
    duration_s: int
    funders: tuple[NewFunder, ...] = ()
    agreement_id: UUID | None = None
    product_id: ProductId | None = None
    product_ids: tuple[UUID, ...] = ()
    form: DealForm = "live_flash"
    conditions: Conditions = Conditions()
    price_minor: int | None = None
    percentage_bps: int | None = None
    amount_minor: int | None = None
    counts: Counts = "pieces"
    total_limit: int | None = None
    per_buyer_limit: int | None = None
    code: str | None = None
    market: str = "us-en"
    announces: bool = True
    first_paid: bool | None = None
