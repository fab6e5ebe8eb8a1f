"""What is left of an order, told from its rows and those of the refunds before. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from tallylight.checkout.refunds.plan import LineLeft, OrderLeft, TaxLeft
from tallylight.deals import Quote

BACK_KINDS = ("cancel", "return")
"""Kinds whose pieces come back: to the deal and, when they are fit to be sold, to the shelf."""

Record = Mapping[str, Any]


class History(msgspec.Struct, frozen=True):
    """An order's rows. ``funding``: deal_id, funder_ids, amounts_minor; ``refunds`` and their lines in their order."""

    quote: Quote
    lines: Sequence[Record]
    funding: Sequence[Record]
    refunds: Sequence[Record]
    refund_lines: Sequence[Record]
    refund_funding: Sequence[Record]


def order_left(history: History) -> OrderLeft:
    """The order less every refund so far. An exchange takes nothing away: the buyer still has as many pieces."""
    lines = [_line_left(line, history) for line in history.lines]
    funding: dict[UUID, list[int]] = {row["deal_id"]: list(row["amounts_minor"]) for row in history.funding}
    for row in history.refund_funding:
        funding[row["deal_id"]] = [
            left - back for left, back in zip(funding[row["deal_id"]], row["amounts_minor"], strict=True)
        ]
    return OrderLeft(
        lines,
        history.quote.shipping.minor - sum(row["shipping_minor"] for row in history.refunds),
        _taxes_left(history),
        funding,
    )


def _taxes_left(history: History) -> list[TaxLeft]:
    """Each part of the tax less what every refund took of it."""
    taxes = [TaxLeft(each.of, each.tax.minor, each.base.minor, each.included) for each in history.quote.tax_parts]
    for row in history.refunds:
        for place, (tax, base) in enumerate(zip(row["taxes_minor"], row["tax_bases_minor"], strict=True)):
            part = taxes[place]
            taxes[place] = TaxLeft(part.of, part.tax_minor - tax, part.base_minor - base, part.included)
    return taxes


def pieces_held(history: History, position: int) -> dict[UUID, int]:
    """Which variants the buyer has of a line: what was sold, less what came back, as exchanges left it."""
    line = next(line for line in history.lines if line["position"] == position)
    held: dict[UUID, int] = {line["variant_id"]: line["quantity"]}
    kinds = {row["id"]: row["kind"] for row in history.refunds}
    for row in history.refund_lines:
        if row["position"] != position:
            continue
        if kinds[row["refund_id"]] in BACK_KINDS:
            take_pieces(held, row["pieces"])
        elif row["variant_id"] is not None:
            take_pieces(held, row["pieces"])
            held[row["variant_id"]] = held.get(row["variant_id"], 0) + row["pieces"]
    return held


def take_pieces(held: dict[UUID, int], quantity: int) -> dict[UUID, int]:
    """Take ``quantity`` pieces out of ``held``, those that were there first; which they were."""
    taken: dict[UUID, int] = {}
    for variant_id in list(held):
        count = min(quantity, held[variant_id])
        if count:
            taken[variant_id] = count
            quantity -= count
            held[variant_id] -= count
        if not held[variant_id]:
            del held[variant_id]
    return taken


def _line_left(line: Record, history: History) -> LineLeft:
    kinds = {row["id"]: row["kind"] for row in history.refunds}
    pieces, list_minor = line["quantity"], line["quantity"] * line["unit_list_minor"]
    discounts = deals_of_line(history.quote, line["position"])
    for row in history.refund_lines:
        if row["position"] == line["position"] and kinds[row["refund_id"]] != "exchange":
            pieces -= row["pieces"]
            list_minor -= row["list_minor"]
            for deal_id, minor in zip(row["deal_ids"], row["discounts_minor"], strict=True):
                discounts[deal_id] -= minor
    return LineLeft(line["position"], pieces, list_minor, {deal: minor for deal, minor in discounts.items() if minor})


def deals_of_line(quote: Quote, position: int) -> dict[UUID, int]:
    """The discount of a line by deal, as it was sold."""
    found: dict[UUID, int] = {}
    for reason in quote.lines[position - 1].reasons:
        if reason.deal_id is not None:
            found[reason.deal_id] = found.get(reason.deal_id, 0) + reason.discount.minor
    return found


def standing_of(kinds: Iterable[str], *, last: bool) -> str:
    """What an order is called after refunds of these kinds, the newest last."""
    seen = list(kinds)
    if "chargeback" in seen:
        return "disputed"
    if not last:
        return "partly_refunded"
    return "cancelled" if seen[-1] == "cancel" else "refunded"
