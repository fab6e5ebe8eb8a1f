"""The facts that a price depends on, as plain values: the price engine sees nothing else."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from tallylight.deals.types import DealKind, FunderKind


class CartLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``quantity`` pieces of a variant."""

    variant_id: UUID
    quantity: int


class VariantFact(msgspec.Struct, frozen=True):
    """A variant and its list price, minor units."""

    variant_id: UUID
    product_id: UUID
    product_title: str
    variant_title: str
    price_minor: int


class FunderFact(msgspec.Struct, frozen=True):
    """A funder and what is left of its budget, minor units."""

    funder_id: UUID
    party_id: UUID
    party: FunderKind
    name: str
    share_bps: int
    left_minor: int


class DealFact(msgspec.Struct, frozen=True):
    """A deal that was opened. It applies while opens_us <= at_us < ends_us (programme time).

    ``left``: pieces still under the total limit; None is no limit. ``terms``: its end and its funders in words.
    """

    deal_id: UUID
    product_id: UUID
    kind: DealKind
    title: str
    figure: int
    opens_us: int
    ends_us: int
    left: int | None
    per_buyer_limit: int | None
    funders: tuple[FunderFact, ...]
    terms: str


class Facts(msgspec.Struct, frozen=True):
    """Everything that prices a cart. ``deals`` by product. Amounts in minor units of ``currency``."""

    currency: str
    variants: Mapping[UUID, VariantFact]
    deals: Mapping[UUID, tuple[DealFact, ...]]
    shipping_fee_minor: int = 0
    free_shipping_over_minor: int | None = None
