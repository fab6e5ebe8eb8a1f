"""The facts that a price depends on, as plain values: the price engine sees nothing else."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight.deals.shipping.types import CarrierFacts, ShippingZone
from tallylight.deals.tax.types import STANDARD, Place, TaxFacts
from tallylight.deals.types import AtCap, Conditions, Counts, DealForm, DealKind, FunderKind, GlideStep


class CartLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``quantity`` pieces of a variant."""

    variant_id: UUID
    quantity: int


class VariantFact(msgspec.Struct, frozen=True):
    """A variant and its list price, minor units; what it weighs, and how it is taxed."""

    variant_id: UUID
    product_id: UUID
    product_title: str
    variant_title: str
    price_minor: int
    weight_grams: int = 0
    tax_class: str = STANDARD


class FunderFact(msgspec.Struct, frozen=True):
    """A funder and what is left of its budget, minor units."""

    funder_id: UUID
    party_id: UUID
    party: FunderKind
    name: str
    share_bps: int
    left_minor: int
    cap_order_minor: int | None = None
    cap_day_minor: int | None = None
    day: int = 0
    day_minor: int = 0

    def room(self, left_minor: int, day_minor: int) -> int:
        """What it can bear of one order: of what is left in all, after what it bore today (minor units)."""
        room = left_minor if self.cap_day_minor is None else min(left_minor, self.cap_day_minor - day_minor)
        return room if self.cap_order_minor is None else min(room, self.cap_order_minor)


class DealFact(msgspec.Struct, frozen=True):
    """A deal that was opened. It applies while opens_us <= at_us < ends_us (programme time).

    ``left``: pieces or orders (``counts``) still under the total limit; None is no limit. ``terms``: its end and its
    funders in words. ``product_ids``: what it is for; empty is everything. ``steps``: the funders' shares from later
    moments on. ``opt_outs``: products that a funder took out, and from which moment on. ``first_paid``: whether orders
    on it hold nothing before their money is sure; None is as the shop does.
    """

    deal_id: UUID
    product_id: UUID | None
    kind: DealKind
    title: str
    figure: int
    opens_us: int
    ends_us: int
    left: int | None
    per_buyer_limit: int | None
    funders: tuple[FunderFact, ...]
    terms: str
    form: DealForm = "live_flash"
    product_ids: frozenset[UUID] = frozenset()
    conditions: Conditions = Conditions()
    counts: Counts = "pieces"
    announces: bool = True
    agreement_id: UUID | None = None
    at_cap: AtCap = "end_deal"
    steps: tuple[GlideStep, ...] = ()
    opt_outs: tuple[tuple[UUID, int], ...] = ()
    first_paid: bool | None = None

    def holds(self, at_us: int) -> bool:
        """Whether it applies at programme time ``at_us``."""
        return self.opens_us <= at_us < self.ends_us

    def is_for(self, product_id: UUID, at_us: int) -> bool:
        """Whether the product is one of its products, and nobody has taken it out before programme time ``at_us``."""
        if self.product_ids and product_id not in self.product_ids:
            return False
        return not any(product == product_id and from_us <= at_us for product, from_us in self.opt_outs)

    def shares_at(self, at_us: int) -> Sequence[int]:
        """The funders' shares at programme time ``at_us``, in basis points and in their order."""
        for step in reversed(self.steps):
            if step.from_us <= at_us:
                return step.shares_bps
        return [funder.share_bps for funder in self.funders]

    def edges(self) -> tuple[int, ...]:
        """Every moment at which what it does may change."""
        return (
            self.opens_us,
            self.ends_us,
            *(step.from_us for step in self.steps),
            *(from_us for _, from_us in self.opt_outs),
        )


class VoucherFact(msgspec.Struct, frozen=True):
    """The code that a buyer typed, looked up: the deal it stands for, and whether this buyer may use it.

    ``code_hash``/``uses_max``: how often the code itself may be used; None is no limit. ``problem``: why this buyer may
    not, in words for them.
    """

    deal_id: UUID | None
    code_hash: bytes
    uses_max: int | None = None
    problem: str | None = None


class Facts(msgspec.Struct, frozen=True):
    """Everything that prices a cart. Amounts in minor units of ``currency``.

    ``first_paid``: orders hold nothing before their money is sure, unless their deals say otherwise.
    ``deals``: those on the price of a piece, by product, of which the first that holds is the one that applies.
    ``cart_deals``: those on several pieces, on the order or by code. ``zones``: where the shop sends to; none is
    everywhere, for ``shipping_fee_minor``. ``taxes`` None: it collects none. ``carriers`` None: all fees are its own.
    """

    currency: str
    variants: Mapping[UUID, VariantFact]
    deals: Mapping[UUID, tuple[DealFact, ...]]
    shipping_fee_minor: int = 0
    free_shipping_over_minor: int | None = None
    cart_deals: tuple[DealFact, ...] = ()
    zones: tuple[ShippingZone, ...] = ()
    taxes: TaxFacts | None = None
    first_paid: bool = False
    carriers: CarrierFacts | None = None

    @property
    def home(self) -> Place | None:
        """Where the shop is, as far as it has said."""
        return None if self.taxes is None else self.taxes.origin
