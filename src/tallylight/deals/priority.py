"""Which deal comes first, what stacks, and which pairs nobody could tell apart. Rules: docs/algorithms/pricing.md."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from tallylight.deals.types import Conditions, DealForm

PRICE_FORMS: tuple[DealForm, ...] = ("creator_live", "live_flash", "campaign", "flash", "discount")
"""Deals on the price of a piece: the first that holds applies, and no other."""

SET_FORMS: tuple[DealForm, ...] = ("bundle", "buy_get", "tiers")
"""Deals on several pieces together, in the order in which they take theirs; a piece is in one of them at most."""

CODE_FORMS: tuple[DealForm, ...] = ("voucher", "creator_code")
"""Deals by code: one an order."""

FORMS: tuple[DealForm, ...] = (*PRICE_FORMS, *SET_FORMS, "gift", "threshold", *CODE_FORMS, "free_shipping")


class Scope(msgspec.Struct, frozen=True):
    """What decides whether two deals that hold at one moment can be told apart."""

    form: DealForm
    product_ids: Collection[UUID]
    conditions: Conditions


def ambiguous(one: Scope, other: Scope) -> bool:
    """Whether no rule says which of two deals that hold at one moment applies.

    Deals of different forms never are: their forms say. Codes never are: the buyer says.
    """
    if one.form != other.form or one.form in CODE_FORMS:
        return False
    if one.form == "gift":
        return not set(one.conditions.gifts).isdisjoint(other.conditions.gifts)
    if one.form in ("threshold", "free_shipping"):
        return one.conditions.min_minor == other.conditions.min_minor and _meet(one.product_ids, other.product_ids)
    return _meet(_products(one), _products(other))


def _products(scope: Scope) -> Collection[UUID]:
    return {part.product_id for part in scope.conditions.parts} if scope.form == "bundle" else scope.product_ids


def _meet(one: Collection[UUID], other: Collection[UUID]) -> bool:
    """Whether two ranges of products have one in common; an empty range is everything."""
    return not one or not other or not set(one).isdisjoint(other)
