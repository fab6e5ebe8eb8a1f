"""How the sales of one priced cart are written: every row made ahead, with holes for what differs from order to order.

In a rush thousands of orders differ in nothing but ids, times and the buyer. So the rows of the first are the template
of the rest, down to the bytes that the database reads.
"""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from tallylight import ledger
from tallylight.checkout.desk.memory import DeskMemory, code_of
from tallylight.checkout.sale_postings import SaleFigures, sale_transfers, taxes_of
from tallylight.foundation.ids import new_id_bytes
from tallylight.foundation.row_bytes import Hole, RowFormat, RowTemplate, int8, joined, sized

if TYPE_CHECKING:
    from tallylight.checkout.desk.batch import Batch
    from tallylight.checkout.desk.decide import Sale

_NUMBER = 10**18 + secrets.randbelow(10**18)
"""Stands for a number in a text that is cut where it stands. Nobody can have put it into a title."""
_encode = msgspec.json.Encoder().encode

_ORDER_ID, _PLACED, _AT = Hole("order_id", 16), Hole("placed_us", 8), Hole("at_us", 8)
_ORDER_HOLES = {
    "id": _ORDER_ID,
    "number": Hole("number", 8),
    "placed_us": _PLACED,
    "at_us": _AT,
    "priced_us": Hole("priced_us", 8),
    "quote": Hole("quote", None),
    "buyer_email": Hole("buyer_email", None),
    "buyer_name": Hole("buyer_name", None),
    "buyer_hash": Hole("buyer_hash", 32),
    "address": Hole("address", None),
    "receipt_hash": Hole("receipt_hash", 32),
    "key_hash": Hole("key_hash", 32),
    "body_hash": Hole("body_hash", 32),
}


class _Text:
    """A text with a number in it."""

    def __init__(self, made_with_number: str) -> None:
        before, _, after = made_with_number.partition(str(_NUMBER))
        self._form = f"{before.replace('%', '%%')}%d{after.replace('%', '%%')}".encode()

    def with_number(self, number: int) -> bytes:
        return sized(self._form % number)


class SaleTemplate:
    """The rows of every sale that is like ``sale``, and what each of them takes from the counters."""

    def __init__(self, memory: DeskMemory, sale: "Sale") -> None:
        self._formats: Mapping[str, RowFormat] = memory.formats
        self._rows: list[tuple[str, RowTemplate, int]] = []
        self._descriptions: list[tuple[str, str, _Text]] = []
        self._quote = _Text(_encode(msgspec.structs.replace(sale.quote, at_us=_NUMBER)).decode())
        self._add_order(memory, sale)
        self._add_lines(memory, sale)
        self._add_payment(sale)
        if not sale.pending:
            self._add_transfers(memory, sale)
        self._lines = [(line.variant_id, line.quantity) for line in sale.quote.lines]
        self._takes = sale.takes
        self._pending = sale.pending
        self._unheld = sale.unheld

    def write(self, batch: "Batch", sale: "Sale", holes: dict[str, bytes]) -> None:
        """Add the rows of ``sale`` to ``batch``. ``holes``: order_id, the buyer's columns and the three hashes."""
        number, placed_us = sale.number, sale.placed_us
        holes["number"] = int8(number)
        holes["placed_us"] = int8(placed_us)
        holes["at_us"] = int8(min(sale.asked.request.at_us, placed_us))
        holes["priced_us"] = int8(sale.priced_us)
        holes["quote"] = self._quote.with_number(sale.priced_us)
        for id_name, text_name, text in self._descriptions:
            holes[id_name] = new_id_bytes()
            holes[text_name] = text.with_number(number)
        batch.count_sale(self)
        chunks, counts = batch.chunks, batch.counts
        for table, template, many in self._rows:
            chunks[table].append(template.fill(holes))
            counts[table] += many

    def count(self, batch: "Batch", times: int) -> None:
        """Count what ``times`` such sales take."""
        if self._unheld:
            return
        for variant_id, quantity in self._lines:
            pieces = quantity * times
            if self._pending:
                batch.count_stock(variant_id, on_hand=0, held=pieces)
            else:
                batch.count_stock(variant_id, on_hand=-pieces, held=0)
        for take in self._takes:
            deal, pieces = take.deal, take.quantity * times
            sold, held = (0, pieces) if self._pending else (pieces, 0)
            batch.count_deal(deal.deal_id, sold=sold, held=held)
            for funder, part in zip(deal.funders, take.parts, strict=True):
                borne = part * times
                spent, held_minor = (0, borne) if self._pending else (borne, 0)
                batch.count_funder(funder.funder_id, spent=spent, held=held_minor, today=borne, day=batch.day)

    def _add(self, table: str, constants: Mapping[str, object], holes: Mapping[str, Hole]) -> None:
        self._rows.append((table, self._formats[table].template(constants, holes), 1))

    def _add_order(self, memory: DeskMemory, sale: "Sale") -> None:
        request, show, total = sale.asked.request, sale.asked.show, sale.quote.total
        constants = {
            "shop_id": memory.shop_id,
            "show_id": request.show_id,
            "broadcast_id": request.broadcast_id,
            "state": "payment_pending" if sale.pending else "paid",
            "currency": total.currency,
            "total_minor": total.minor,
            "discount_minor": sale.quote.discount.minor,
            "units": sale.units,
            "commission_bps": show.commission_bps,
            "creator_name": show.creator_name,
        }
        if sale.unheld:
            constants["unheld"] = True
        holes = dict(_ORDER_HOLES)
        if sale.pending:
            holes["hold_expires_us"] = Hole("hold_expires_us", 8)
        self._add("customer_order", constants, holes)

    def _add_lines(self, memory: DeskMemory, sale: "Sale") -> None:
        lines, movements = [], []
        for position, line in enumerate(sale.quote.lines, 1):
            constants = {
                "position": position,
                "variant_id": line.variant_id,
                "product_id": memory.facts.variants[line.variant_id].product_id,
                "product_title": line.product_title,
                "variant_title": line.variant_title,
                "quantity": line.quantity,
                "unit_list_minor": line.unit_list.minor,
                "discount_minor": line.discount.minor,
                "deal_id": line.reasons[0].deal_id if line.reasons else None,
            }
            lines.append(self._formats["order_line"].template(constants, {"order_id": _ORDER_ID}))
            moved = {"variant_id": line.variant_id, "delta": -line.quantity, "reason": "sale"}
            movement = self._formats["stock_movement"]
            movements.append(movement.template(moved, {"order_id": _ORDER_ID, "moved_us": _PLACED}))
        self._rows.append(("order_line", joined(lines), len(lines)))
        if not sale.pending:
            self._rows.append(("stock_movement", joined(movements), len(movements)))
        for take in sale.takes:
            funding = {
                "deal_id": take.deal.deal_id,
                "funder_ids": [funder.funder_id for funder in take.deal.funders],
                "amounts_minor": list(take.parts),
                "quantity": take.quantity,
                "code_hash": code_of(take, sale.asked.voucher),
            }
            self._add("order_funding", funding, {"order_id": _ORDER_ID})

    def _add_payment(self, sale: "Sale") -> None:
        constants = {
            "provider": sale.asked.request.payment.provider,
            "state": "pending" if sale.pending else "captured",
            "amount_minor": sale.quote.total.minor,
            "currency": sale.quote.total.currency,
        }
        holes = {"order_id": _ORDER_ID, "reference": Hole("reference", 36), "changed_us": _PLACED}
        self._add("payment", constants, holes)

    def _add_transfers(self, memory: DeskMemory, sale: "Sale") -> None:
        for place, transfer in enumerate(sale_transfers(figures_of(memory, sale, _NUMBER), memory.books)):
            ledger.check_balanced(transfer)
            transfer_id, description = f"transfer_{place}", f"description_{place}"
            constants = dict(zip(ledger.TRANSFER_COLUMNS, ledger.transfer_row(transfer), strict=True))
            holes = {
                "id": Hole(transfer_id, 16),
                "order_id": _ORDER_ID,
                "description": Hole(description, None),
                "at_us": _AT,
                "posted_us": _PLACED,
            }
            self._add("transfer", constants, holes)
            self._descriptions.append((transfer_id, description, _Text(transfer.description)))


def figures_of(memory: DeskMemory, sale: "Sale", number: int) -> SaleFigures:
    """What ``sale`` posts, as order ``number``."""
    quote, asked = sale.quote, sale.asked
    return SaleFigures(
        memory.shop_id,
        asked.order_id,
        number,
        quote.total.currency,
        quote.subtotal.minor,
        quote.discount.minor,
        quote.shipping.minor + quote.shipping_off_minor,
        taxes_of(quote),
        quote.tax_included_minor,
        quote.total.minor,
        [
            (funder.party_id, part)
            for take in sale.takes
            for funder, part in zip(take.deal.funders, take.parts, strict=True)
            if part
        ],
        asked.show.commission_bps,
        asked.show.creator_name,
        min(asked.request.at_us, sale.placed_us),
        sale.placed_us,
    )
