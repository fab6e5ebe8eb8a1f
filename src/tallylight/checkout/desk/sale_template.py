"""What the sales of one priced cart share: every row that they write, and what each of them takes from the counters.

In a rush thousands of orders differ in nothing but ids, times and the buyer. So what they share is made once, down to
the bytes that the database reads, and each of them adds its own: ``own_row``.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from tallylight import ledger
from tallylight.checkout.desk.memory import DeskMemory, code_of
from tallylight.checkout.receipt import receipt_hash
from tallylight.checkout.sale_postings import SaleFigures, sale_transfers, taxes_of
from tallylight.foundation.row_bytes import Hole, RowFormat, RowTemplate, int8, sized

if TYPE_CHECKING:
    from tallylight.checkout.desk.batch import Batch
    from tallylight.checkout.desk.decide import Sale

_encode = msgspec.json.Encoder().encode

_OWN_WIDTHS: Mapping[str, int | None] = {
    "id": 16, "number": 8, "at_us": 8, "priced_us": 8, "buyer_hash": 32, "receipt_hash": 32, "key_hash": 32,
    "body_hash": 32, "buyer_email": None, "buyer_name": None, "address": None,
}  # fmt: skip
"""The columns of ``sold_order``, in its order; bytes, None where they differ."""
_OWN_HOLES = {name: Hole(width) for name, width in _OWN_WIDTHS.items()}


class SaleTemplate:
    """What every sale that is like ``sale`` writes. ``rows``: (table, a row without what is an order's own).

    ``quote``: the price as explained, JSON, of which ``quote_id`` is made: the same text is stored once.
    """

    def __init__(self, memory: DeskMemory, sale: "Sale") -> None:
        self.rows: list[tuple[str, bytes]] = []
        text = _encode(sale.quote)
        self.quote_id, self.quote = UUID(bytes=hashlib.sha256(text).digest()[:16]), text.decode()
        self._formats = memory.formats
        self._add_order(memory, sale)
        self._add_lines(memory, sale)
        self._add(
            "payment",
            provider=sale.asked.request.payment.provider,
            state="pending" if sale.pending else "captured",
            amount_minor=sale.quote.total.minor - sale.credit_minor,
            currency=sale.quote.total.currency,
        )
        if not sale.pending:
            self._add_transfers(memory, sale)
        self._lines = [(line.variant_id, line.quantity) for line in sale.quote.lines]
        self._takes = sale.takes
        self._pending = sale.pending
        self._unheld = sale.unheld

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

    def _add(self, table: str, **shared: object) -> None:
        self.rows.append((table, self._formats[table].template(shared, {}).fill()))

    def _add_order(self, memory: DeskMemory, sale: "Sale") -> None:
        request, show, total = sale.asked.request, sale.asked.show, sale.quote.total
        self._add(
            "customer_order",
            shop_id=memory.shop_id,
            show_id=request.show_id,
            broadcast_id=request.broadcast_id,
            state="payment_pending" if sale.pending else "paid",
            currency=total.currency,
            total_minor=total.minor,
            discount_minor=sale.quote.discount.minor,
            units=sale.units,
            commission_bps=show.commission_bps,
            creator_name=show.creator_name,
            quote_id=self.quote_id,
            unheld=True if sale.unheld else None,
            hold_expires_us=sale.hold_expires_us,
        )

    def _add_lines(self, memory: DeskMemory, sale: "Sale") -> None:
        for position, line in enumerate(sale.quote.lines, 1):
            self._add(
                "order_line",
                position=position,
                variant_id=line.variant_id,
                product_id=memory.facts.variants[line.variant_id].product_id,
                product_title=line.product_title,
                variant_title=line.variant_title,
                quantity=line.quantity,
                unit_list_minor=line.unit_list.minor,
                discount_minor=line.discount.minor,
                deal_id=line.reasons[0].deal_id if line.reasons else None,
            )
            if not sale.pending:
                self._add("stock_movement", variant_id=line.variant_id, delta=-line.quantity, reason="sale")
        for take in sale.takes:
            self._add(
                "order_funding",
                deal_id=take.deal.deal_id,
                funder_ids=[funder.funder_id for funder in take.deal.funders],
                amounts_minor=list(take.parts),
                quantity=take.quantity,
                code_hash=code_of(take, sale.asked.voucher),
            )

    def _add_transfers(self, memory: DeskMemory, sale: "Sale") -> None:
        for transfer in sale_transfers(figures_of(memory, sale, sale.number), memory.books):
            ledger.check_balanced(transfer)
            shared = dict(zip(ledger.TRANSFER_COLUMNS, ledger.transfer_row(transfer), strict=True))
            # Each order's number follows what descriptions have in common.
            shared["description"] = transfer.description.removesuffix(str(sale.number))
            for own in ("id", "order_id", "at_us", "posted_us"):
                del shared[own]
            self._add("transfer", **shared)


def own_template(formats: Mapping[str, RowFormat]) -> RowTemplate:
    """The row that ``own_row`` fills."""
    return formats["sold_order"].template({}, _OWN_HOLES)


def own_row(template: RowTemplate, sale: "Sale") -> bytes:
    """What is the own of ``sale``, as a row of ``sold_order``."""
    asked = sale.asked
    at_us, placed_us, buyer = asked.request.at_us, sale.placed_us, asked.request.buyer
    return template.fill(
        asked.order_id.bytes,
        int8(sale.number),
        int8(at_us if at_us < placed_us else placed_us),
        int8(sale.priced_us),
        asked.buyer_hash,
        receipt_hash(asked.receipt_token),
        asked.key_hash,
        asked.body_hash,
        sized(buyer.email.strip().encode()),
        sized(buyer.name.strip().encode()),
        sized(_encode(buyer.address)),
    )


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
