"""Live facts: what is true of a product at the programme time of the words, in one vocabulary.

Amounts are decimal strings of ``currency``; moments are ISO 8601 with an offset. A fact that is absent (None) is
unknown: unknown never contradicts, it holds at most.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol
from uuid import UUID

import msgspec

from tallylight.compliance.claims import ApprovedClaim


class Bundle(msgspec.Struct, frozen=True):
    """So many pieces for so much together."""

    quantity: int
    price: str


class LiveFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the shop itself says about one product at one moment."""

    now: str | None = None
    currency: str | None = None
    price: str | None = None
    list_price: str | None = None
    lowest_price_30d: str | None = None
    lowest_price_ever: str | None = None
    reference_price_substantiated: bool | None = None
    bundles: list[Bundle] | None = None
    stock: int | None = None
    sold_last_hour: int | None = None
    viewers_of_item: int | None = None
    deal_ends_at: str | None = None
    deal_extended: bool | None = None
    returns_later: bool | None = None
    shipping_fee: str | None = None
    free_shipping_over: str | None = None
    delivery_days_min: int | None = None
    attributes: Mapping[str, str | int | bool | list[str]] | None = None
    approved_claims: list[str] | None = None
    host_is_paid: bool | None = None
    competitors: list[str] | None = None


class ProductFacts(msgspec.Struct, frozen=True):
    """The facts of one product (or of one of its variants) that the words may mean.

    ``names``: how a host may call it, from its title. ``product_id`` None: nothing in particular is being sold, and
    only the show's own facts are known.
    """

    product_id: UUID | None
    names: tuple[str, ...]
    facts: LiveFacts
    claims: tuple[ApprovedClaim, ...] = ()
    """Claims that may be made of it only with a disclaimer; those without one are in ``facts.approved_claims``."""


class ShowSubject(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for a whole show: who speaks, where it sells, and what is likely to be named."""

    market: str = "us-en"
    host_is_paid: bool | None = None
    product_names: tuple[str, ...] = ()
    brand_names: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    delay_ms: int = 8000
    hold_policy: str = "bleep"


class FactsProvider(Protocol):
    """Where a show's facts come from. Errors mean that the facts are away: the judge must not go on without them."""

    async def subject(self, show_id: UUID) -> ShowSubject:
        """What holds for the whole show."""
        ...

    async def facts_at(self, show_id: UUID, at_us: int, spoken: str) -> Sequence[ProductFacts]:
        """Every product that words spoken at programme time ``at_us`` may mean, with its facts at that moment.

        The pinned product, those pinned within ten seconds of it, and those that ``spoken`` names; variants with a
        price or stock of their own as entries of their own. Empty: nothing is being sold.
        """
        ...


def amount(text: str | None) -> Decimal | None:
    """A decimal string as a Decimal; None stays None. Raises ValueError for anything else."""
    if text is None:
        return None
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    return value
